// Parses the header of a safetensors file (safetensors.h): where every tensor lies, and texts.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/package/tensor_view.h"

namespace tutti {

struct SafetensorsContent {
  std::map<std::string, std::string> metadata;
  std::vector<TensorView> tensors;  // in the order of their names
};

// The header, JSON, lies behind its length, which has that many bytes; that length is all of `file`
// that is read.
inline constexpr size_t kSafetensorsLength = 8;
Result<std::span<const std::byte>> safetensors_header(std::span<const std::byte> file);

// Pure function behind SafetensorsFile::open; the tensors point into `file`,
// of which the header alone is read.
Result<SafetensorsContent> parse_safetensors(std::span<const std::byte> file);

}  // namespace tutti
