#include "format/points/ply_header.h"

#include <algorithm>
#include <array>
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
  return bad_input(lines.place() + " has the type " + quote(name, 40) +
                   "; PLY knows char, uchar, short, ushort, int, uint, float and double");
}

Result<PlyEncoding> encoding_of(TextLines& lines) {
  const std::string_view name = lines.word();
  if (name == "ascii") return PlyEncoding::ascii;
  if (name == "binary_little_endian") return PlyEncoding::little_endian;
  if (name == "binary_big_endian") return PlyEncoding::big_endian;
  return bad_input(lines.place() + " has the format " + quote(name, 40) +
                   "; PLY knows ascii, binary_little_endian and binary_big_endian");
}

Status add_element(TextLines& lines, PlyHeader& header) {
  const std::string_view name = lines.word();
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
  const auto same = [&](const PlyProperty& other) { return other.name == property.name; };
  if (property.name.empty() ||
      std::any_of(element.properties.begin(), element.properties.end(), same))
    return bad_input(lines.place() +
                     " has a property without a name of its own; export the file "
                     "again");
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
  bool has_format = false;
  while (lines.next()) {
    const std::string_view keyword = lines.word();
    if (keyword == "end_header") {
      if (!has_format) return bad_input("the header has no format line; export the file again");
      header.body = lines.offset();
      return header;
    }
    if (keyword == "format") {
      TUTTI_ASSIGN(header.encoding, encoding_of(lines));
      has_format = true;
    } else if (keyword == "element") {
      TUTTI_CHECK(add_element(lines, header));
    } else if (keyword == "property") {
      TUTTI_CHECK(add_property(lines, header));
    } else if (keyword != "comment" && keyword != "obj_info") {
      return bad_input(lines.place() + " has " + quote(keyword, 40) +
                       ", which no PLY header has; export the file again");
    }
  }
  return bad_input("the header has no end_header within " + std::to_string(kLargestPlyHeader) +
                   " bytes; the file is cut short or no PLY file");
}

}  // namespace tutti
