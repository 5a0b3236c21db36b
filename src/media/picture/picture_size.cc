#include "media/picture/picture_size.h"

#include "media/picture/webp.h"

namespace tutti {
namespace {

using namespace std::string_view_literals;

uint32_t byte(std::string_view file, size_t at) {
  return at < file.size() ? uint8_t(file[at]) : 0;
}
uint32_t big(std::string_view file, size_t at, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | byte(file, at + size_t(i));
  return value;
}
uint32_t little_endian(std::string_view file, size_t at, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= byte(file, at + size_t(i)) << (8 * i);
  return value;
}

// The first start of a frame (ITU T.81, B.2.2): C0 to CF but for tables (C4, C8, CC).
std::optional<PictureSize> jpeg_size(std::string_view file) {
  for (size_t at = 2; at + 9 <= file.size();) {
    if (byte(file, at) != 0xff) return std::nullopt;
    const uint32_t marker = byte(file, at + 1);
    if (marker == 0xff) {  // filling
      ++at;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc)
      return PictureSize{big(file, at + 7, 2), big(file, at + 5, 2)};
    if (marker == 0xda) return std::nullopt;
    const bool alone = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    at += 2 + (alone ? 0 : big(file, at + 2, 2));
  }
  return std::nullopt;
}

std::optional<PictureSize> bmp_size(std::string_view file) {
  if (file.size() < 26) return std::nullopt;
  if (little_endian(file, 14, 4) == 12)
    return PictureSize{little_endian(file, 18, 2), little_endian(file, 20, 2)};
  const auto height = int32_t(little_endian(file, 22, 4));  // negative: from the top down
  return PictureSize{little_endian(file, 18, 4),
                     height < 0 ? 0u - uint32_t(height) : uint32_t(height)};
}

}  // namespace

std::optional<PictureSize> claimed_size(std::string_view file) {
  if (file.starts_with("\xFF\xD8\xFF"sv)) return jpeg_size(file);
  if (file.starts_with("\x89PNG\r\n\x1A\n"sv) && file.size() >= 24)
    return PictureSize{big(file, 16, 4), big(file, 20, 4)};
  if (file.starts_with("GIF8"sv) && file.size() >= 10)
    return PictureSize{little_endian(file, 6, 2), little_endian(file, 8, 2)};
  if (file.starts_with("BM"sv)) return bmp_size(file);
  if (is_webp(file)) return webp_size(file);
  return std::nullopt;
}

}  // namespace tutti
