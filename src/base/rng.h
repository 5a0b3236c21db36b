// Random numbers that are the same on every machine: a seed is enough to write down a sample.
//
//   Rng rng(42);
//   double x = rng.uniform();   // [0, 1)
//   int die = 1 + rng.below(6);
//
// xoshiro256** (Blackman and Vigna, 2018) seeded by splitmix64. Not for secrets. One generator
// belongs to one thread. Never call it twice within one argument list: C++ leaves that order open.
#pragma once

#include <cstdint>

namespace tutti {

class Rng {
 public:
  explicit Rng(uint64_t seed) {
    for (uint64_t& word : state_) word = splitmix(seed);
  }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // [0, 1) in steps of 2^-53, so that the value is exact in a double.
  double uniform() { return double(next() >> 11) * 0x1p-53; }

  // 0 ... n - 1; n below 1 gives 0. Off from uniform by less than n / 2^32.
  int below(int n) { return n < 1 ? 0 : int(((next() >> 32) * uint64_t(n)) >> 32); }

  // Mean 0, variance 1: the sum of twelve 16-bit uniforms (Irwin-Hall), never beyond 6. Integers
  // until the last step, where Box-Muller would depend on the machine's log and cos.
  double normal() {
    int64_t sum = 0;
    for (int word = 0; word < 3; ++word) {
      const uint64_t bits = next();
      for (int part = 0; part < 4; ++part) sum += int64_t((bits >> (16 * part)) & 0xffff);
    }
    return double(sum * 2 - 12 * 65535) * (0.5 / 65536);
  }

 private:
  static uint64_t splitmix(uint64_t& seed) {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

  uint64_t state_[4];
};

}  // namespace tutti
