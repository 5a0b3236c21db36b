// A tensor as a file holds it: name, type, shape, and a view of its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

enum class DType { f32, f16, bf16, i8, u8, i32, i64 };

size_t dtype_bytes(DType dtype);
std::string_view dtype_name(DType dtype);                // as in the file: "F32", "BF16", ...
std::string shape_text(std::span<const int64_t> shape);  // "[2, 3]"

// Bytes that a tensor takes; an error when a dimension is negative or the product overflows.
Result<size_t> tensor_bytes(DType dtype, std::span<const int64_t> shape);

// A tensor in row-major order, little-endian. Does not own `data`. Files that we write align every
// tensor to its element size; files from elsewhere may not, so copy rather than cast.
struct TensorView {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  const std::byte* data = nullptr;
  size_t bytes = 0;
};

// bad_input naming the first NaN or infinity of a float tensor; integers always pass.
Status validate_finite(const TensorView& tensor);

}  // namespace tutti
