// A file in the safetensors format: 8 bytes of header length (little-endian), a JSON header
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

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/mapped_file.h"
#include "format/package/safetensors_header.h"

namespace tutti {

// Immutable, so safe to read from many threads; tensors live as long as the file object.
class SafetensorsFile {
 public:
  // Of a copy the header alone is read: fill() before anything looks at a tensor's data.
  static Result<SafetensorsFile> open(const std::string& path, Hold hold = Hold::mapped);
  Status fill() { return file_.fill(); }

  std::span<const std::byte> bytes() const { return file_.bytes(); }  // of the whole file
  const std::map<std::string, std::string>& metadata() const { return content_.metadata; }
  const std::vector<TensorView>& tensors() const { return content_.tensors; }
  const FileStamp& stamp() const { return file_.stamp(); }
  const TensorView* find(std::string_view name) const;  // nullptr when there is none

 private:
  SafetensorsFile(MappedFile file, SafetensorsContent content)
      : file_(std::move(file)), content_(std::move(content)) {}

  MappedFile file_;
  SafetensorsContent content_;
};

}  // namespace tutti
