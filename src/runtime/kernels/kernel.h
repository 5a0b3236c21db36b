// Functions compiled for three widths of x86-64's vectors. The instruction set in use (isa.h)
// decides which of the three runs, so TUTTI_ISA does too.
//
//   TUTTI_KERNEL(void, add, (ConstMatrix x, Matrix y, int begin, int end), (x, y, begin, end)) {
//     ... load<V>(x.row(r) + c) ...     // V: simd.h's vector of as many lanes
//   }
//
// Rejected: GCC's target_clones, which choose when the program is loaded, whatever TUTTI_ISA says,
// and before a sanitizer is ready; and vectors of 16 lanes everywhere (simd.h).
#pragma once

#include "runtime/kernels/simd.h"

namespace tutti {
int vector_lanes();  // of the instruction set in use: 4, 8 or 16
}

// Not with clang, which will not inline functions of 64-byte vectors here, and only fuzzes.
#if defined(__x86_64__) && !defined(__clang__)
// What has_avx2() and has_avx512vnni() look for (x86.h), and no more: x86-64-v3 also has BMI, MOVBE
// and F16C, which a virtual machine may hide.
#define TUTTI_TARGET_16 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#define TUTTI_KERNEL(result, name, parameters, arguments)                          \
  template <class V>                                                               \
  TUTTI_INLINE result name##_of parameters;                                        \
  __attribute__((target(TUTTI_TARGET_16))) static result name##_16 parameters {    \
    return name##_of<::tutti::simd::v16> arguments;                                \
  }                                                                                \
  __attribute__((target("avx2,fma"))) static result name##_8 parameters {          \
    return name##_of<::tutti::simd::v8> arguments;                                 \
  }                                                                                \
  static result name##_4 parameters {                                              \
    return name##_of<::tutti::simd::v4> arguments;                                 \
  }                                                                                \
  result name parameters {                                                         \
    const int lanes = ::tutti::vector_lanes();                                     \
    return (lanes == 16 ? name##_16 : lanes == 8 ? name##_8 : name##_4) arguments; \
  }                                                                                \
  template <class V>                                                               \
  TUTTI_INLINE result name##_of parameters
#else
#define TUTTI_KERNEL(result, name, parameters, arguments) \
  template <class V>                                      \
  TUTTI_INLINE result name##_of parameters;               \
  result name parameters {                                \
    return name##_of<::tutti::simd::v4> arguments;        \
  }                                                       \
  template <class V>                                      \
  TUTTI_INLINE result name##_of parameters
#endif
