#include "serve/api/endpoints/picture_size.h"

#include <charconv>

#include "base/quote.h"

namespace tutti {
namespace {

// "256x256": digits, and nothing beside them.
bool read_sides(const std::string& size, int& width, int& height) {
  const char* const end = size.data() + size.size();
  const auto first = std::from_chars(size.data(), end, width);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != 'x') return false;
  const auto second = std::from_chars(first.ptr + 1, end, height);
  return second.ec == std::errc() && second.ptr == end;
}

}  // namespace

PictureSize read_picture_size(const Fields& request, const Api& api, int side) {
  const std::string size = request.text("size");
  int width = side, height = side;
  if (size != "auto" && !read_sides(size, width, height)) width = 0;
  const int most = api.limits().most_picture_side;
  if (width < 16 || height < 16 || width > most || height > most)
    request.refuse("size",
                   "must be auto or WIDTHxHEIGHT from 16x16 to " + std::to_string(most) + "x" +
                       std::to_string(most) + ", not " + quote(size, 40),
                   "invalid_value");
  return {width, height};
}

}  // namespace tutti
