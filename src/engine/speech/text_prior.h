// How likely a text is before anything was heard: a mixture of n-grams, one per family of
// languages. A text's probability is the weighted mean of what each of them finds, as a whole:
// after a few letters the one that knows the language has all the weight.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "format/text/ngram.h"

namespace tutti {

// Immutable, so safe to use from many threads.
class TextPrior {
 public:
  static constexpr size_t kMostTables = 4;

  // Of a text's beginning: what each table makes of it. A value.
  struct State {
    std::array<NgramTable::State, kMostTables> tables;
    std::array<float, kMostTables> log_p = {};
    double log_probability = 0;  // ln, of the whole beginning
  };

  struct Part {
    std::string name;
    std::shared_ptr<const NgramTable> table;
  };
  // `weight` and `bonus` as in prefix_beam.h; at least one part, at most kMostTables.
  TextPrior(std::vector<Part> parts, float weight, float bonus);

  State start() const;
  // ln of the probability of the beginning with one more byte.
  double log_probability(const State& state, uint8_t byte) const;
  State next(const State& state, uint8_t byte) const;
  // What the search adds to the logarithm of the alignments' probability, for a text of that many
  // bytes.
  double rank(double log_probability, size_t bytes) const {
    return weight_ * log_probability + bonus_ * double(bytes);
  }

  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
  double weight_, bonus_;
};

}  // namespace tutti
