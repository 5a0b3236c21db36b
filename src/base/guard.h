// Where nothing may be thrown any further: on the thread that moves bytes, on workers, in
// destructors.
#pragma once

namespace tutti {

// Runs `work`; false where it threw, for want of memory most likely.
template <class Work>
bool survives(Work&& work) noexcept {
  try {
    work();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace tutti
