// The header of a PCD file (Point Cloud Library, versions .5 to .7): which fields each point has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

enum class PcdData { ascii, binary, binary_compressed };

struct PcdField {
  std::string name;
  char type = 'F';   // F, I or U
  size_t bytes = 4;  // of a value
  size_t count = 1;  // values of a point
  size_t begin = 0;  // bytes of the fields in front of it, in one point
  size_t word = 0;   // values of the fields in front of it
};

struct PcdHeader {
  std::vector<PcdField> fields;
  uint64_t points = 0;  // as the file says
  PcdData data = PcdData::ascii;
  size_t point_bytes = 0;
  size_t body = 0, lines = 0;  // where it begins, behind how many lines
};

// Whether the file begins as PCL writes it.
bool is_pcd(std::string_view file);

Result<PcdHeader> parse_pcd_header(std::string_view file);

}  // namespace tutti
