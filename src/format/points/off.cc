#include "format/points/off.h"

#include <array>

#include "format/points/cloud_builder.h"
#include "format/points/text_lines.h"

namespace tutti {
namespace {

struct OffHeader {
  bool flat = true;         // three dimensions
  std::string_view behind;  // what is glued to the keyword
};

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "[ST][C][N][4][n]OFF".
std::optional<OffHeader> parse_keyword(std::string_view word) {
  OffHeader header;
  take(word, "ST");
  take(word, "C");
  take(word, "N");
  const bool four = take(word, "4"), more = take(word, "n");
  header.flat = !four && !more;
  if (!take(word, "OFF")) return {};
  header.behind = word;
  if (word.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return header;
}

// Normals, colours and textures behind the place are passed over.
Status read_vertex_line(TextLines& lines, CloudBuilder& cloud) {
  std::array<double, 3> place{};
  for (double& value : place) {
    TUTTI_ASSIGN(value, lines.number("a coordinate"));
  }
  auto added = cloud.add_point(place[0], place[1], place[2]);
  if (!added) return added.error().with_context(lines.place());
  return lines.numbers_to_end();
}

Status read_face_line(TextLines& lines, CloudBuilder& cloud) {
  TUTTI_ASSIGN(const uint64_t corners, lines.count("the number of corners"));
  cloud.begin_polygon();
  for (uint64_t i = 0; i < corners; ++i) {
    TUTTI_ASSIGN(const uint64_t point, lines.count("a corner"));
    if (point >= cloud.points()) {
      return bad_input(lines.place() + " has a corner at point " + std::to_string(point) +
                       " (counted from 0), but there are " + std::to_string(cloud.points()) +
                       " points; export the mesh again");
    }
    auto added = cloud.add_corner(point);
    if (!added) return added.error().with_context(lines.place());
  }
  return lines.numbers_to_end();  // its colour
}

Error cut_short(const char* what, uint64_t got, uint64_t wanted) {
  return bad_input("the file promises " + std::to_string(wanted) + " " + what + " and ends after " +
                   std::to_string(got) + "; it is cut short, so copy or export it again");
}

Status check_header(const std::optional<OffHeader>& header, std::string_view second) {
  if (!header) return bad_input("the file does not begin with OFF; is this an OFF file?");
  if (!header->flat)
    return bad_input("the file is 4OFF or nOFF, of more than three dimensions; export it as OFF");
  if (second == "BINARY")
    return bad_input("the file is OFF BINARY, which is not read; export it as OFF in text or PLY");
  return {};
}

}  // namespace

bool is_off(std::string_view file) {
  TextLines lines(file.substr(0, 4096));
  return lines.next() && parse_keyword(lines.word());
}

Result<PointCloud> read_off(std::string_view file, const PointLimits& limits) {
  TextLines lines(file);
  std::optional<OffHeader> header;
  if (lines.next()) header = parse_keyword(lines.word());
  std::string_view counts = header && !header->behind.empty() ? header->behind : lines.word();
  TUTTI_CHECK(check_header(header, counts));
  if (counts.empty() && lines.next()) counts = lines.word();
  const std::optional<uint64_t> points = integer_of<uint64_t>(counts);
  if (!points) return lines.unexpected(counts, "the number of points");
  TUTTI_ASSIGN(const uint64_t faces, lines.count("the number of faces"));
  TUTTI_CHECK(lines.numbers_to_end());  // edges, which many exporters do not count
  CloudBuilder cloud(limits);
  for (uint64_t i = 0; i < *points; ++i) {
    if (!lines.next()) return cut_short("points", i, *points);
    TUTTI_CHECK(read_vertex_line(lines, cloud));
  }
  for (uint64_t i = 0; i < faces; ++i) {
    if (!lines.next()) return cut_short("faces", i, faces);
    TUTTI_CHECK(read_face_line(lines, cloud));
  }
  if (lines.next())
    return bad_input(lines.place() + " stands behind the " + std::to_string(*points) +
                     " points and " + std::to_string(faces) +
                     " faces that the file promises; export it again");
  return cloud.finish();
}

}  // namespace tutti
