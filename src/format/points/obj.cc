#include "format/points/obj.h"

#include <array>

#include "format/points/cloud_builder.h"
#include "format/points/text_lines.h"

namespace tutti {
namespace {

// "x y z", "x y z w", "x y z r g b" or "x y z r g b a".
Status read_vertex(TextLines& lines, CloudBuilder& cloud) {
  std::array<double, 3> place{};
  for (double& value : place) {
    TUTTI_ASSIGN(value, lines.number("a coordinate"));
  }
  auto added = cloud.add_point(place[0], place[1], place[2]);
  if (!added) return added.error().with_context(lines.place());
  return lines.numbers_to_end();
}

// "7", "7/1", "7//3" or "7/1/3"; only the point counts.
Result<uint64_t> corner(std::string_view word, size_t points, const TextLines& lines) {
  const std::optional<int64_t> number = integer_of<int64_t>(word.substr(0, word.find('/')));
  if (!number || *number == 0 || word.find_first_not_of("0123456789-/") != word.npos) {
    return bad_input(lines.place() + " has the corner " + quote(word, 40) +
                     "; points are counted from 1, or backwards from -1, so export the mesh again");
  }
  if (*number > 0) return uint64_t(*number) - 1;
  if (uint64_t(-(*number + 1)) >= points) {
    return bad_input(lines.place() + " has the corner " + std::to_string(*number) + ", but only " +
                     std::to_string(points) + " points stand before it; export the mesh again");
  }
  return points - 1 - uint64_t(-(*number + 1));
}

Status read_face(TextLines& lines, CloudBuilder& cloud) {
  cloud.begin_polygon();
  for (std::string_view word = lines.word(); !word.empty(); word = lines.word()) {
    TUTTI_ASSIGN(const uint64_t point, corner(word, cloud.points(), lines));
    auto added = cloud.add_corner(point);
    if (!added) return added.error().with_context(lines.place());
  }
  return {};
}

}  // namespace

Result<PointCloud> read_obj(std::string_view file, const PointLimits& limits) {
  if (file.substr(0, 4096).find('\0') != std::string_view::npos) {
    return bad_input(
        "the file is binary, and OBJ is text; an object file of a compiler has the "
        "same ending, so export the mesh as OBJ or PLY");
  }
  TextLines lines(file, LineJoin::backslash);
  CloudBuilder cloud(limits);
  while (lines.next()) {
    const std::string_view keyword = lines.word();
    if (keyword == "v") TUTTI_CHECK(read_vertex(lines, cloud));
    if (keyword == "f") TUTTI_CHECK(read_face(lines, cloud));
  }
  if (cloud.points() == 0)
    return bad_input("no line gives a point (\"v x y z\"); is this a Wavefront OBJ file?");
  return cloud.finish();
}

}  // namespace tutti
