#include "memory.h"

#include <cstddef>

// Read by jemalloc, which this program links: freed tensors stay with the process. Handing their
// pages back to the kernel at once and zeroing them again took a sixth of every step; never handing
// them back let runs whose batches differ much in size (few-step training, the judge's utterances)
// grow by tens of MB a step.
extern "C" const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,thp:always";
extern "C" int mallctl(const char* name, void* old, size_t* old_size, void* value, size_t size)
    __attribute__((weak));  // null without jemalloc

namespace tutti {

void return_unused_memory(int step) {
  constexpr int kEvery = 25;
  static int last = step;
  if (step - last < kEvery || !mallctl) return;
  last = step;
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // of all arenas: MALLCTL_ARENAS_ALL
}

}  // namespace tutti
