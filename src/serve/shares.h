// How much of something that is bounded one owner may have.
#pragma once

#include <cstddef>

namespace tutti {

// Whether an owner of `own` things may have another one, of which there are `all` with those of
// others. Whoever has fewer than are left gets it: an owner alone has half of `most`, two have a
// third each, and one more always finds room. Where many have come one after another and nothing
// is left, an owner without any still gets one, up to twice `most` in all.
inline bool fits_share(size_t own, size_t all, size_t most) {
  return all < most ? own < most - all : own == 0 && all < 2 * most;
}

}  // namespace tutti
