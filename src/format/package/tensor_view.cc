#include "format/package/tensor_view.h"

#include <cstring>

#include "base/quote.h"

namespace tutti {
namespace {

// All exponent bits set means NaN or infinity, in every IEEE-like format.
template <class Bits>
size_t first_non_finite(const TensorView& tensor, Bits exponent) {
  const size_t count = tensor.bytes / sizeof(Bits);
  for (size_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, tensor.data + i * sizeof(Bits), sizeof(Bits));
    if ((bits & exponent) == exponent) return i;
  }
  return count;
}

}  // namespace

size_t dtype_bytes(DType dtype) {
  switch (dtype) {
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
      return 2;
    case DType::i8:
    case DType::u8:
      return 1;
  }
  return 1;
}

std::string_view dtype_name(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::i8:
      return "I8";
    case DType::u8:
      return "U8";
    case DType::i32:
      return "I32";
    case DType::i64:
      return "I64";
  }
  return "";
}

std::string shape_text(std::span<const int64_t> shape) {
  std::string out = "[";
  for (size_t i = 0; i < shape.size(); ++i) out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

Result<size_t> tensor_bytes(DType dtype, std::span<const int64_t> shape) {
  size_t bytes = dtype_bytes(dtype);
  for (int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, size_t(extent), &bytes)) {
      return bad_input("shape " + shape_text(shape) + " is impossible");
    }
  }
  return bytes;
}

Status validate_finite(const TensorView& tensor) {
  size_t width = dtype_bytes(tensor.dtype);
  size_t bad = tensor.bytes / width;
  if (tensor.dtype == DType::f32) bad = first_non_finite<uint32_t>(tensor, 0x7f800000u);
  if (tensor.dtype == DType::f16) bad = first_non_finite<uint16_t>(tensor, 0x7c00);
  if (tensor.dtype == DType::bf16) bad = first_non_finite<uint16_t>(tensor, 0x7f80);
  if (bad == tensor.bytes / width) return {};
  return bad_input("tensor " + quote(tensor.name) + " holds NaN or infinity at element " +
                   std::to_string(bad) + "; the training run diverged or the file is damaged");
}

}  // namespace tutti
