// How many threads a computation in equal shares should have on this machine, by default: a share
// on a core that is slow or shared holds all others up.
//
// Counted are the cores that the process may run on (its affinity), once each although two hardware
// threads share them, without those that the system says are slower than the fastest by more than a
// fifth (big.LITTLE, hybrid x86), and at most the processor time that the process's control group
// is given.
#pragma once

#include <string>
#include <vector>

namespace tutti {

// At least 1. `root` is where /sys is looked for: "" but in tests.
int default_threads(const std::vector<int>& cpus, const std::string& root);
int default_threads();

}  // namespace tutti
