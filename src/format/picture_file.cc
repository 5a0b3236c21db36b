#include "format/picture_file.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "format/jpeg_check.h"
#include "format/stb.h"

namespace tutti {
namespace {

constexpr size_t one_gigabyte = size_t(1) << 30;  // stb counts bytes in int

// Head, one final block of fixed codes with nothing but its end mark, checksum 1.
constexpr uint8_t empty_stream[] = {0x78, 0x01, 0x03, 0, 0, 0, 0, 1};

bool is_well_formed(const Picture& picture) {
  if (picture.width <= 0 || picture.height <= 0) return false;
  if (picture.channels != 1 && picture.channels != 3 && picture.channels != 4) return false;
  const size_t pixels = size_t(picture.width) * size_t(picture.height);
  return pixels <= one_gigabyte / 4 && pixels * picture.channels == picture.pixels.size();
}

bool is_png(std::span<const std::byte> file) {
  static constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
  return file.size() >= signature.size() &&
         std::memcmp(file.data(), signature.data(), signature.size()) == 0;
}

uint32_t adler32(std::span<const std::byte> bytes) {
  uint32_t low = 1, high = 0;
  while (!bytes.empty()) {
    // 5552 is the most bytes that cannot overflow 32 bits (RFC 1950, section 9).
    const auto block = bytes.first(std::min<size_t>(bytes.size(), 5552));
    for (std::byte byte : block) {
      low += uint32_t(byte);
      high += low;
    }
    low %= 65521;
    high %= 65521;
    bytes = bytes.subspan(block.size());
  }
  return high << 16 | low;
}

uint32_t stored_checksum(std::span<const std::byte> stream) {
  uint32_t value = 0;
  for (std::byte byte : stream.last(4)) value = value << 8 | uint32_t(byte);
  return value;
}

}  // namespace

std::string encode_png(const Picture& picture) {
  return is_well_formed(picture) ? stb::write_png(picture) : std::string();
}

std::string encode_jpeg(const Picture& picture, int quality) {
  if (!is_well_formed(picture)) return {};
  return stb::write_jpeg(picture, std::clamp(quality, 1, 100));
}

Result<Picture> decode_picture(std::span<const std::byte> file, const PictureLimits& limits) {
  if (file.size() > one_gigabyte) return bad_input("the picture file has over 1 GiB");
  if (!is_png(file) && !jpeg_segments_are_sound(file)) {
    return bad_input("the picture is neither PNG nor JPEG, or it is damaged; convert it to PNG");
  }
  Picture picture;
  if (!stb::read_size(file, picture)) {
    return bad_input("the picture's size cannot be read: " + stb::last_problem());
  }
  const size_t pixels = size_t(picture.width) * size_t(picture.height);
  const bool too_wide = std::max(picture.width, picture.height) > limits.largest_side;
  if (too_wide || pixels > std::min(limits.most_pixels, one_gigabyte / 4)) {
    return bad_input("the picture has " + std::to_string(picture.width) + " x " +
                     std::to_string(picture.height) + " pixels, at most " +
                     std::to_string(limits.largest_side) + " a side and " +
                     std::to_string(limits.most_pixels) + " in all are read; scale it down first");
  }
  // 32 bytes a pixel hold 16-bit RGBA, its deflated buffer doubled, and JPEG's block padding; a
  // small picture whose data inflate to gigabytes is stopped here.
  if (!stb::read_pixels(file, pixels * 32 + (size_t(1) << 20), picture)) {
    return bad_input("the picture cannot be decoded: " + stb::last_problem());
  }
  return picture;
}

Result<std::vector<std::byte>> zlib_compress(std::span<const std::byte> bytes) {
  if (bytes.size() > one_gigabyte) return usage_error("zlib_compress takes at most 1 GiB");
  if (bytes.empty()) {  // stb writes no block at all, which no reader accepts
    const std::span<const uint8_t> stream(empty_stream);
    return std::vector<std::byte>(std::as_bytes(stream).begin(), std::as_bytes(stream).end());
  }
  std::vector<std::byte> stream = stb::deflate(bytes);
  if (stream.empty()) return failed("out of memory while compressing");
  return stream;
}

Result<std::vector<std::byte>> zlib_decompress(std::span<const std::byte> stream,
                                               size_t expected_bytes) {
  // 2 bytes of head, 2 of data, 4 of checksum; deflate expands at most 1032 times.
  const bool possible = stream.size() >= sizeof empty_stream && stream.size() <= one_gigabyte &&
                        expected_bytes <= one_gigabyte && expected_bytes / 1032 <= stream.size();
  if (!possible) {
    return bad_input("a zlib stream of " + std::to_string(stream.size()) +
                     " bytes cannot hold the " + std::to_string(expected_bytes) + " bytes wanted");
  }
  std::vector<std::byte> bytes(expected_bytes);
  if (!stb::inflate(stream, bytes)) {
    return bad_input("the zlib stream is damaged or does not hold " +
                     std::to_string(expected_bytes) + " bytes");
  }
  if (adler32(bytes) != stored_checksum(stream)) {
    return bad_input("the zlib stream is damaged: its checksum differs from its content");
  }
  return bytes;
}

}  // namespace tutti
