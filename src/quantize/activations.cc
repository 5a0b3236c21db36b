#include "quantize/activations.h"

#include <algorithm>
#include <cmath>

namespace tutti {

void Activations::see(const Weight& weight, ConstMatrix inputs, RowIndex bounds) {
  if (broken_) return;
  for (int r = 0; r < inputs.rows; ++r)
    for (int c = 0; c < inputs.cols; ++c)
      if (!std::isfinite(inputs.row(r)[c])) {
        broken_ = weight.name;
        return;
      }
  SeenInputs& seen = seen_[weight.name];
  seen.cols = inputs.cols;
  if (bounds.size() <= 2) {
    see_rows(seen.groups[0], inputs, 0, inputs.rows);
    return;
  }
  seen.groups.resize(bounds.size() - 1);
  for (size_t g = 0; g < seen.groups.size(); ++g)
    see_rows(seen.groups[g], inputs, bounds[g], bounds[g + 1]);
}

// Reservoir sampling (Vitter 1985, algorithm R).
void Activations::see_rows(SeenRows& seen, ConstMatrix inputs, int begin, int end) {
  for (int r = begin; r < end; ++r) {
    const float* row = inputs.row(r);
    for (int c = 0; c < inputs.cols; ++c) seen.peak = std::max(seen.peak, std::abs(row[c]));
    const long place =
        seen.count++ < kMostRows ? seen.count - 1 : long(rng_.below(int(seen.count)));
    if (place >= kMostRows) continue;
    seen.rows.resize(std::max(seen.rows.size(), size_t(place + 1) * inputs.cols));
    std::copy_n(row, inputs.cols, seen.rows.begin() + place * inputs.cols);
  }
}

}  // namespace tutti
