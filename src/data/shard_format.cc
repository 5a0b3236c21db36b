#include "data/shard_format.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rounding.h"
#include "format/zlib_stream.h"

namespace tutti {

uint8_t mel_to_byte(float value) {
  return to_byte((value + 2.5f) / 5.0f * 255.0f);
}

float byte_to_mel(uint8_t byte) {
  return float(byte) * (5.0f / 255.0f) - 2.5f;
}

uint8_t sample_to_ulaw(float sample) {
  constexpr int kBias = 0x84, kClip = 32635;
  int value = to_pcm(sample, 32768.0f);
  const int sign = value < 0 ? 0x80 : 0;
  value = std::min(std::abs(value), kClip) + kBias;
  int exponent = 7;
  while (exponent > 0 && !(value & (0x80 << exponent))) --exponent;
  return uint8_t(~(sign | exponent << 4 | ((value >> (exponent + 3)) & 0x0f)));
}

float ulaw_to_sample(uint8_t byte) {
  const int code = ~byte & 0xff;
  const int magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
  return float(code & 0x80 ? -magnitude : magnitude) / 32768.0f;
}

Result<std::vector<std::byte>> unpack(std::span<const std::byte> member, size_t most_bytes) {
  if (member.size() < 8) return bad_input("a packed member is cut short");
  uint64_t bytes = 0;
  for (int i = 0; i < 8; ++i) bytes |= uint64_t(member[size_t(i)]) << (8 * i);
  if (bytes > most_bytes) {
    return bad_input("a packed member claims " + std::to_string(bytes) + " bytes, at most " +
                     std::to_string(most_bytes) + " are expected");
  }
  return zlib_decompress(member.subspan(8), size_t(bytes));
}

uint32_t crc32(std::span<const std::byte> bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int k = 0; k < 8; ++k) t[i] = (t[i] & 1 ? 0xedb88320u : 0u) ^ t[i] >> 1;
    }
    return t;
  }();
  uint32_t crc = ~0u;
  for (std::byte b : bytes) crc = table[(crc ^ uint32_t(b)) & 0xff] ^ crc >> 8;
  return ~crc;
}

}  // namespace tutti
