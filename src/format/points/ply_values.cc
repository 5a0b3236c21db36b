#include "format/points/ply_values.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/byte_place.h"
#include "base/quote.h"
#include "format/points/text_lines.h"

namespace tutti {
namespace {

template <class T>
double decoded(const char* at, bool big_endian) {
  char bytes[sizeof(T)];
  std::copy_n(at, sizeof bytes, bytes);
  if (big_endian != (std::endian::native == std::endian::big))
    std::reverse(bytes, bytes + sizeof bytes);
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return double(value);
}

double decode(PlyType type, const char* at, bool big) {
  switch (type) {
    case PlyType::int8:
      return decoded<int8_t>(at, big);
    case PlyType::uint8:
      return decoded<uint8_t>(at, big);
    case PlyType::int16:
      return decoded<int16_t>(at, big);
    case PlyType::uint16:
      return decoded<uint16_t>(at, big);
    case PlyType::int32:
      return decoded<int32_t>(at, big);
    case PlyType::uint32:
      return decoded<uint32_t>(at, big);
    case PlyType::float32:
      return decoded<float>(at, big);
    case PlyType::float64:
      break;
  }
  return decoded<double>(at, big);
}

}  // namespace

bool PlyValues::could_hold(const PlyElement& element) const {
  uint64_t least = 0;  // a number in text has two bytes with what parts it from the next
  for (const PlyProperty& property : element.properties)
    least += encoding_ == PlyEncoding::ascii
                 ? 2
                 : ply_bytes(property.count_type ? *property.count_type : property.type);
  const uint64_t bytes = bytes_left() + (encoding_ == PlyEncoding::ascii ? 1 : 0);
  return least == 0 || element.count <= bytes / least;
}

std::optional<double> PlyValues::next_word() {
  constexpr std::string_view kBlank = " \t\v\f\r\n";
  at_ = std::min(body_.find_first_not_of(kBlank, at_), body_.size());
  const size_t end = std::min(body_.find_first_of(kBlank, at_), body_.size());
  bad_word_ = body_.substr(at_, end - at_);
  const std::optional<double> value = number_of(bad_word_);
  if (value) at_ = end;
  return value;
}

std::optional<double> PlyValues::next(PlyType type) {
  if (encoding_ == PlyEncoding::ascii) return next_word();
  const size_t bytes = ply_bytes(type);
  if (bytes > bytes_left()) return {};
  const double value = decode(type, body_.data() + at_, encoding_ == PlyEncoding::big_endian);
  at_ += bytes;
  return value;
}

Error PlyValues::problem() const {
  if (!bad_word_.empty()) {
    return bad_input(byte_place(at_) + " behind the header has " + quote(bad_word_, 40) +
                     " where a number was expected; if the file is binary, its header says ascii, "
                     "so export it again");
  }
  return bad_input("the file ends in the middle; it is cut short, so copy or export it again");
}

}  // namespace tutti
