#include "format/points/read_points.h"

#include <algorithm>
#include <cctype>

#include "format/mapped_file.h"
#include "format/points/obj.h"
#include "format/points/off.h"
#include "format/points/pcd.h"
#include "format/points/pcd/pcd_header.h"
#include "format/points/ply.h"
#include "format/points/text_lines.h"

namespace tutti {
namespace {

constexpr size_t kSeenBytes = 4096;

bool ends_in(std::string_view name, std::string_view ending) {
  const auto same = [](char a, char b) { return std::tolower(uint8_t(a)) == b; };
  return name.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - long(ending.size()),
                    [&](char wanted, char got) { return same(got, wanted); });
}

// Editors put a byte-order mark in front of texts.
std::string_view without_mark(std::string_view file) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return file.starts_with(kMark) ? file.substr(kMark.size()) : file;
}

bool is_ply(std::string_view file) {
  return file.starts_with("ply") && file.size() > 3 &&
         (file[3] == '\n' || file[3] == '\r' || file[3] == ' ');
}

// Keywords of OBJ alone, and then a point, behind however many comments and normals.
bool begins_as_obj(std::string_view file) {
  constexpr std::string_view kKeywords[] = {"mtllib", "usemtl", "o", "g", "s", "vn", "vt"};
  if (file.substr(0, kSeenBytes).find('\0') != std::string_view::npos) return false;
  TextLines lines(file);
  while (lines.next()) {
    const std::string_view keyword = lines.word();
    if (keyword == "v") return number_of(lines.word()).has_value();
    if (std::find(std::begin(kKeywords), std::end(kKeywords), keyword) == std::end(kKeywords))
      return false;
  }
  return false;
}

Result<PointCloud> read_format(PointFormat format, std::string_view file,
                               const PointLimits& limits) {
  switch (format) {
    case PointFormat::ply:
      return read_ply(file, limits);
    case PointFormat::off:
      return read_off(file, limits);
    case PointFormat::pcd:
      return read_pcd(file, limits);
    case PointFormat::obj:
      break;
  }
  return read_obj(file, limits);
}

}  // namespace

std::optional<PointFormat> point_format(std::string_view file, std::string_view name) {
  file = without_mark(file);
  if (is_ply(file)) return PointFormat::ply;
  if (is_off(file)) return PointFormat::off;
  if (is_pcd(file)) return PointFormat::pcd;
  if (ends_in(name, ".obj") || begins_as_obj(file)) return PointFormat::obj;
  return {};
}

Result<PointCloud> read_points(std::string_view file, std::string_view name,
                               const PointLimits& limits) {
  const std::string called = name.empty() ? "the cloud" : std::string(name);
  if (file.empty()) return bad_input(called + ": it is empty; was the copy interrupted?");
  if (file.size() > limits.most_bytes) {
    return bad_input(called + ": it has " + std::to_string(file.size()) + " bytes and at most " +
                     std::to_string(limits.most_bytes) +
                     " are accepted; thin the cloud out, or save it as binary PLY");
  }
  const std::optional<PointFormat> format = point_format(file, name);
  if (!format) {
    return bad_input(called + ": it begins with " + quote(file.substr(0, 16)) +
                     ", as none of PLY, OBJ, OFF and PCD does; export it as PLY");
  }
  auto cloud = read_format(*format, without_mark(file), limits);
  if (!cloud) return cloud.error().with_context(called);
  return cloud;
}

Result<PointCloud> load_points(const std::string& path, const PointLimits& limits) {
  TUTTI_ASSIGN(const MappedFile file, MappedFile::open(path));
  const auto* begin = reinterpret_cast<const char*>(file.bytes().data());
  return read_points({begin, file.bytes().size()}, path, limits);
}

}  // namespace tutti
