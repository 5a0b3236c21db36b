// Reads and writes the safetensors format: 8 bytes of header length (little-endian), a JSON header
// that names every tensor with its type, shape and place, then the raw data.
// (https://github.com/huggingface/safetensors, README, "Format")
//
//   TUTTI_ASSIGN(SafetensorsFile file, SafetensorsFile::open("model.safetensors"));
//   if (const TensorView* t = file.find("trunk.0.query")) use(t->shape, t->data);
//
// The whole header is validated before anything is handed out: a file from a stranger can be
// refused, never misread. Types outside DType (F64, BOOL, FP8, ...) are refused: no model of ours
// holds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/mapped_file.h"

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

struct SafetensorsContent {
  std::map<std::string, std::string> metadata;
  std::vector<TensorView> tensors;  // in the order of their names
};

// Pure function behind SafetensorsFile::open; the tensors point into `file`.
Result<SafetensorsContent> parse_safetensors(std::span<const std::byte> file);

// Immutable, so safe to read from many threads; tensors live as long as the file object.
class SafetensorsFile {
 public:
  static Result<SafetensorsFile> open(const std::string& path);

  const std::map<std::string, std::string>& metadata() const { return content_.metadata; }
  const std::vector<TensorView>& tensors() const { return content_.tensors; }
  const TensorView* find(std::string_view name) const;  // nullptr when there is none

 private:
  SafetensorsFile(MappedFile file, SafetensorsContent content)
      : file_(std::move(file)), content_(std::move(content)) {}

  MappedFile file_;
  SafetensorsContent content_;
};

// Atomic; equal arguments give equal bytes whatever the order of `tensors`. Data starts at a
// multiple of 64; wider types come first so that every tensor is aligned to its elements.
Status write_safetensors(const std::string& path,
                         const std::map<std::string, std::string>& metadata,
                         const std::vector<TensorView>& tensors);

}  // namespace tutti
