#include "format/points/pcd/pcd_header.h"

#include <functional>
#include <optional>
#include <set>

#include "format/points/text_lines.h"

namespace tutti {
namespace {

constexpr size_t kLargestPcdHeader = 1 << 16;
constexpr size_t kMostFields = 256;
constexpr size_t kMostValues = 4096;  // of a field in one point; a histogram has hundreds

struct Draft {
  PcdHeader header;
  std::optional<uint64_t> width, height, points;
  std::set<std::string, std::less<>> seen;  // keywords
};

Status read_fields(TextLines& lines, Draft& draft) {
  std::vector<PcdField>& fields = draft.header.fields;
  for (std::string_view name = lines.word(); !name.empty(); name = lines.word()) {
    if (fields.size() == kMostFields)
      return bad_input("FIELDS has more than " + std::to_string(kMostFields) +
                       " names; export x, y, z and rgb alone");
    fields.push_back({std::string(name)});
  }
  return {};
}

Status read_sizes(TextLines& lines, Draft& draft) {
  for (PcdField& field : draft.header.fields) {
    TUTTI_ASSIGN(field.bytes, lines.count("the size of a field"));
    const bool known = field.bytes == 1 || field.bytes == 2 || field.bytes == 4 || field.bytes == 8;
    if (!known)
      return bad_input(lines.place() + " gives " + quote(field.name, 40) + " " +
                       std::to_string(field.bytes) + " bytes; PCD knows 1, 2, 4 and 8");
  }
  return {};
}

Status read_types(TextLines& lines, Draft& draft) {
  for (PcdField& field : draft.header.fields) {
    const std::string_view type = lines.word();
    if (type != "F" && type != "I" && type != "U")
      return lines.unexpected(type, "the type (F, I or U) of " + quote(field.name, 40));
    field.type = type[0];
  }
  return {};
}

Status read_counts(TextLines& lines, Draft& draft) {
  for (PcdField& field : draft.header.fields) {
    TUTTI_ASSIGN(field.count, lines.count("the count of a field"));
    if (field.count > kMostValues)
      return bad_input(lines.place() + " gives " + quote(field.name, 40) + " " +
                       std::to_string(field.count) + " values a point; at most " +
                       std::to_string(kMostValues) + " are read, so export x, y, z and rgb alone");
  }
  return {};
}

Status read_data(TextLines& lines, Draft& draft) {
  const std::string_view name = lines.word();
  draft.header.body = lines.offset();
  draft.header.lines = lines.number();
  if (name == "ascii") {
    draft.header.data = PcdData::ascii;
  } else if (name == "binary") {
    draft.header.data = PcdData::binary;
  } else if (name == "binary_compressed") {
    draft.header.data = PcdData::binary_compressed;
  } else {
    return lines.unexpected(name, "ascii, binary or binary_compressed");
  }
  return {};
}

Status read_number(TextLines& lines, const char* what, std::optional<uint64_t>& number) {
  TUTTI_ASSIGN(number, lines.count(what));
  return {};
}

Status read_version(TextLines& lines) {
  std::string_view version = lines.word();
  const std::string_view whole = version;
  if (version.starts_with("0")) version.remove_prefix(1);
  if (version == ".7" || version == ".6" || version == ".5") return {};
  return lines.unexpected(whole, "one of the versions .5, .6 and .7");
}

Status read_values(std::string_view keyword, TextLines& lines, Draft& draft) {
  if (keyword == "VERSION") return read_version(lines);
  if (keyword == "VIEWPOINT") return lines.numbers_to_end();
  if (keyword == "FIELDS" || keyword == "COLUMNS") return read_fields(lines, draft);
  if (keyword == "SIZE") return read_sizes(lines, draft);
  if (keyword == "TYPE") return read_types(lines, draft);
  if (keyword == "COUNT") return read_counts(lines, draft);
  if (keyword == "WIDTH") return read_number(lines, "the width", draft.width);
  if (keyword == "HEIGHT") return read_number(lines, "the height", draft.height);
  if (keyword == "POINTS") return read_number(lines, "the number of points", draft.points);
  if (keyword == "DATA") return read_data(lines, draft);
  return bad_input(lines.place() + " has " + quote(keyword, 40) +
                   ", which no PCD header has; export the file again");
}

Status read_line(std::string_view keyword, TextLines& lines, Draft& draft) {
  const bool of_fields = keyword == "SIZE" || keyword == "TYPE" || keyword == "COUNT";
  if (of_fields && draft.header.fields.empty())
    return bad_input(lines.place() + " has " + std::string(keyword) +
                     " before FIELDS, which names what it is about; export the file again");
  if (!draft.seen.emplace(keyword == "COLUMNS" ? "FIELDS" : keyword).second)
    return bad_input(lines.place() + " is a second line of " + quote(keyword, 40) +
                     "; export the file again");
  TUTTI_CHECK(read_values(keyword, lines, draft));
  return lines.end();
}

Result<PcdHeader> finish(Draft draft) {
  PcdHeader& header = draft.header;
  if (header.fields.empty() || !draft.seen.contains("SIZE") || !draft.seen.contains("TYPE"))
    return bad_input(
        "the header lacks FIELDS, SIZE or TYPE in front of DATA; export the file "
        "again");
  const uint64_t height = draft.height.value_or(1);
  if (draft.width && height != 0 && *draft.width > UINT64_MAX / height)
    return bad_input("WIDTH times HEIGHT is no number; export the file again");
  const std::optional<uint64_t> area =
      draft.width ? std::optional(*draft.width * height) : std::nullopt;
  if (!area && !draft.points)
    return bad_input("the header has neither POINTS nor WIDTH; export the file again");
  header.points = draft.points.value_or(area.value_or(0));
  if (area && *area != header.points)
    return bad_input("POINTS is " + std::to_string(header.points) + ", but WIDTH times HEIGHT is " +
                     std::to_string(*area) + "; the header is damaged, so export the file again");
  size_t words = 0;
  for (PcdField& field : header.fields) {
    field.begin = header.point_bytes;
    field.word = words;
    header.point_bytes += field.bytes * field.count;
    words += field.count;
  }
  return std::move(header);
}

}  // namespace

bool is_pcd(std::string_view file) {
  if (file.starts_with("# .PCD")) return true;
  TextLines lines(file.substr(0, 4096));
  if (!lines.next()) return false;
  const std::string_view keyword = lines.word();
  return keyword == "VERSION" || keyword == "FIELDS" || keyword == "COLUMNS";
}

Result<PcdHeader> parse_pcd_header(std::string_view file) {
  TextLines lines(file.substr(0, kLargestPcdHeader));
  Draft draft;
  while (lines.next()) {
    const std::string_view keyword = lines.word();
    TUTTI_CHECK(read_line(keyword, lines, draft));
    if (keyword == "DATA") return finish(std::move(draft));
  }
  return bad_input("the header has no DATA within " + std::to_string(kLargestPcdHeader) +
                   " bytes; the file is cut short or no PCD file");
}

}  // namespace tutti
