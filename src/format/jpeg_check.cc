// Markers and segments: ITU-T T.81, annex B.
#include "format/jpeg_check.h"

#include <algorithm>

namespace tutti {
namespace {

enum : unsigned {
  start_of_image = 0xd8,
  end_of_image = 0xd9,
  start_of_scan = 0xda,
  huffman = 0xc4
};

bool is_restart(unsigned marker) {
  return marker >= 0xd0 && marker <= 0xd7;
}

// Tables of one class-and-slot byte, 16 counts, and as many symbols as the counts sum up to.
bool huffman_tables_fit(std::span<const std::byte> tables) {
  while (!tables.empty()) {
    if (tables.size() < 17) return false;
    size_t symbols = 0;
    for (std::byte count : tables.subspan(1, 16)) symbols += size_t(count);
    if (symbols > 256 || symbols > tables.size() - 17) return false;
    tables = tables.subspan(17 + symbols);
  }
  return true;
}

// Drops coded data, in which FF is followed by 00 (an escape) or a restart marker.
std::span<const std::byte> skip_scan(std::span<const std::byte> rest) {
  for (size_t i = 0; i + 1 < rest.size(); ++i) {
    const unsigned next = unsigned(rest[i + 1]);
    if (rest[i] == std::byte(0xff) && next != 0 && next != 0xff && !is_restart(next)) {
      return rest.subspan(i);
    }
  }
  return {};
}

}  // namespace

bool jpeg_segments_are_sound(std::span<const std::byte> file) {
  if (file.size() < 2 || file[0] != std::byte(0xff) || file[1] != std::byte(start_of_image)) {
    return false;
  }
  for (auto rest = file.subspan(2); !rest.empty();) {
    if (rest[0] != std::byte(0xff)) return false;
    while (!rest.empty() && rest[0] == std::byte(0xff)) rest = rest.subspan(1);
    if (rest.empty()) return true;
    const unsigned marker = unsigned(rest[0]);
    if (marker == end_of_image) return true;
    if (marker == start_of_image || marker <= 1 || is_restart(marker)) return false;
    rest = rest.subspan(1);
    if (rest.size() < 2) return true;
    const size_t length = size_t(rest[0]) << 8 | size_t(rest[1]);
    if (length < 2) return false;
    const auto segment = rest.subspan(2, std::min(length, rest.size()) - 2);
    if (marker == huffman && !huffman_tables_fit(segment)) return false;
    rest = rest.subspan(std::min(length, rest.size()));
    if (marker == start_of_scan) rest = skip_scan(rest);
  }
  return true;
}

}  // namespace tutti
