#include "format/package/model_package.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/quote.h"
#include "base/rounding.h"

namespace tutti {
namespace {

constexpr std::string_view package_version = "1";

Result<std::string> metadata_text(const SafetensorsFile& file, const std::string& key) {
  const auto it = file.metadata().find(key);
  if (it != file.metadata().end()) return it->second;
  return bad_input("its metadata lacks " + key +
                   "; it is a safetensors file but not a Tutti model");
}

Result<ModelPackage> read_package(SafetensorsFile file) {
  TUTTI_ASSIGN(const std::string version, metadata_text(file, "tutti.version"));
  if (version != package_version) {
    return bad_input("it has format version " + quote(version) + ", this program reads version " +
                     std::string(package_version) + "; use the matching release");
  }
  TUTTI_ASSIGN(std::string config, metadata_text(file, "tutti.config"));
  TUTTI_ASSIGN(std::string card, metadata_text(file, "tutti.card"));
  if (!nlohmann::json::accept(config)) return bad_input("its tutti.config is not JSON");
  const TensorView* tokenizer = file.find(tokenizer_tensor);
  if (!tokenizer || tokenizer->dtype != DType::u8 || tokenizer->shape.size() != 1) {
    return bad_input("it lacks the tensor tutti.tokenizer of type U8 and one dimension");
  }
  const std::span bytes(tokenizer->data, tokenizer->bytes);
  return ModelPackage{std::move(file), std::move(config), std::move(card), bytes};
}

float f32_at(const TensorView& tensor, size_t index) {
  if (tensor.dtype == DType::f32) {
    float value;
    std::memcpy(&value, tensor.data + 4 * index, 4);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, tensor.data + 2 * index, 2);
  return tensor.dtype == DType::bf16 ? f32_from_bf16(bits) : f32_from_f16(bits);
}

std::vector<uint16_t> to_bf16(const TensorView& tensor) {
  std::vector<uint16_t> out(tensor.bytes / 4);
  for (size_t i = 0; i < out.size(); ++i) out[i] = bf16_from_f32(f32_at(tensor, i));
  return out;
}

constexpr std::string_view scale_suffix = ".scale";

// Worth a scale a row: matrices, not gains and other small things.
bool quantizable(const TensorView& tensor) {
  return tensor.dtype == DType::f32 && tensor.shape.size() == 2 && tensor.shape[0] >= 16 &&
         tensor.shape[1] >= 16;
}

Result<const TensorView*> find_shaped(const SafetensorsFile& file, std::string_view name,
                                      std::span<const int64_t> shape) {
  const TensorView* tensor = file.find(name);
  if (!tensor) {
    return bad_input("the model lacks the tensor " + quote(name) + " of shape " +
                     shape_text(shape) + "; its tutti.config asks for it");
  }
  if (!std::equal(tensor->shape.begin(), tensor->shape.end(), shape.begin(), shape.end())) {
    return bad_input("tensor " + quote(name) + " has shape " + shape_text(tensor->shape) +
                     ", its tutti.config asks for " + shape_text(shape));
  }
  return tensor;
}

Result<ModelPackage::Int8Matrix> int8_matrix(const SafetensorsFile& file,
                                             const TensorView& tensor) {
  const std::string name = tensor.name + std::string(scale_suffix);
  const TensorView* scale = file.find(name);
  if (tensor.shape.size() != 2 || !scale || scale->dtype != DType::f32 ||
      scale->shape != std::vector<int64_t>{tensor.shape[0]}) {
    return bad_input("tensor " + quote(tensor.name) + " is INT8 but " + quote(name) +
                     " with one F32 scale a row is missing; save the model again");
  }
  TUTTI_CHECK(validate_finite(*scale));
  ModelPackage::Int8Matrix matrix{{reinterpret_cast<const int8_t*>(tensor.data), tensor.bytes}, {}};
  matrix.scales.resize(size_t(tensor.shape[0]));
  std::memcpy(matrix.scales.data(), scale->data, scale->bytes);
  return matrix;
}

Result<std::vector<float>> dequantized(const SafetensorsFile& file, const TensorView& tensor) {
  TUTTI_ASSIGN(const ModelPackage::Int8Matrix matrix, int8_matrix(file, tensor));
  std::vector<float> values(tensor.bytes);
  const size_t cols = size_t(tensor.shape[1]);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(matrix.values[i]) * matrix.scales[i / cols];
  return values;
}

}  // namespace

Result<ModelPackage> ModelPackage::open(const std::string& path) {
  TUTTI_ASSIGN(SafetensorsFile file, SafetensorsFile::open(path));  // its errors name the file
  auto package = read_package(std::move(file));
  if (!package) return package.error().with_context("the model " + path);
  return package;
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

uint16_t bf16_from_f32(float value) {
  return to_bf16(value);
}

float f32_from_bf16(uint16_t bits) {
  return from_bf16(bits);
}

Int8Rows quantize_rows(std::span<const float> values, size_t rows, size_t cols) {
  Int8Rows out;
  out.values.resize(rows * cols);
  out.scales.resize(rows);
  for (size_t r = 0; r < rows; ++r) {
    const float* row = values.data() + r * cols;
    float largest = 0;
    for (size_t c = 0; c < cols; ++c) largest = std::max(largest, std::abs(row[c]));
    const Int8Scale scale = int8_scale(largest);
    out.scales[r] = scale.scale;
    for (size_t c = 0; c < cols; ++c) out.values[r * cols + c] = to_int8(row[c], scale.inverse);
  }
  return out;
}

float f32_from_f16(uint16_t bits) {
  const uint32_t sign = uint32_t(bits & 0x8000) << 16;
  const uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 0) {  // zero and subnormals: fraction * 2^-24
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(float(fraction) * 0x1p-24f));
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;  // bias 15 -> 127
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

namespace {

// Converted data of the tensors being saved; a deque, so that views into it stay valid.
struct Converted {
  std::deque<std::vector<uint16_t>> halves;
  std::deque<Int8Rows> quantized;
};

void store_as_bf16(TensorView& tensor, Converted& converted) {
  converted.halves.push_back(to_bf16(tensor));
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

}  // namespace

Status save_model(const std::string& path, const std::string& config_json, const std::string& card,
                  std::span<const std::byte> tokenizer, std::vector<TensorView> tensors,
                  DType dtype, const std::map<std::string, std::string>& more_metadata) {
  if (dtype != DType::f32 && dtype != DType::bf16 && dtype != DType::i8) {
    return usage_error("weights are saved as F32, BF16 or I8, got " +
                       std::string(dtype_name(dtype)));
  }
  if (!nlohmann::json::accept(config_json)) return usage_error("the model's config is not JSON");
  Converted converted;
  std::vector<TensorView> scales;
  for (TensorView& tensor : tensors) {
    if (auto finite = validate_finite(tensor); !finite)
      return finite.error().with_context("saving the model " + path);
    if (dtype == DType::i8 && quantizable(tensor))
      scales.push_back(store_as_int8(tensor, converted));
    else if (dtype != DType::f32 && tensor.dtype == DType::f32)
      store_as_bf16(tensor, converted);
    // Again after the conversion, because the largest floats round to infinity.
    if (auto finite = validate_finite(tensor); !finite)
      return finite.error().with_context("saving the model " + path);
  }
  tensors.insert(tensors.end(), scales.begin(), scales.end());
  tensors.push_back({std::string(tokenizer_tensor),
                     DType::u8,
                     {int64_t(tokenizer.size())},
                     tokenizer.data(),
                     tokenizer.size()});
  std::map<std::string, std::string> metadata = {{"tutti.version", std::string(package_version)},
                                                 {"tutti.config", config_json},
                                                 {"tutti.card", card}};
  metadata.insert(more_metadata.begin(), more_metadata.end());
  return write_safetensors(path, metadata, tensors);
}

}  // namespace tutti
