// A rectangle of a whole parameter.
#pragma once

#include <array>
#include <cstdint>

namespace tutti {

struct Region {
  std::array<int64_t, 2> first = {}, size = {};  // rows, columns
};

}  // namespace tutti
