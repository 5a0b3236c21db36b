// The header of a PLY file (Turk 1994): which elements the file has, of which properties.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

enum class PlyEncoding { ascii, little_endian, big_endian };
enum class PlyType { int8, uint8, int16, uint16, int32, uint32, float32, float64 };

size_t ply_bytes(PlyType type);

struct PlyProperty {
  std::string name;
  PlyType type = PlyType::float32;
  std::optional<PlyType> count_type;  // of a list: of the number in front of its values
};

struct PlyElement {
  std::string name;
  uint64_t count = 0;  // as the file says
  std::vector<PlyProperty> properties;
};

struct PlyHeader {
  PlyEncoding encoding = PlyEncoding::ascii;
  std::vector<PlyElement> elements;
  size_t body = 0;  // where it begins
};

Result<PlyHeader> parse_ply_header(std::string_view file);

}  // namespace tutti
