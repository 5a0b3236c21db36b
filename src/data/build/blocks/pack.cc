#include "data/build/blocks/pack.h"

#include <zlib.h>

#include "format/picture_file.h"

namespace tutti {
namespace {

std::string deflate_best(std::string_view bytes) {
  uLongf size = ::compressBound(uLong(bytes.size()));
  std::string out(size, '\0');
  ::compress2(reinterpret_cast<Bytef*>(out.data()), &size,
              reinterpret_cast<const Bytef*>(bytes.data()), uLong(bytes.size()), 9);
  out.resize(size);
  return out;
}

std::string big_endian(uint32_t value) {
  return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

std::string chunk(std::string_view type, const std::string& data) {
  const std::string body = std::string(type) + data;
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), uInt(body.size()));
  return big_endian(uint32_t(data.size())) + body + big_endian(uint32_t(crc));
}

}  // namespace

std::string pack(std::string_view bytes) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += char(uint64_t(bytes.size()) >> (8 * i));
  return out + deflate_best(bytes);
}

std::string encode_flat_png(const Picture& picture) {
  const size_t row = size_t(picture.width) * picture.channels;
  std::string rows;
  rows.reserve((row + 1) * picture.height);
  for (int y = 0; y < picture.height; ++y) {
    rows += '\0';  // filter: none
    rows.append(reinterpret_cast<const char*>(picture.pixels.data()) + y * row, row);
  }
  const char colour = picture.channels == 1 ? 0 : picture.channels == 3 ? 2 : 6;
  const std::string head = big_endian(uint32_t(picture.width)) +
                           big_endian(uint32_t(picture.height)) + std::string{8, colour, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("IDAT", deflate_best(rows)) +
         chunk("IEND", {});
}

std::string encode_smaller(const Picture& picture, int quality, std::string& suffix) {
  std::string png = encode_flat_png(picture);
  std::string jpeg = encode_jpeg(picture, quality);
  suffix = png.size() <= jpeg.size() ? ".png" : ".jpg";
  return png.size() <= jpeg.size() ? png : jpeg;
}

}  // namespace tutti
