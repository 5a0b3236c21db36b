// How sure a share is.
#pragma once

namespace tutti {

struct Interval {
  double low = 0, high = 1;
};

// The 95 % interval of a share of `right` among n (Wilson 1927), which holds at 0 and 1 too; n = 0:
// from 0 to 1.
Interval wilson_interval(int right, int n);

}  // namespace tutti
