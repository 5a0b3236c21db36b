// Keeps from stb_image what it cannot take: release 2.27, which Debian 12 ships, writes past its
// Huffman tables when a JPEG lists more than 256 codes for one (found by picture_fuzz).
#pragma once

#include <cstddef>
#include <span>

namespace tutti {

// False when a marker segment is malformed or a Huffman table is too long. Walks the segments just
// as stb_image does, so nothing that stb_image reads is left unchecked. A missing end is no fault.
bool jpeg_segments_are_sound(std::span<const std::byte> file);

}  // namespace tutti
