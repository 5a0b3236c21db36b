// Writes model files (model_package.h), of version 2.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/package/manifest.h"
#include "format/package/model_package.h"

namespace tutti {

// What a tool takes over from the file that it rewrites: what neither it nor we know, in the
// manifest and beside it, the adapters, and the tokenizer's kind.
struct KeptParts {
  Manifest manifest;
  std::map<std::string, std::string> metadata;  // beside tutti.version, .manifest and .card
  std::vector<TensorView> tensors;              // that stay in the type they are in
};

// Not the signature: it is of other bytes, unless the tool changes none; then it may keep it.
KeptParts kept_parts(const ModelPackage& package);

// `dtype` is how F32 tensors are stored: f32, bf16, or i8, which stores matrices of at least 16 x
// 16 symmetrically in [-127, 127] with the FP32 scales of their rows in NAME.scale, and the rest as
// bf16. All other tensors, and those of adapters, are stored as they are.
//
// With `most_file_bytes`, tensors that do not fit go into shards beside the file: its name without
// the ending, then -1-HASH.safetensors and so on, with HASH of their content. A tensor larger than
// that has a file to itself.
//
// Atomic, of several files too: shards are written under names that no other content has, the file
// that names them last, and only then are shards removed that the file in its place named before.
// A process killed half way leaves the old model whole, and perhaps shards that nobody names.
//
// Before anything is written: usage_error where it could not be read again, by its names or by its
// number of shards, and bad_input where a weight is not finite.
Status save_model(const std::string& path, const std::string& config_json, const std::string& card,
                  std::span<const std::byte> tokenizer, std::vector<TensorView> tensors,
                  DType dtype, const KeptParts& kept = {}, uint64_t most_file_bytes = 0);

}  // namespace tutti
