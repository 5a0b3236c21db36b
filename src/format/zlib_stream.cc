#include "format/zlib_stream.h"

#include <algorithm>
#include <cstdint>

#include "format/stb.h"

namespace tutti {
namespace {

constexpr size_t most_bytes = size_t(1) << 30;  // stb counts bytes in int

// Head, one final block of fixed codes with nothing but its end mark, checksum 1.
constexpr uint8_t empty_stream[] = {0x78, 0x01, 0x03, 0, 0, 0, 0, 1};

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

Result<std::vector<std::byte>> zlib_compress(std::span<const std::byte> bytes) {
  if (bytes.size() > most_bytes) return usage_error("zlib_compress takes at most 1 GiB");
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
  const bool possible = stream.size() >= sizeof empty_stream && stream.size() <= most_bytes &&
                        expected_bytes <= most_bytes && expected_bytes / 1032 <= stream.size();
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
