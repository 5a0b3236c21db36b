#include "format/points/pcd/pcd_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "format/points/text_lines.h"

namespace tutti {
namespace {

// One line, of `words` numbers; a million of them are not looked for behind its end.
Status read_text_point(TextLines& lines, const PcdColumns& fields, size_t words,
                       CloudBuilder& cloud) {
  std::array<double, 3> place{};
  for (size_t i = 0; i < words; ++i) {
    const std::string_view word = lines.word();
    const auto is_at = [i](const PcdField* field) { return field->word == i; };
    const auto found = std::find_if(fields.begin(), fields.end(), is_at);
    const std::optional<double> value = number_of(word);
    if (!value) return lines.unexpected(word, "a number");
    if (found == fields.end()) continue;
    const PcdField& field = **found;
    if (field.type != 'F' && !fits_integer(*value, field.bytes, field.type == 'I'))
      return lines.unexpected(word, "an integer of " + std::to_string(field.bytes) + " bytes");
    place[size_t(found - fields.begin())] = *value;
  }
  TUTTI_CHECK(lines.end());
  auto added = add_measured(place, cloud);
  return added ? added : added.error().with_context(lines.place());
}

}  // namespace

Result<PointCloud> read_pcd_text(std::string_view body, const PcdHeader& header,
                                 const PcdColumns& fields, const PointLimits& limits) {
  TextLines lines(body, LineJoin::never, header.lines);
  CloudBuilder cloud(limits);
  const size_t words = header.fields.back().word + header.fields.back().count;
  for (uint64_t i = 0; i < header.points; ++i) {
    if (!lines.next()) {
      return bad_input("the header promises " + std::to_string(header.points) +
                       " points and the file ends after " + std::to_string(i) +
                       "; it is cut short, so copy or export it again");
    }
    TUTTI_CHECK(read_text_point(lines, fields, words, cloud));
  }
  if (lines.next())
    return bad_input(lines.place() + " stands behind the " + std::to_string(header.points) +
                     " points that the header promises; export the file again");
  return cloud.finish();
}

}  // namespace tutti
