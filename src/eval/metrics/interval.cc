#include "eval/metrics/interval.h"

#include <cmath>

namespace tutti {

Interval wilson_interval(int right, int n) {
  if (n <= 0) return {};
  constexpr double z = 1.959964;
  const double share = double(right) / n, more = z * z / n;
  const double middle = (share + more / 2) / (1 + more);
  const double half = z * std::sqrt(share * (1 - share) / n + more / (4 * n)) / (1 + more);
  return {middle - half, middle + half};
}

}  // namespace tutti
