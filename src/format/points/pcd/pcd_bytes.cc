#include "format/points/pcd/pcd_bytes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "format/points/file_end.h"
#include "format/points/pcd/lzf_stream.h"

namespace tutti {
namespace {

constexpr size_t kMostTimes = 88;  // in LZF three bytes stand for up to 264

Error damaged() {
  return bad_input(
      "the LZF data are damaged, or hold more or less than the header promises; copy or export the "
      "file again, or save it as PCD binary");
}

template <class T>
double loaded(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return double(value);
}

double load(const PcdField& field, const char* at) {
  if (field.type == 'F')  // of 1 or 2 bytes there is none: check_floats
    return field.bytes == 8 ? loaded<double>(at) : loaded<float>(at);
  const bool sign = field.type == 'I';
  switch (field.bytes) {
    case 1:
      return sign ? loaded<int8_t>(at) : loaded<uint8_t>(at);
    case 2:
      return sign ? loaded<int16_t>(at) : loaded<uint16_t>(at);
    case 4:
      return sign ? loaded<int32_t>(at) : loaded<uint32_t>(at);
    default:
      break;
  }
  return sign ? loaded<int64_t>(at) : loaded<uint64_t>(at);
}

Status check_floats(const PcdColumns& columns) {
  for (const PcdField* field : columns)
    if (field->type == 'F' && field->bytes < 4)
      return bad_input("field " + field->name + " is a float of " + std::to_string(field->bytes) +
                       " bytes; 4 and 8 are read, so export the file again");
  return {};
}

// Where the values of a field lie, and how far apart.
struct Column {
  const char* begin;
  size_t step;
};

Result<PointCloud> read_columns(const std::array<Column, 3>& columns, const PcdColumns& fields,
                                uint64_t points, const PointLimits& limits) {
  CloudBuilder cloud(limits);
  for (size_t i = 0; i < points; ++i) {
    std::array<double, 3> place{};
    for (size_t k = 0; k < 3; ++k)
      place[k] = load(*fields[k], columns[k].begin + i * columns[k].step);
    TUTTI_CHECK(add_measured(place, cloud));
  }
  return cloud.finish();
}

// The first value of a field of every point; the stream is at the field.
Result<std::string> unpack_column(LzfStream& stream, const PcdField& field, uint64_t points) {
  std::string values(field.bytes * points, '\0');
  const size_t others = field.bytes * (field.count - 1);
  bool whole = true;
  for (size_t i = 0; whole && i < points; ++i)
    whole =
        stream.read(values.data() + i * field.bytes, field.bytes) && stream.read(nullptr, others);
  if (!whole) return damaged();
  return values;
}

// Field by field, and of each field the points: those alone are kept that are places.
Result<PointCloud> read_packed(std::string_view packed, const PcdHeader& header,
                               const PcdColumns& fields, const PointLimits& limits) {
  LzfStream stream(packed);
  std::array<std::string, 3> values;
  for (const PcdField& field : header.fields) {
    const auto found = std::find(fields.begin(), fields.end(), &field);
    if (found != fields.end()) {
      TUTTI_ASSIGN(values[size_t(found - fields.begin())],
                   unpack_column(stream, field, header.points));
    } else if (!stream.read(nullptr, field.bytes * field.count * header.points)) {
      return damaged();
    }
  }
  if (!stream.at_end()) return damaged();
  std::array<Column, 3> columns{};
  for (size_t k = 0; k < 3; ++k) columns[k] = {values[k].data(), fields[k]->bytes};
  return read_columns(columns, fields, header.points, limits);
}

}  // namespace

Result<PointCloud> read_pcd_binary(std::string_view body, const PcdHeader& header,
                                   const PcdColumns& fields, const PointLimits& limits) {
  TUTTI_CHECK(check_floats(fields));
  if (header.points > body.size() / header.point_bytes)
    return bad_input("the header promises " + std::to_string(header.points) + " points of " +
                     std::to_string(header.point_bytes) + " bytes, but " +
                     std::to_string(body.size()) +
                     " bytes follow; the file is cut short, so copy or export it again");
  TUTTI_CHECK(check_end(body.substr(header.points * header.point_bytes)));
  std::array<Column, 3> columns{};
  for (size_t k = 0; k < 3; ++k) columns[k] = {body.data() + fields[k]->begin, header.point_bytes};
  return read_columns(columns, fields, header.points, limits);
}

// 32 bits each: the bytes that follow, and how many come out of them.
Result<PointCloud> read_pcd_compressed(std::string_view body, const PcdHeader& header,
                                       const PcdColumns& fields, const PointLimits& limits) {
  TUTTI_CHECK(check_floats(fields));
  if (body.size() < 8)
    return bad_input(
        "the file ends where the sizes of its compressed data were expected; copy or "
        "export it again");
  uint32_t sizes[2];
  std::memcpy(sizes, body.data(), sizeof sizes);
  body.remove_prefix(sizeof sizes);
  const uint64_t wanted = header.points * header.point_bytes;
  if (sizes[0] > body.size() || sizes[1] != wanted) {
    return bad_input("the compressed data claim " + std::to_string(sizes[0]) + " bytes of " +
                     std::to_string(body.size()) + " and to hold " + std::to_string(sizes[1]) +
                     " of " + std::to_string(wanted) +
                     "; the file is damaged, so copy or export it again");
  }
  if (wanted / kMostTimes > sizes[0])
    return bad_input(std::to_string(sizes[0]) + " bytes of LZF cannot hold the " +
                     std::to_string(wanted) + " that the file promises; export it again");
  TUTTI_CHECK(check_end(body.substr(sizes[0])));
  return read_packed(body.substr(0, sizes[0]), header, fields, limits);
}

}  // namespace tutti
