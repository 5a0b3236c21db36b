// Probabilities as logarithms.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace tutti {

inline constexpr double kNever = -std::numeric_limits<double>::infinity();

// ln(e^a + e^b).
inline double log_sum(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == kNever ? a : a + std::log1p(std::exp(b - a));
}

// ln of the sum of e^logit: what turns a row's logits into log-probabilities.
inline double log_total(const float* row, int count) {
  const double most = *std::max_element(row, row + count);
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += std::exp(row[i] - most);
  return most + std::log(sum);
}

}  // namespace tutti
