// What the x86-64 kernel files share. The CPUID bits are read here and not by the compiler's
// built-in, which in clang 14 does not know all of them.
#pragma once

#include <cpuid.h>

#include "runtime/kernels/product.h"

namespace tutti {

void multiply_avx512bf16(const Product& p);
int64_t ceiling_avx512bf16(int64_t rounds);

// Whether the system saves the wide registers is part of the compiler's answer for AVX2 and
// AVX-512F.
static inline bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline unsigned leaf7_eax1() {
  unsigned eax = 0, ebx, ecx, edx;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) ? eax : 0;
}
static inline bool has_avxvnni() {
  return has_avx2() && (leaf7_eax1() >> 4 & 1);
}

static inline bool has_avx512vnni() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}
static inline bool has_avx512bf16() {
  return has_avx512vnni() && (leaf7_eax1() >> 5 & 1);
}

}  // namespace tutti
