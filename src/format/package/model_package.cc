#include "format/package/model_package.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "base/quote.h"
#include "base/rounding.h"
#include "format/number_formats.h"
#include "format/text/vocabulary.h"

namespace tutti {
namespace {

Result<std::string> metadata_text(const SafetensorsFile& file, const std::string& key) {
  const auto it = file.metadata().find(key);
  if (it != file.metadata().end()) return it->second;
  return bad_input("its metadata lacks " + key +
                   "; it is a safetensors file but not a Tutti model");
}

// What version 1 says, in the form of a manifest.
Result<Manifest> first_version(const SafetensorsFile& file) {
  Manifest manifest;
  manifest.format = manifest.min_reader = 1;
  TUTTI_ASSIGN(manifest.spec_json, metadata_text(file, "tutti.config"));
  TUTTI_CHECK(read_manifest_json(manifest.spec_json, "its tutti.config"));
  manifest.tokenizer = {std::string(kSentencePiece), std::string(tokenizer_tensor)};
  return manifest;
}

Result<Manifest> read_manifest(const SafetensorsFile& file) {
  TUTTI_ASSIGN(const std::string version, metadata_text(file, "tutti.version"));
  if (version == "1") return first_version(file);
  // Of a later version the manifest says whether we can read it.
  const auto manifest = file.metadata().find("tutti.manifest");
  if (manifest != file.metadata().end()) return parse_manifest(manifest->second);
  return bad_input("it has format version " + quote(version) +
                   " and no tutti.manifest; versions 1 "
                   "to " +
                   std::to_string(kReader) + " are read; update tutti");
}

Status add_shards(const std::filesystem::path& folder, const Manifest& manifest,
                  PackageTensors& tensors, Hold hold) {
  for (const Manifest::Shard& shard : manifest.shards) {
    TUTTI_ASSIGN(SafetensorsFile file, SafetensorsFile::open((folder / shard.file).string(), hold));
    if (file.bytes().size() != shard.bytes)
      return bad_input("its shard " + quote(shard.file) + " has " +
                       std::to_string(file.bytes().size()) + " bytes instead of " +
                       std::to_string(shard.bytes) + "; copy it again");
    TUTTI_CHECK(tensors.add(std::move(file)));
  }
  return {};
}

// The tensors are those of the manifest, no more and no less.
Status check_names(const Manifest& manifest, const PackageTensors& tensors) {
  auto listed = manifest.tensors.begin();
  for (const TensorView& tensor : tensors.tensors()) {
    if (listed == manifest.tensors.end() || listed->first != tensor.name) {
      const bool missing = listed != manifest.tensors.end() && listed->first < tensor.name;
      return bad_input(missing ? "it lacks the tensor " + quote(listed->first) +
                                     ", which its manifest lists; get the file again"
                               : "its manifest does not list the tensor " + quote(tensor.name));
    }
    ++listed;
  }
  if (listed == manifest.tensors.end()) return {};
  return bad_input("it lacks the tensor " + quote(listed->first) +
                   ", which its manifest lists; get the file again");
}

Status check_adapter(const Manifest::Adapter& adapter, const PackageTensors& tensors) {
  const std::string who = "the adapter " + quote(adapter.name);
  const TensorView* found[3];
  const std::string* names[3] = {&adapter.target, &adapter.down, &adapter.up};
  for (int i = 0; i < 3; ++i) {
    found[i] = tensors.find(*names[i]);
    if (!found[i] || found[i]->shape.size() != 2)
      return bad_input(who + " names the tensor " + quote(*names[i]) +
                       ", and there is no matrix of that name");
  }
  const auto &target = found[0]->shape, &down = found[1]->shape, &up = found[2]->shape;
  if (up[0] == target[0] && up[1] == down[0] && down[1] == target[1]) return {};
  return bad_input(who + " of shapes " + shape_text(up) + " and " + shape_text(down) +
                   " does not fit its target of shape " + shape_text(target));
}

Result<std::span<const std::byte>> bytes_of(const PackageTensors& tensors,
                                            const std::string& name) {
  const TensorView* tensor = tensors.find(name);
  if (tensor && tensor->dtype == DType::u8 && tensor->shape.size() == 1)
    return std::span(tensor->data, tensor->bytes);
  return bad_input("it lacks the tensor " + name + " of type U8 and one dimension");
}

Result<ModelPackage> read_package(SafetensorsFile main, const std::filesystem::path& folder,
                                  Hold hold) {
  TUTTI_ASSIGN(Manifest manifest, read_manifest(main));
  TUTTI_ASSIGN(std::string card, metadata_text(main, "tutti.card"));
  PackageTensors tensors(std::move(main));
  TUTTI_CHECK(add_shards(folder, manifest, tensors, hold));
  if (manifest.format > 1) TUTTI_CHECK(check_names(manifest, tensors));
  for (const Manifest::Adapter& adapter : manifest.adapters)
    TUTTI_CHECK(check_adapter(adapter, tensors));
  TUTTI_ASSIGN(const std::span bytes, bytes_of(tensors, manifest.tokenizer.tensor));
  for (const Manifest::Prior::Table& table : manifest.prior.tables)
    if (const auto found = bytes_of(tensors, table.tensor); !found) return found.error();
  std::string config = manifest.spec_json;
  return ModelPackage{std::move(tensors), std::move(manifest), std::move(config), std::move(card),
                      bytes};
}

float f32_at(const TensorView& tensor, size_t index) {
  if (tensor.dtype == DType::f32) {
    float value;
    std::memcpy(&value, tensor.data + 4 * index, 4);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, tensor.data + 2 * index, 2);
  return tensor.dtype == DType::bf16 ? from_bf16(bits) : f32_from_f16(bits);
}

Result<const TensorView*> find_shaped(const PackageTensors& file, std::string_view name,
                                      std::span<const int64_t> shape) {
  const TensorView* tensor = file.find(name);
  if (!tensor) {
    return bad_input("the model lacks the tensor " + quote(name) + " of shape " +
                     shape_text(shape) + "; its configuration asks for it");
  }
  if (!std::equal(tensor->shape.begin(), tensor->shape.end(), shape.begin(), shape.end())) {
    return bad_input("tensor " + quote(name) + " has shape " + shape_text(tensor->shape) +
                     ", its configuration asks for " + shape_text(shape));
  }
  return tensor;
}

Result<ModelPackage::Int8Matrix> int8_matrix(const PackageTensors& file, const TensorView& tensor) {
  const std::string name = tensor.name + std::string(scale_suffix);
  const TensorView* scale = file.find(name);
  if (tensor.shape.size() != 2 || !scale || scale->dtype != DType::f32 ||
      scale->shape != std::vector<int64_t>{tensor.shape[0]}) {
    return bad_input("tensor " + quote(tensor.name) + " is INT8 but " + quote(name) +
                     " with one F32 scale per row is missing; save the model again");
  }
  TUTTI_CHECK(validate_finite(*scale));
  ModelPackage::Int8Matrix matrix{{reinterpret_cast<const int8_t*>(tensor.data), tensor.bytes}, {}};
  matrix.scales.resize(size_t(tensor.shape[0]));
  std::memcpy(matrix.scales.data(), scale->data, scale->bytes);
  return matrix;
}

Result<std::vector<float>> dequantized(const PackageTensors& file, const TensorView& tensor) {
  TUTTI_ASSIGN(const ModelPackage::Int8Matrix matrix, int8_matrix(file, tensor));
  std::vector<float> values(tensor.bytes);
  const size_t cols = size_t(tensor.shape[1]);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(matrix.values[i]) * matrix.scales[i / cols];
  return values;
}

}  // namespace

Result<ModelPackage> ModelPackage::open(const std::string& path, Hold hold) {
  TUTTI_ASSIGN(SafetensorsFile file,
               SafetensorsFile::open(path, hold));  // its errors name the file
  auto package = read_package(std::move(file), std::filesystem::path(path).parent_path(), hold);
  if (!package) return package.error().with_context("the model " + path);
  TUTTI_CHECK(package->file.fill());  // once all headers fit together
  return package;
}

Result<std::span<const std::byte>> ModelPackage::bytes(const std::string& name) const {
  return bytes_of(file, name);
}

Result<ModelPackage::Int8Matrix> ModelPackage::read_int8(std::string_view name, int64_t rows,
                                                         int64_t cols) const {
  TUTTI_ASSIGN(const TensorView* tensor, find_shaped(file, name, std::array{rows, cols}));
  if (tensor->dtype == DType::i8) return int8_matrix(file, *tensor);
  return bad_input("tensor " + quote(name) + " has type " + std::string(dtype_name(tensor->dtype)) +
                   ", wanted I8");
}

Result<std::vector<float>> ModelPackage::read_f32(std::string_view name,
                                                  std::span<const int64_t> expected_shape) const {
  TUTTI_ASSIGN(const TensorView* tensor, find_shaped(file, name, expected_shape));
  if (tensor->dtype == DType::i8) return dequantized(file, *tensor);
  if (tensor->dtype != DType::f32 && tensor->dtype != DType::f16 && tensor->dtype != DType::bf16) {
    return bad_input("tensor " + quote(name) + " has type " +
                     std::string(dtype_name(tensor->dtype)) + ", wanted F32, F16, BF16 or I8");
  }
  TUTTI_CHECK(validate_finite(*tensor));
  std::vector<float> values(tensor->bytes / dtype_bytes(tensor->dtype));
  for (size_t i = 0; i < values.size(); ++i) values[i] = f32_at(*tensor, i);
  return values;
}

}  // namespace tutti
