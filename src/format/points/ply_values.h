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
  PlyValues(std::string_view body, PlyEncoding encoding) : body_(body), encoding_(encoding) {}

  // Whether `count` elements of these properties could be there: a file that promises more than it
  // has bytes for is refused before anything is read.
  bool could_hold(const PlyElement& element) const;

  // Nothing where there is no further number; problem() then says why.
  std::optional<double> next(PlyType type);
  Error problem() const;
  size_t bytes_left() const { return body_.size() - at_; }

 private:
  std::optional<double> next_word();

  std::string_view body_, bad_word_;
  PlyEncoding encoding_;
  size_t at_ = 0;
};

}  // namespace tutti
