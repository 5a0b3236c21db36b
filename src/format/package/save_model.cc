#include "format/package/save_model.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/quote.h"
#include "base/rounding.h"
#include "base/utf8.h"
#include "format/mapped_file.h"
#include "format/number_formats.h"
#include "format/package/safetensors_write.h"
#include "format/package/sha256.h"
#include "format/package/shard_files.h"
#include "format/package/verify_package.h"
#include "format/text/vocabulary.h"

namespace tutti {
namespace {

// Converted data of the tensors being saved; a deque, so that views into it stay valid.
struct Converted {
  std::deque<std::vector<uint16_t>> halves;
  std::deque<Int8Rows> quantized;
};

// Worth a scale a row: matrices, not gains and other small things.
bool quantizable(const TensorView& tensor) {
  return tensor.dtype == DType::f32 && tensor.shape.size() == 2 && tensor.shape[0] >= 16 &&
         tensor.shape[1] >= 16;
}

void store_as_bf16(TensorView& tensor, Converted& converted) {
  std::vector<uint16_t> halves(tensor.bytes / sizeof(float));
  for (size_t i = 0; i < halves.size(); ++i) {
    float value;
    std::memcpy(&value, tensor.data + i * sizeof value, sizeof value);
    halves[i] = to_bf16(value);
  }
  converted.halves.push_back(std::move(halves));
  tensor.dtype = DType::bf16;
  tensor.data = reinterpret_cast<const std::byte*>(converted.halves.back().data());
  tensor.bytes = tensor.bytes / 4 * 2;
}

// Returns the scales, a tensor of their own.
TensorView store_as_int8(TensorView& tensor, Converted& converted) {
  std::vector<float> values(tensor.bytes / sizeof(float));
  std::memcpy(values.data(), tensor.data, tensor.bytes);
  converted.quantized.push_back(
      quantize_rows(values, size_t(tensor.shape[0]), size_t(tensor.shape[1])));
  const Int8Rows& q = converted.quantized.back();
  tensor.dtype = DType::i8;
  tensor.data = reinterpret_cast<const std::byte*>(q.values.data());
  tensor.bytes = q.values.size();
  return {tensor.name + std::string(scale_suffix),
          DType::f32,
          {tensor.shape[0]},
          reinterpret_cast<const std::byte*>(q.scales.data()),
          q.scales.size() * sizeof(float)};
}

// `tensors` as they are stored.
Status convert(std::vector<TensorView>& tensors, DType dtype,
               const std::vector<Manifest::Adapter>& adapters, Converted& converted) {
  std::set<std::string_view> exact;
  for (const Manifest::Adapter& adapter : adapters) {
    exact.insert(adapter.down);
    exact.insert(adapter.up);
  }
  std::vector<TensorView> scales;
  for (TensorView& tensor : tensors) {
    TUTTI_CHECK(validate_finite(tensor));
    if (exact.contains(tensor.name)) continue;
    if (dtype == DType::i8 && quantizable(tensor))
      scales.push_back(store_as_int8(tensor, converted));
    else if (dtype != DType::f32 && tensor.dtype == DType::f32)
      store_as_bf16(tensor, converted);
    // Again after the conversion, because the largest floats round to infinity.
    TUTTI_CHECK(validate_finite(tensor));
  }
  tensors.insert(tensors.end(), scales.begin(), scales.end());
  return {};
}

// The tensors of each file; the first is the model file itself.
using Files = std::vector<std::vector<TensorView>>;

Files in_files(std::vector<TensorView> tensors, uint64_t most_bytes) {
  Files files(1);
  uint64_t bytes = 0;
  for (TensorView& tensor : tensors) {
    if (most_bytes > 0 && bytes + tensor.bytes > most_bytes && !files.back().empty()) {
      files.emplace_back();
      bytes = 0;
    }
    bytes += tensor.bytes;
    files.back().push_back(std::move(tensor));
  }
  return files;
}

// JSON holds UTF-8 alone.
Status check_names(const std::vector<TensorView>& tensors, const Manifest& manifest) {
  if (invalid_utf8_at(manifest.tokenizer.kind))
    return usage_error("cannot save a tokenizer of the kind " + quote(manifest.tokenizer.kind) +
                       ", which is not UTF-8");
  for (const TensorView& tensor : tensors)
    if (invalid_utf8_at(tensor.name))
      return usage_error("cannot save the tensor " + quote(tensor.name) +
                         ": its name is not UTF-8");
  return {};
}

// Of all files but the first; their hashes are not known yet.
Status name_shards(const std::string& path, const Files& files, Manifest& manifest) {
  if (files.size() > kMostShards + 1)
    return usage_error("the model would have " + std::to_string(files.size() - 1) +
                       " shards, and at most " + std::to_string(kMostShards) +
                       " are read; let files be larger");
  for (size_t i = 1; i < files.size(); ++i) {
    TUTTI_ASSIGN(std::string name, shard_name(path, i, files[i], manifest));
    manifest.shards.push_back({std::move(name), 0, std::string(64, '0')});
  }
  return {};
}

// What could not be read again is not written.
Status check_readable(const Manifest& manifest) {
  const auto read = parse_manifest(manifest_json(manifest));
  if (!read) return usage_error("the model could not be read again: " + read.error().message());
  return {};
}

Status write_shard(const std::string& path, const std::vector<TensorView>& tensors,
                   Manifest::Shard& shard) {
  const std::string at = (std::filesystem::path(path).parent_path() / shard.file).string();
  TUTTI_CHECK(write_safetensors(at, {}, tensors));
  TUTTI_ASSIGN(const MappedFile written, MappedFile::open(at));
  Sha256 hash;
  hash.add(written.bytes());
  shard.bytes = written.bytes().size();
  TUTTI_ASSIGN(shard.sha256, hash.finish());
  return {};
}

// The main file last: until then the old one, and what it names, is as it was.
Status write_files(const std::string& path, const Files& files, Manifest& manifest,
                   std::map<std::string, std::string> metadata) {
  for (size_t i = 1; i < files.size(); ++i)
    TUTTI_CHECK(write_shard(path, files[i], manifest.shards[i - 1]));
  metadata["tutti.version"] = std::to_string(manifest.format);
  metadata["tutti.manifest"] = manifest_json(manifest);
  return write_safetensors(path, metadata, files.front());
}

// Replaces the model at `path`, and removes shards that are nobody's then.
Status replace_files(const std::string& path, const Files& files, Manifest& manifest,
                     const std::map<std::string, std::string>& metadata) {
  const std::vector<std::string> before = shards_of(path);
  std::vector<std::string> shards;
  for (const Manifest::Shard& shard : manifest.shards) shards.push_back(shard.file);
  Status written = write_files(path, files, manifest, metadata);
  if (written) {
    remove_shards(path, before, shards);
  } else {
    // The file may be in place although its folder was not synced.
    std::vector<std::string> kept = shards_of(path);
    kept.insert(kept.end(), before.begin(), before.end());
    remove_shards(path, shards, kept);
  }
  return written;
}

Result<Manifest> manifest_of(const std::string& config_json, const KeptParts& kept,
                             const std::vector<TensorView>& tensors) {
  Manifest manifest = kept.manifest;
  // What a later format has besides, and we could read, is kept; so is what it calls itself.
  manifest.format = std::max(manifest.format, 2);
  manifest.min_reader = std::max(manifest.min_reader, 2);
  manifest.spec_json = config_json;
  if (manifest.tokenizer.kind.empty()) manifest.tokenizer.kind = kSentencePiece;
  if (manifest.tokenizer.tensor.empty()) manifest.tokenizer.tensor = tokenizer_tensor;
  manifest.tensors.clear();
  manifest.shards.clear();
  for (const TensorView& tensor : tensors) {
    TUTTI_ASSIGN(std::string hash, tensor_hash(tensor));
    if (!manifest.tensors.emplace(tensor.name, std::move(hash)).second)
      return usage_error("cannot save two tensors named " + quote(tensor.name));
  }
  return manifest;
}

}  // namespace

KeptParts kept_parts(const ModelPackage& package) {
  KeptParts kept{package.manifest, package.file.metadata(), {}};
  kept.manifest.signature.reset();
  std::erase_if(kept.metadata, [](const auto& entry) {
    return entry.first == "tutti.version" || entry.first == "tutti.manifest" ||
           entry.first == "tutti.config" || entry.first == "tutti.card";
  });
  return kept;
}

Status save_model(const std::string& path, const std::string& config_json, const std::string& card,
                  std::span<const std::byte> tokenizer, std::vector<TensorView> tensors,
                  DType dtype, const KeptParts& kept, uint64_t most_file_bytes) {
  if (dtype != DType::f32 && dtype != DType::bf16 && dtype != DType::i8) {
    return usage_error("weights are saved as F32, BF16 or I8, got " +
                       std::string(dtype_name(dtype)));
  }
  if (!nlohmann::json::parse(config_json, nullptr, false).is_object())
    return usage_error("the model's configuration is not a JSON object");
  Converted converted;
  if (const Status done = convert(tensors, dtype, kept.manifest.adapters, converted); !done)
    return done.error().with_context("saving the model " + path);
  for (const TensorView& tensor : kept.tensors) {
    TUTTI_CHECK(validate_finite(tensor));
    tensors.push_back(tensor);
  }
  const std::string& named = kept.manifest.tokenizer.tensor;
  tensors.insert(tensors.begin(), {named.empty() ? std::string(tokenizer_tensor) : named,
                                   DType::u8,
                                   {int64_t(tokenizer.size())},
                                   tokenizer.data(),
                                   tokenizer.size()});
  TUTTI_CHECK(check_names(tensors, kept.manifest));
  TUTTI_ASSIGN(Manifest manifest, manifest_of(config_json, kept, tensors));
  const Files files = in_files(std::move(tensors), most_file_bytes);
  TUTTI_CHECK(name_shards(path, files, manifest));
  TUTTI_CHECK(check_readable(manifest));
  std::map<std::string, std::string> metadata = kept.metadata;
  metadata["tutti.card"] = card;
  return replace_files(path, files, manifest, metadata);
}

}  // namespace tutti
