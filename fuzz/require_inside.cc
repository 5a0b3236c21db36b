#include <cstdlib>
#include <functional>

#include "fuzz_target.h"

void require_inside(std::span<const std::byte> bytes, const uint8_t* data, size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  const std::less_equal<> not_after;
  if (!not_after(begin, bytes.data()) || !not_after(bytes.data() + bytes.size(), begin + size)) {
    std::abort();
  }
  unsigned sum = 0;
  for (std::byte byte : bytes) sum += unsigned(byte);
  volatile unsigned sink = sum;  // keeps the reads
  (void)sink;
}
