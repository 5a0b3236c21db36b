// What of a conversation is handed to the model. Collected from its last message backwards, so that
// nothing is decoded that could not be read anyway: the model keeps the newest turns that fit its
// context (runtime/text_prompt.h).
//
//   History history(api);
//   for (message : messages from the last user's backwards)
//     if (!history.wants(count(message))) break; else history.add(draft_of(message));
//   ask(history.take());
#pragma once

#include "serve/api/api.h"

namespace tutti {

class History {
 public:
  explicit History(const Api& api) : api_(api) {}

  // Whether an earlier message with so many pictures, sounds and videos, and so many bytes of text,
  // may still be read.
  bool wants(int media, size_t bytes) const;
  // A message in front of those added so far; an assistant's is one answer.
  void add(Draft message);
  // Everything, in the order in which it was said.
  Draft take();

 private:
  const Api& api_;
  std::vector<Draft> newest_first_;
  int media_ = 0;
  int64_t rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tutti
