// A model is one safetensors file: weights, configuration, card and tokenizer in one place.
//
//   metadata  tutti.version    "1"
//             tutti.config     JSON text, understood by model/
//             tutti.card       markdown for people
//             tutti.quantization  JSON text, optional: written by `tutti quantize`; says what the
//                              model was calibrated on and which matrices stayed in bf16, and why
//   tensor    tutti.tokenizer  U8 [bytes], a SentencePiece model
//   tensors   everything else, the weights; of an INT8 matrix NAME also
//             NAME.scale        F32 [rows]: value = int8 * scale of its row
//             NAME.input_scale  F32 [1] or [groups], optional: the calibrated scale of what the
//                               matrix is multiplied with, by modality group; 0: a scale of its
//                               own for each row
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
#include "format/safetensors.h"

namespace tutti {

inline constexpr std::string_view tokenizer_tensor = "tutti.tokenizer";

// Immutable, so safe to read from many threads. `tokenizer` points into `file`.
struct ModelPackage {
  SafetensorsFile file;
  std::string config_json;
  std::string card;
  std::span<const std::byte> tokenizer;

  static Result<ModelPackage> open(const std::string& path);

  // An INT8 matrix as it is stored; `values` point into `file`. The error as below.
  struct Int8Matrix {
    std::span<const int8_t> values;  // row-major
    std::vector<float> scales;       // one a row
  };
  Result<Int8Matrix> read_int8(std::string_view name, int64_t rows, int64_t cols) const;

  // Weights as floats, row-major, from F32, F16, BF16, or INT8 with scales a row. The error names
  // the tensor when it is missing, has another shape or an integer type, or holds NaN or infinity.
  Result<std::vector<float>> read_f32(std::string_view name,
                                      std::span<const int64_t> expected_shape) const;
  Result<std::vector<float>> read_f32(std::string_view name,
                                      std::initializer_list<int64_t> expected_shape) const {
    return read_f32(name, std::span(expected_shape.begin(), expected_shape.size()));
  }
};

uint16_t bf16_from_f32(float value);  // rounds to nearest, ties to even; NaN stays NaN
float f32_from_bf16(uint16_t bits);
float f32_from_f16(uint16_t bits);  // IEEE 754 binary16

// A matrix as INT8, symmetric in [-127, 127], with one FP32 scale a row: the largest magnitude /
// 127, or 0 for a row of zeros.
struct Int8Rows {
  std::vector<int8_t> values;
  std::vector<float> scales;
};
Int8Rows quantize_rows(std::span<const float> values, size_t rows, size_t cols);

// Atomic. `dtype` is how F32 tensors are stored: f32, bf16, or i8, which stores matrices of at
// least 16 x 16 symmetrically in [-127, 127] with the FP32 scales of their rows in NAME.scale, and
// the rest as bf16. All other tensors are stored as they are. Refuses weights that are not finite,
// before touching the file.
Status save_model(const std::string& path, const std::string& config_json, const std::string& card,
                  std::span<const std::byte> tokenizer, std::vector<TensorView> tensors,
                  DType dtype, const std::map<std::string, std::string>& more_metadata = {});

}  // namespace tutti
