#include "format/stb.h"

#include <cstdlib>
#include <cstring>

namespace {

thread_local size_t largest_allocation = SIZE_MAX;

void* limited_malloc(size_t bytes) {
  return bytes <= largest_allocation ? std::malloc(bytes) : nullptr;
}

void* limited_realloc(void* old, size_t bytes) {
  return bytes <= largest_allocation ? std::realloc(old, bytes) : nullptr;
}

}  // namespace

// Static, so that another copy of stb in the process (FFmpeg filters, libstb) cannot interpose.
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_MALLOC(size) limited_malloc(size)
#define STBI_REALLOC(old, size) limited_realloc(old, size)
#define STBI_FREE(old) std::free(old)
#include <stb/stb_image.h>

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace tutti::stb {
namespace {

void append(void* out, void* data, int size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size_t(size));
}

const stbi_uc* input(std::span<const std::byte> bytes) {
  return reinterpret_cast<const stbi_uc*>(bytes.data());
}

}  // namespace

std::string write_png(const Picture& p) {
  std::string out;
  const int stride = p.width * p.channels;
  stbi_write_png_to_func(append, &out, p.width, p.height, p.channels, p.pixels.data(), stride);
  return out;
}

std::string write_jpeg(const Picture& p, int quality) {
  std::string out;
  stbi_write_jpg_to_func(append, &out, p.width, p.height, p.channels, p.pixels.data(), quality);
  return out;
}

bool read_size(std::span<const std::byte> file, Picture& p) {
  return stbi_info_from_memory(input(file), int(file.size()), &p.width, &p.height, &p.channels);
}

bool read_pixels(std::span<const std::byte> file, size_t limit, Picture& p) {
  const int wanted = p.channels == 2 ? 4 : p.channels;
  int stored = 0;
  largest_allocation = limit;
  stbi_uc* pixels =
      stbi_load_from_memory(input(file), int(file.size()), &p.width, &p.height, &stored, wanted);
  largest_allocation = SIZE_MAX;
  if (!pixels) return false;
  p.channels = wanted;
  p.pixels.assign(pixels, pixels + size_t(p.width) * p.height * p.channels);
  stbi_image_free(pixels);
  return true;
}

std::string last_problem() {
  const char* reason = stbi_failure_reason();
  return reason ? reason : "unknown reason";
}

std::vector<std::byte> deflate(std::span<const std::byte> bytes) {
  int size = 0;
  auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
  unsigned char* stream = stbi_zlib_compress(data, int(bytes.size()), &size, 8);
  if (!stream) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(stream);
  std::vector<std::byte> out(begin, begin + size);
  std::free(stream);
  return out;
}

bool inflate(std::span<const std::byte> stream, std::span<std::byte> bytes) {
  return stbi_zlib_decode_buffer(reinterpret_cast<char*>(bytes.data()), int(bytes.size()),
                                 reinterpret_cast<const char*>(stream.data()),
                                 int(stream.size())) == int(bytes.size());
}

}  // namespace tutti::stb
