#include "format/points/pcd/pcd_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "format/points/text_lines.h"

namespace tutti {
namespace {

// A colour as text: the number itself, or the float with the same bits.
std::optional<uint32_t> packed_colour(const PcdField& field, std::string_view word) {
  const std::optional<double> value = number_of(word);
  if (!value || !std::isfinite(*value)) return {};
  uint32_t packed = 0;
  if (field.type == 'F') {
    const auto same_bits = float(*value);
    std::memcpy(&packed, &same_bits, sizeof packed);
  } else if (*value >= 0 && *value <= UINT32_MAX) {
    packed = uint32_t(*value);
  }
  return packed;
}

// The words of one line that hold the coordinates and the colour. Stops where the line does: a
// header may promise a million values a point.
struct PcdWords {
  std::array<std::string_view, 3> places;
  std::string_view colour;
};

PcdWords words_of(TextLines& lines, const PcdColumns& columns) {
  size_t last = columns.colour ? columns.colour->word : 0;
  for (const PcdField* place : columns.places) last = std::max(last, place->word);
  PcdWords words;
  for (size_t i = 0; i <= last; ++i) {
    const std::string_view word = lines.word();
    if (word.empty()) break;
    for (size_t k = 0; k < 3; ++k)
      if (columns.places[k]->word == i) words.places[k] = word;
    if (columns.colour && columns.colour->word == i) words.colour = word;
  }
  return words;
}

Status read_text_point(TextLines& lines, const PcdColumns& columns, CloudBuilder& cloud) {
  const PcdWords words = words_of(lines, columns);
  std::array<double, 3> place{};
  for (size_t k = 0; k < 3; ++k) {
    const std::optional<double> value = number_of(words.places[k]);
    if (!value) {
      return bad_input(lines.place() + " behind DATA has " + quote(words.places[k], 40) +
                       " where a coordinate was expected; export the file again");
    }
    place[k] = *value;
  }
  std::optional<uint32_t> colour;
  if (columns.colour) colour = packed_colour(*columns.colour, words.colour);
  auto added = add_measured(place, colour, cloud);
  if (!added) return added.error().with_context(lines.place() + " behind DATA");
  return {};
}

}  // namespace

Result<PointCloud> read_pcd_text(std::string_view body, const PcdHeader& header,
                                 const PcdColumns& columns, const PointLimits& limits) {
  TextLines lines(body);
  CloudBuilder cloud(limits);
  for (uint64_t i = 0; i < header.points; ++i) {
    if (!lines.next()) {
      return bad_input("the header promises " + std::to_string(header.points) +
                       " points and the file ends after " + std::to_string(i) +
                       "; it is cut short, so copy or export it again");
    }
    TUTTI_CHECK(read_text_point(lines, columns, cloud));
  }
  return cloud.finish();
}

}  // namespace tutti
