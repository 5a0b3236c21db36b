// What of a conversation is handed to the model. Collected from its last message backwards, so that
// nothing is decoded that could not be read anyway: the model keeps the newest turns that fit its
// context (engine/text_prompt.h).
//
//   History history(model, limits);
//   for (message : messages from the last user's backwards)
//     if (!history.wants(count(message))) break; else history.add(draft_of(message));
//   ask(history.take());
#pragma once

#include "serve/api/api.h"

namespace tutti {

class History {
 public:
  // Both must outlive it.
  History(const LoadedModel& model, const ApiLimits& limits) : model_(model), limits_(limits) {}

  // Whether an earlier message with this many pictures, sounds, videos and clouds, and this many
  // bytes of text, may still be read.
  bool wants(int media, size_t bytes) const;
  // A message in front of those added so far; an assistant's is one answer. What changes nothing of
  // what is read is left out.
  void add(Draft message);
  // Everything, in the order in which it was said.
  Draft take();

 private:
  bool says_nothing(const Draft& message) const;

  const LoadedModel& model_;
  const ApiLimits& limits_;
  std::vector<Draft> newest_first_;
  int media_ = 0;
  int64_t rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tutti
