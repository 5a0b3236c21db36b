// What this processor multiplies natively.
#pragma once

#include <fstream>
#include <string>

namespace tutti {

// bf16 products: AVX-512 BF16 or AMX on x86, BF16 on Arm. Read from /proc/cpuinfo, because GCC 12's
// __builtin_cpu_supports does not know them all.
inline bool cpu_multiplies_bf16() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if ((line.rfind("flags", 0) == 0 || line.rfind("Features", 0) == 0) &&
        (line.find("avx512_bf16") != std::string::npos ||
         line.find("amx_bf16") != std::string::npos || line.find(" bf16") != std::string::npos))
      return true;
  return false;
}

}  // namespace tutti
