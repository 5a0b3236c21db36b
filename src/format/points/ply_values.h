// The numbers behind the header of a PLY file, one after the other, in text or binary.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/points/ply_header.h"

namespace tutti {

class PlyValues {
 public:
  // `body`: where they begin in the file.
  PlyValues(std::string_view file, size_t body, PlyEncoding encoding)
      : file_(file), encoding_(encoding), at_(body) {}

  // Whether `count` elements of these properties could be there: a file that promises more than it
  // has bytes for is refused before anything is read.
  bool could_hold(const PlyElement& element) const;

  // Nothing where there is no further number of that type; problem() then says why.
  std::optional<double> next(PlyType type);
  Error problem() const;
  size_t bytes_left() const { return file_.size() - at_; }

  // An element in text ends with its line, so that a word too many or too few moves no other one.
  Status end_element();
  // Nothing stands behind the last element.
  Status end() const;

 private:
  std::string_view word();
  std::optional<double> next_word(PlyType type);
  bool is_text() const { return encoding_ == PlyEncoding::ascii; }
  std::string place() const;

  std::string_view file_, bad_word_;
  PlyType wanted_ = PlyType::float32;  // instead of bad_word_
  PlyEncoding encoding_;
  size_t at_;
};

}  // namespace tutti
