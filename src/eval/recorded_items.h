// Clips and pictures of recorded series and of voxels for evaluation, from fixed seeds.
#pragma once

#include <string>
#include <vector>

#include "data/scene/words/phrases.h"
#include "eval/eval_data.h"

namespace tutti {

struct AskedClip {
  std::vector<Picture> frames;            // 16 of 128x128 RGB
  std::vector<QuestionAnswer> questions;  // one or more, of different kinds
};

// Of every question, no answer occurs more than once more often than any other that the question
// has had, so that who knows the question alone gets no further than chance. "What takes up most
// of the picture?" and what comes and goes are open: one answer has at most an eighth of `count`.
class AnswerBalance {
 public:
  explicit AnswerBalance(int count) : count_(count) {}
  // Whether to ask it; if so, it is counted.
  bool take(const QuestionAnswer& asked);

 private:
  int count_;
  std::map<std::string, std::map<std::string, int>> used_;  // question -> answer
};

// At least `count` questions about clips of the set's records, or as many as its clips give; none
// if the data have no such set.
std::vector<AskedClip> recorded_clips(const EvalData& data, const std::string& set, int count,
                                      uint64_t seed);

// Sets that recorded_clips() knows: series and voxels.
std::vector<std::string> recorded_sets(const EvalData& data);

// Adds to data.pictures what single pictures of them give: street frames with questions, and a
// view of each thing with its label. `limit` pictures a set; 0: 300 frames, all things.
void add_recorded_pictures(EvalData& data, int limit);

}  // namespace tutti
