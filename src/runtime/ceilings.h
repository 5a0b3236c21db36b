// What this machine could do at most, measured now on the threads of a pool: the figures that a
// benchmark divides by.
//
//   const Ceilings c = *measure_ceilings(threads);
//   printf("%.0f %% of the INT8 ceiling", 100 * ops / seconds /
//   c.operations[int(Precision::int8)]);
#pragma once

#include <array>

#include "runtime/linear/packed_weights.h"
#include "runtime/threads.h"

namespace tutti {

struct Ceilings {
  // Multiplies and adds a second, by Precision, of the instruction set in use: the products' inner
  // loop on values that stay in registers and the first-level cache.
  std::array<double, 3> operations;
  // Bytes a second, from more memory than any cache holds.
  double read;
};

// Bytes a second now: the median of a few passes over 256 MiB. Virtual machines share their memory
// with others, so it is to be measured beside what is compared with it.
Result<double> measure_read(ThreadPool& threads);

// Takes about half a second and 256 MiB; an error where there is not that much memory.
Result<Ceilings> measure_ceilings(ThreadPool& threads);

}  // namespace tutti
