// The likeliest texts of a CTC head's labels: a search that keeps the best few beginnings of the
// text, each with the probability of all alignments that read as it (prefix beam search, Graves
// 2012, section 3.3; Hannun et al. 2014, arXiv 1408.2873).
//
//   PrefixBeam beam({.width = 16}, &prior);
//   beam.push(logits);                 // labels x 257, as they come
//   show(beam.take_certain(), beam.rest());
//   std::vector<Hypothesis> texts = beam.end();
//
// The best path (ctc_text.h) is one alignment; a text that is spelt in many ways may be likelier
// than the one it spells. What a text is like in its language counts too where there is a prior:
//
//   score = ln P(labels | text) + weight * ln P(text) + bonus * bytes
//
// Labels may come in pieces of any size: the state after them is the same. A text that all kept
// beginnings share is certain, for every later one begins with one of them; it leaves the search,
// so a stream's memory does not grow with it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/speech/log_sum.h"
#include "engine/speech/text_prior.h"
#include "runtime/memory/tensor.h"

namespace tutti {

struct BeamOptions {
  int width = 16;  // beginnings kept
  // A symbol whose probability in a label is below this begins nothing there.
  double least_probability = 1e-5;
  // Bytes that may be uncertain, about 4 s of speech: what lies further back is settled as the best
  // text has it. Two beginnings that are alike else might stay side by side for ever.
  size_t open = 64;
};

// A text, as it is spelt: its bytes need not be UTF-8.
struct Hypothesis {
  std::string bytes;
  std::vector<int> marks;  // the label that each byte began at, counted from the first push
  double score = 0;
};

// A value. Not thread-safe.
class PrefixBeam {
 public:
  // `prior` may be null, and else must outlive this.
  explicit PrefixBeam(const BeamOptions& options = {}, const TextPrior* prior = nullptr);

  // Further labels x symbols, of which the last one is the blank.
  void push(ConstMatrix logits);
  // What is new and certain.
  std::string take_certain() {
    certain_.marks.clear();
    return std::exchange(certain_.bytes, {});
  }
  // What the likeliest text goes on with behind that: the next labels may change it.
  const std::string& rest() const { return beam_.front().rest; }
  // No label follows: what the kept texts are, but for what was taken, the best first. Starts anew.
  std::vector<Hypothesis> end();

 private:
  // A beginning of the text, without what is certain.
  struct Prefix {
    std::string rest;
    std::vector<int> marks;
    int last = -1;           // symbol; -1: none
    double blank = 0, byte;  // ln of the probability of its alignments that end so
    TextPrior::State prior;
    double rank = 0;  // what is weighed beside the alignments
    double total() const { return log_sum(blank, byte); }
    double score() const { return total() + rank; }
  };
  // A prefix and the byte that goes on from it (-1: none): how likely that is.
  struct Candidate {
    size_t from;
    int symbol;
    double blank, byte, rank, score;
  };

  void start();
  void push_label(const float* row, int symbols);
  void list_symbols(const float* row, int symbols);
  void find_parents();
  void stay(double blank);
  void extend(size_t from);
  void keep_best();
  Prefix grown(const Candidate& candidate) const;
  void settle();

  BeamOptions options_;
  const TextPrior* prior_;
  Hypothesis certain_;  // not taken
  int label_ = 0;
  size_t bytes_ = 0;          // that were certain, since the start
  std::vector<Prefix> beam_;  // the best first
  // Scratch of a label.
  std::vector<std::pair<int, double>> symbols_;  // bytes that may follow, ln of their probability
  std::vector<double> log_p_;                    // of all
  std::vector<std::vector<size_t>> children_;    // of each prefix, those that have one byte more
  std::vector<Candidate> candidates_;
};

}  // namespace tutti
