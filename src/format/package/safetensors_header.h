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

// Pure function behind SafetensorsFile::open; the tensors point into `file`.
Result<SafetensorsContent> parse_safetensors(std::span<const std::byte> file);

}  // namespace tutti
