// Text formats, line by line and word by word, without copies: a line may be as long as the file.
//
//   TextLines lines(file);
//   while (lines.next()) {
//     if (lines.word() == "v") { TUTTI_ASSIGN(const double x, lines.number("x")); ... }
//   }
//
// Lines end in LF, CRLF or CR. What follows '#' is a comment; lines of nothing else are passed
// over.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/quote.h"
#include "base/result.h"

namespace tutti {

// What a double makes of a number that none holds: zero or infinity.
double out_of_range(std::string_view word);

// The whole word as a number, in the C locale; "nan" and "inf" are numbers, for the caller to
// refuse, and "1e400" is infinite.
inline std::optional<double> number_of(std::string_view word) {
  if (word.size() > 1 && word[0] == '+') word.remove_prefix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem == std::errc::invalid_argument || end != word.data() + word.size()) return {};
  return problem == std::errc() ? value : out_of_range(word);
}

// Whether an integer of so many bytes has that value.
bool fits_integer(double value, size_t bytes, bool sign);

template <class Integer>
std::optional<Integer> integer_of(std::string_view word) {
  Integer value = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc() || end != word.data() + word.size()) return {};
  return value;
}

// Whether a backslash at the end of a line joins the next one to it, as in OBJ.
enum class LineJoin { never, backslash };

class TextLines {
 public:
  // `before`: how many lines of the file stand in front of this text.
  explicit TextLines(std::string_view text, LineJoin join = LineJoin::never, size_t before = 0)
      : text_(text), join_(join), ends_(before) {}

  // Moves to the next line that has a word; false at the end.
  bool next();
  // The next word of this line; empty at its end.
  std::string_view word();
  std::string_view rest() const { return line_; }
  // The next word as a number: bad_input where it is none or is missing. `what` is what it means.
  Result<double> number(const char* what);
  // The next word as a count: a whole number from 0.
  Result<uint64_t> count(const char* what);

  // bad_input for a word where `what` was expected; an empty one is the end of the line.
  Error unexpected(std::string_view word, std::string_view what) const;
  // bad_input where a word stands behind the last of this line, or one that is no number.
  Status end();
  Status numbers_to_end();

  size_t number() const { return number_; }  // of this line, from 1
  std::string place() const { return "line " + std::to_string(number_); }
  // Where the line after this one begins.
  size_t offset() const { return offset_; }

 private:
  std::string_view take_line();

  std::string_view text_, line_;
  LineJoin join_;
  size_t offset_ = 0, number_ = 0, ends_ = 0;  // ends_: of lines before offset_
};

}  // namespace tutti
