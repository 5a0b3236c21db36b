#include "format/points/ply_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/quote.h"
#include "format/points/file_end.h"
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

constexpr std::string_view kInLine = " \t\v\f", kBetween = " \t\v\f\r\n";

// As messages call it.
std::string name_of(PlyType type) {
  constexpr std::array<const char*, 8> kNames = {"a char", "a uchar", "a short",  "a ushort",
                                                 "an int", "a uint",  "a number", "a number"};
  return kNames[size_t(type)];
}

bool has_type(double value, PlyType type) {
  if (type == PlyType::float32 || type == PlyType::float64) return true;
  const bool sign = type == PlyType::int8 || type == PlyType::int16 || type == PlyType::int32;
  return fits_integer(value, ply_bytes(type), sign);
}

}  // namespace

bool PlyValues::could_hold(const PlyElement& element) const {
  uint64_t least = 0;  // a number in text has two bytes with what parts it from the next
  for (const PlyProperty& property : element.properties)
    least += is_text() ? 2 : ply_bytes(property.count_type ? *property.count_type : property.type);
  const uint64_t bytes = bytes_left() + (is_text() ? 1 : 0);
  return least == 0 || element.count <= bytes / least;
}

std::string_view PlyValues::word() {
  at_ = std::min(file_.find_first_not_of(kBetween, at_), file_.size());
  const size_t end = std::min(file_.find_first_of(kBetween, at_), file_.size());
  return file_.substr(at_, end - at_);
}

std::optional<double> PlyValues::next_word(PlyType type) {
  bad_word_ = word();
  wanted_ = type;
  const std::optional<double> value = number_of(bad_word_);
  if (!value || !has_type(*value, type)) return {};
  at_ += bad_word_.size();
  return value;
}

std::optional<double> PlyValues::next(PlyType type) {
  if (is_text()) return next_word(type);
  const size_t bytes = ply_bytes(type);
  if (bytes > bytes_left()) return {};
  const double value = decode(type, file_.data() + at_, encoding_ == PlyEncoding::big_endian);
  at_ += bytes;
  return value;
}

// Lines are counted when there is something to say.
std::string PlyValues::place() const {
  size_t line = 1;
  for (size_t i = 0; i < at_; ++i)
    line += file_[i] == '\n' || (file_[i] == '\r' && file_.substr(i + 1, 1) != "\n");
  return "line " + std::to_string(line);
}

Error PlyValues::problem() const {
  if (bad_word_.empty())
    return bad_input("the file ends in the middle; it is cut short, so copy or export it again");
  const bool binary = quote(bad_word_, 40).find("\\x") != std::string::npos;
  return bad_input(
      place() + " has " + quote(bad_word_, 40) + " where " + name_of(wanted_) + " was expected; " +
      (binary ? "the file may be binary, and its header says ascii, so " : "") + "export it again");
}

Status PlyValues::end_element() {
  if (!is_text()) return {};
  const size_t next = std::min(file_.find_first_not_of(kInLine, at_), file_.size());
  if (next == file_.size() || file_[next] == '\r' || file_[next] == '\n') return {};
  at_ = next;
  const size_t end = std::min(file_.find_first_of(kBetween, at_), file_.size());
  return bad_input(place() + " has " + quote(file_.substr(at_, end - at_), 40) +
                   " behind the last value; there is one too many, or one too few in front of it, "
                   "so export the file again");
}

Status PlyValues::end() const {
  if (!is_text()) return check_end(file_.substr(at_));
  PlyValues rest = *this;
  const std::string_view next = rest.word();
  if (next.empty()) return {};
  return bad_input(rest.place() + " has " + quote(next, 40) +
                   " behind all that the header promises; the header is wrong, so export the file "
                   "again");
}

}  // namespace tutti
