#include "format/points/pcd/pcd_bytes.h"

#include <cstring>

#include "format/points/pcd/lzf.h"

namespace tutti {
namespace {

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
  for (const PcdField* field : columns.places)
    if (field->type == 'F' && field->bytes < 4)
      return bad_input("field " + field->name + " is a float of " + std::to_string(field->bytes) +
                       " bytes; 4 and 8 are read, so export the file again");
  return {};
}

// Where the first value of a field lies, and how far on that of the next point.
struct Stride {
  size_t begin, step;
};

// Point by point; or, in compressed data, field by field.
Stride stride_of(const PcdField& field, const PcdHeader& header) {
  if (header.data == PcdData::binary) return {field.begin, header.point_bytes};
  return {field.begin * size_t(header.points), field.bytes * field.count};
}

Result<PointCloud> read_bytes(std::string_view bytes, const PcdHeader& header,
                              const PcdColumns& columns, const PointLimits& limits) {
  TUTTI_CHECK(check_floats(columns));
  CloudBuilder cloud(limits);
  for (size_t i = 0; i < header.points; ++i) {
    const auto at = [&](const PcdField& field) {
      const Stride stride = stride_of(field, header);
      return bytes.data() + stride.begin + i * stride.step;
    };
    std::array<double, 3> place{};
    for (size_t k = 0; k < 3; ++k) place[k] = load(*columns.places[k], at(*columns.places[k]));
    std::optional<uint32_t> colour;
    if (columns.colour) std::memcpy(&colour.emplace(), at(*columns.colour), 4);
    TUTTI_CHECK(add_measured(place, colour, cloud));
  }
  return cloud.finish();
}

}  // namespace

Result<PointCloud> read_pcd_binary(std::string_view body, const PcdHeader& header,
                                   const PcdColumns& columns, const PointLimits& limits) {
  if (header.points <= body.size() / header.point_bytes)
    return read_bytes(body, header, columns, limits);
  return bad_input("the header promises " + std::to_string(header.points) + " points of " +
                   std::to_string(header.point_bytes) + " bytes, but " +
                   std::to_string(body.size()) +
                   " bytes follow; the file is cut short, so copy or export it again");
}

// 32 bits each: the bytes that follow, and how many come out of them.
Result<PointCloud> read_pcd_compressed(std::string_view body, const PcdHeader& header,
                                       const PcdColumns& columns, const PointLimits& limits) {
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
  TUTTI_ASSIGN(const std::string bytes, lzf_decompress(body.substr(0, sizes[0]), sizes[1]));
  return read_bytes(bytes, header, columns, limits);
}

}  // namespace tutti
