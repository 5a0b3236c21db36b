// The few calls that picture_file.cc and zlib_stream.cc make of stb_image and stb_image_write,
// whose implementations live in stb.cc alone. Arguments are checked by the caller.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/media_types.h"

namespace tutti::stb {

std::string write_png(const Picture& picture);
std::string write_jpeg(const Picture& picture, int quality);

bool read_size(std::span<const std::byte> file, Picture& picture);
// No single allocation of the decoder exceeds `largest_allocation` bytes.
bool read_pixels(std::span<const std::byte> file, size_t largest_allocation, Picture& picture);
std::string last_problem();

std::vector<std::byte> deflate(std::span<const std::byte> bytes);
// False unless the stream fills `bytes` exactly.
bool inflate(std::span<const std::byte> stream, std::span<std::byte> bytes);

}  // namespace tutti::stb
