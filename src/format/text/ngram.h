// A table of byte n-grams: how likely each byte is after the few before it. Small and exact: an
// 8-bit logarithm for each n-gram, in a trie whose nodes are stored level by level.
//
//   TUTTI_ASSIGN(const NgramTable table, NgramTable::open(bytes));
//   NgramTable::State state = table.start();
//   for (const uint8_t byte : text) {
//     sum += table.log_probability(state, byte);
//     state = table.next(state, byte);
//   }
//
// A text begins behind a line feed and ends with one. What was not counted often enough to be kept
// backs off (Katz 1987): its probability is that after one byte less, times the context's weight.
//
// The file, little-endian:
//   "tutti-ngram 1\n"                        14 bytes
//   order u8, 0
//   n_1 .. n_order u32                       n-grams of each length; n_1 = 256
//   for each length k: last byte u8[n_k], cost u8[n_k], and, but for the longest,
//                      weight u8[n_k], children u8[n_k]
// N-grams of a length are sorted by their bytes, so children of one node lie side by side. A cost
// or weight c is the probability e^(-c / 16).
//
// Rejected: hashes of n-grams instead of a trie (KenLM's probing table, bloom filters). They take
// as much room once a fingerprint keeps errors rare, and a trie can be checked as a whole when it
// is opened: then no walk through it leaves it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

inline constexpr std::string_view kNgramMagic = "tutti-ngram 1\n";
inline constexpr int kMostNgramOrder = 8;
inline constexpr uint8_t kTextBorder = '\n';
inline constexpr float kNgramStep = 1.0f / 16;  // nats

// Immutable, so safe to read from many threads.
class NgramTable {
 public:
  // Where a text stands: the nodes of its last byte, its last two bytes, and so on, as far as they
  // are in the table.
  struct State {
    std::array<uint32_t, kMostNgramOrder - 1> nodes;
    int length = 0;
  };

  // Keeps a copy. bad_input says what is wrong with the bytes.
  static Result<NgramTable> open(std::span<const std::byte> bytes);

  State start() const { return next({}, kTextBorder); }
  // ln of the probability that the byte comes next.
  float log_probability(const State& state, uint8_t byte) const;
  State next(const State& state, uint8_t byte) const;

  int order() const { return int(levels_.size()); }
  size_t size() const;  // n-grams

 private:
  // N-grams of one length. The children of node i are [first_child[i], first_child[i + 1]) of the
  // next level; the longest n-grams have neither weights nor children.
  struct Level {
    std::vector<uint8_t> last, cost, weight;
    std::vector<uint32_t> first_child;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  Status check() const;
  uint32_t child(size_t level, uint32_t node, uint8_t byte) const;

  std::vector<Level> levels_;
};

}  // namespace tutti
