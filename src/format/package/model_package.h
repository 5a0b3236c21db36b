// A model is one safetensors file, or one with shards beside it: weights, manifest, card and
// tokenizer in one place.
//
//   metadata  tutti.version    "2"
//             tutti.manifest   JSON (manifest.h): the configuration, hashes, shards, adapters
//             tutti.card       markdown for people
//             tutti.quantization  JSON text, optional: written by `tutti quantize`; says what the
//                              model was calibrated on and which matrices stayed in bf16, and why
//   tensor    tutti.tokenizer  U8 [bytes], of the kind that the manifest names
//             tutti.ngram.NAME U8 [bytes], optional: tables that the manifest's prior names
//   tensors   everything else, the weights; of an INT8 matrix NAME also
//             NAME.scale        F32 [rows]: value = int8 * scale of its row
//             NAME.input_scale  F32 [1] or [groups], optional: the calibrated scale of what the
//                               matrix is multiplied with, by modality group; 0: a scale of its
//                               own for each row
//
// Version 1, which is read too, has the configuration under tutti.config instead of a manifest, a
// SentencePiece tokenizer, and no shards. save_model.h writes version 2; verify_package.h checks
// the hashes, which opening a file does not.
//
//   TUTTI_ASSIGN(ModelPackage model, ModelPackage::open("models/tutti-nano.safetensors"));
//   TUTTI_ASSIGN(std::vector<float> query, model.read_f32("trunk.0.query", {256, 256}));
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/package/manifest.h"
#include "format/package/package_tensors.h"

namespace tutti {

inline constexpr std::string_view tokenizer_tensor = "tutti.tokenizer";
inline constexpr std::string_view scale_suffix = ".scale";

// Immutable, so safe to read from many threads. `tokenizer` points into `file`.
struct ModelPackage {
  PackageTensors file;
  Manifest manifest;        // of version 1, what it would be, without hashes
  std::string config_json;  // the manifest's spec
  std::string card;
  std::span<const std::byte> tokenizer;

  // Opens the shards too. bad_input says what is missing, damaged, or newer than this program.
  static Result<ModelPackage> open(const std::string& path, Hold hold = Hold::mapped);

  // A tensor of U8 and one dimension, in `file`.
  Result<std::span<const std::byte>> bytes(const std::string& name) const;

  // An INT8 matrix as it is stored; `values` point into `file`. The error as below.
  struct Int8Matrix {
    std::span<const int8_t> values;  // row-major
    std::vector<float> scales;       // one per row
  };
  Result<Int8Matrix> read_int8(std::string_view name, int64_t rows, int64_t cols) const;

  // Weights as floats, row-major, from F32, F16, BF16, or INT8 with scales per row. The error names
  // the tensor when it is missing, has another shape or an integer type, or holds NaN or infinity.
  Result<std::vector<float>> read_f32(std::string_view name,
                                      std::span<const int64_t> expected_shape) const;
  Result<std::vector<float>> read_f32(std::string_view name,
                                      std::initializer_list<int64_t> expected_shape) const {
    return read_f32(name, std::span(expected_shape.begin(), expected_shape.size()));
  }
};

}  // namespace tutti
