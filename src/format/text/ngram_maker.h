// Counts texts into a table of n-grams (ngram.h).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace tutti {

struct NgramOptions {
  int order = 6;
  // No larger: n-grams that occur most rarely are left out, as many as need be.
  size_t most_bytes = 3'600'000;
};

// The bytes of the table. Probabilities are those of Witten and Bell (1991), interpolated:
//   p(b | h) = (n(hb) + t(h) p(b | h')) / (n(h) + t(h))
// where n counts, t(h) counts the different bytes behind h, and h' is h without its first byte.
// Below them lies a uniform distribution, so every byte is possible. Equal texts give equal bytes.
// A text is one line; zero bytes and what lies behind a line feed are not counted. usage_error
// where nothing is left to count or the table cannot be that small. Memory: 8 bytes for each byte
// of text and 40 for each different n-gram.
Result<std::string> make_ngram_table(std::span<const std::string> texts,
                                     const NgramOptions& options);

}  // namespace tutti
