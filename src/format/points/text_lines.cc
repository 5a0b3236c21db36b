#include "format/points/text_lines.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

constexpr std::string_view kBlank = " \t\v\f\r\n";  // ends of lines: where lines were joined

}  // namespace

// By where its first digit stands that is not 0.
double out_of_range(std::string_view word) {
  const size_t e = std::min(word.find_first_of("eE"), word.size());
  const size_t point = std::min(word.find('.'), e), digit = word.find_first_of("123456789");
  std::string_view power = word.substr(std::min(e + 1, word.size()));
  const bool small = power.starts_with('-');
  if (power.starts_with('+')) power.remove_prefix(1);
  int64_t shift = 0;
  if (!power.empty()) {
    const auto parsed = integer_of<int64_t>(power);
    constexpr int64_t kFar = INT64_MAX / 2;
    shift = parsed ? std::clamp(*parsed, -kFar, kFar) : small ? -kFar : kFar;
  }
  const double size = shift + int64_t(point) - int64_t(digit) > 0 ? HUGE_VAL : 0;
  return word.starts_with('-') ? -size : size;
}

bool fits_integer(double value, size_t bytes, bool sign) {
  const double values = std::ldexp(1, int(8 * bytes));
  return std::floor(value) == value && value >= (sign ? -values / 2 : 0) &&
         value < (sign ? values / 2 : values);
}

std::string_view TextLines::take_line() {
  const size_t begin = offset_;
  while (true) {
    const size_t end = std::min(text_.find_first_of("\r\n", offset_), text_.size());
    const bool is_pair = text_.substr(end, 2) == "\r\n";
    const bool joined = join_ == LineJoin::backslash && end > offset_ && text_[end - 1] == '\\';
    offset_ = std::min(end + (is_pair ? 2 : 1), text_.size());
    ++ends_;
    if (!joined || offset_ == text_.size()) return text_.substr(begin, end - begin);
  }
}

bool TextLines::next() {
  while (offset_ < text_.size()) {
    number_ = ends_ + 1;
    line_ = take_line();
    line_ = line_.substr(0, line_.find('#'));
    if (line_.find_first_not_of(kBlank) != std::string_view::npos) return true;
  }
  line_ = {};
  return false;
}

std::string_view TextLines::word() {
  while (true) {
    line_.remove_prefix(std::min(line_.find_first_not_of(kBlank), line_.size()));
    std::string_view word = line_.substr(0, line_.find_first_of(kBlank));
    line_.remove_prefix(word.size());
    const bool joined = join_ == LineJoin::backslash && word.ends_with('\\');
    if (!joined) return word;
    word.remove_suffix(1);
    if (!word.empty()) return word;
  }
}

Error TextLines::unexpected(std::string_view word, std::string_view what) const {
  const std::string got = word.empty() ? " ends" : " has " + quote(word, 40);
  return bad_input(place() + got + " where " + std::string(what) +
                   " was expected; export the file again");
}

Status TextLines::end() {
  const std::string_view next = word();
  return next.empty() ? Status() : unexpected(next, "the end of the line");
}

Status TextLines::numbers_to_end() {
  for (std::string_view next = word(); !next.empty(); next = word())
    if (!number_of(next)) return unexpected(next, "a number, or the end of the line,");
  return {};
}

Result<double> TextLines::number(const char* what) {
  const std::string_view next = word();
  const std::optional<double> value = number_of(next);
  if (!value) return unexpected(next, what);
  return *value;
}

Result<uint64_t> TextLines::count(const char* what) {
  const std::string_view next = word();
  const std::optional<uint64_t> value = integer_of<uint64_t>(next);
  if (!value) return unexpected(next, what);
  return *value;
}

}  // namespace tutti
