#include "format/points/ply_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "format/points/text_lines.h"

namespace tutti {
namespace {

constexpr size_t kLargestPlyHeader = 1 << 16;
constexpr size_t kMostElements = 64;
constexpr size_t kMostProperties = 256;  // of an element; a splat of Gaussians has 62

Result<PlyType> type_of(std::string_view name, const TextLines& lines) {
  static constexpr std::pair<std::string_view, PlyType> kTypes[] = {
      {"char", PlyType::int8},      {"int8", PlyType::int8},       {"uchar", PlyType::uint8},
      {"uint8", PlyType::uint8},    {"short", PlyType::int16},     {"int16", PlyType::int16},
      {"ushort", PlyType::uint16},  {"uint16", PlyType::uint16},   {"int", PlyType::int32},
      {"int32", PlyType::int32},    {"uint", PlyType::uint32},     {"uint32", PlyType::uint32},
      {"float", PlyType::float32},  {"float32", PlyType::float32}, {"double", PlyType::float64},
      {"float64", PlyType::float64}};
  for (const auto& [spelling, type] : kTypes)
    if (spelling == name) return type;
  return lines.unexpected(name, "a type (char, uchar, short, ushort, int, uint, float or double)");
}

Result<PlyEncoding> encoding_of(std::string_view name, const TextLines& lines) {
  if (name == "ascii") return PlyEncoding::ascii;
  if (name == "binary_little_endian") return PlyEncoding::little_endian;
  if (name == "binary_big_endian") return PlyEncoding::big_endian;
  return lines.unexpected(name, "a format (ascii, binary_little_endian or binary_big_endian)");
}

Status read_encoding(TextLines& lines, std::optional<PlyEncoding>& encoding) {
  if (encoding)
    return bad_input(lines.place() + " is a second line of the format; export the file again");
  TUTTI_ASSIGN(encoding, encoding_of(lines.word(), lines));
  const std::string_view version = lines.word();
  return version == "1.0" ? Status() : lines.unexpected(version, "version 1.0");
}

Status add_element(TextLines& lines, PlyHeader& header) {
  const std::string_view name = lines.word();
  if (name.empty()) return lines.unexpected(name, "the name of an element");
  TUTTI_ASSIGN(const uint64_t count, lines.count("the number of elements"));
  const auto same = [name](const PlyElement& element) { return element.name == name; };
  if (std::any_of(header.elements.begin(), header.elements.end(), same))
    return bad_input(lines.place() + " has the element " + quote(name, 40) +
                     " a second time; export the file again");
  if (header.elements.size() == kMostElements)
    return bad_input("the header has more than " + std::to_string(kMostElements) +
                     " elements; export the file with points and faces alone");
  header.elements.push_back({std::string(name), count, {}});
  return {};
}

Status add_property(TextLines& lines, PlyHeader& header) {
  if (header.elements.empty())
    return bad_input(lines.place() + " has a property of no element; export the file again");
  PlyElement& element = header.elements.back();
  if (element.properties.size() == kMostProperties)
    return bad_input("element " + quote(element.name, 40) + " has more than " +
                     std::to_string(kMostProperties) +
                     " properties; export x, y, z and colours alone");
  PlyProperty property;
  std::string_view type = lines.word();
  if (type == "list") {
    TUTTI_ASSIGN(property.count_type, type_of(lines.word(), lines));
    type = lines.word();
  }
  TUTTI_ASSIGN(property.type, type_of(type, lines));
  property.name = lines.word();
  if (property.name.empty()) return lines.unexpected({}, "the name of a property");
  const auto same = [&](const PlyProperty& other) { return other.name == property.name; };
  if (std::any_of(element.properties.begin(), element.properties.end(), same))
    return bad_input(lines.place() + " has the property " + quote(property.name, 40) +
                     " a second time; export the file again");
  element.properties.push_back(std::move(property));
  return {};
}

}  // namespace

size_t ply_bytes(PlyType type) {
  constexpr std::array<size_t, 8> kBytes = {1, 1, 2, 2, 4, 4, 4, 8};
  return kBytes[size_t(type)];
}

Result<PlyHeader> parse_ply_header(std::string_view file) {
  TextLines lines(file.substr(0, kLargestPlyHeader));
  if (!lines.next() || lines.word() != "ply")
    return bad_input("the file does not begin with \"ply\"; is this a PLY file?");
  PlyHeader header;
  std::optional<PlyEncoding> encoding;
  while (lines.next()) {
    const std::string_view keyword = lines.word();
    if (keyword == "comment" || keyword == "obj_info") continue;
    if (keyword == "format") {
      TUTTI_CHECK(read_encoding(lines, encoding));
    } else if (keyword == "element") {
      TUTTI_CHECK(add_element(lines, header));
    } else if (keyword == "property") {
      TUTTI_CHECK(add_property(lines, header));
    } else if (keyword != "end_header") {
      return bad_input(lines.place() + " has " + quote(keyword, 40) +
                       ", which no PLY header has; export the file again");
    }
    TUTTI_CHECK(lines.end());
    if (keyword != "end_header") continue;
    if (!encoding) return bad_input("the header has no format line; export the file again");
    header.encoding = *encoding;
    header.body = lines.offset();
    return header;
  }
  return bad_input("the header has no end_header within " + std::to_string(kLargestPlyHeader) +
                   " bytes; the file is cut short or no PLY file");
}

}  // namespace tutti
