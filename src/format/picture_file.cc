#include "format/picture_file.h"

#include <algorithm>
#include <cstring>

#include "format/jpeg_check.h"
#include "format/stb.h"

namespace tutti {
namespace {

constexpr size_t one_gigabyte = size_t(1) << 30;  // stb counts bytes in int

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

}  // namespace tutti
