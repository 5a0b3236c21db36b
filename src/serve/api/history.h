// What of a conversation is handed to the model. Collected from its last message backwards, so that
// nothing is decoded that could not be read anyway: the model keeps the newest turns that fit its
// context (runtime/text_prompt.h).
//
//   History history(api);
//   for (message : messages from the last user's backwards)
//     if (!history.wants(count_media(message))) break; else history.add(parts_of(message));
//   ask(history.take());
#pragma once

#include "serve/api/api.h"

namespace tutti {

class History {
 public:
  explicit History(const Api& api) : api_(api) {}

  // Whether an earlier message with so many pictures, sounds and videos may still count.
  bool wants(int media) const;
  // A message in front of those added so far; an assistant's is one answer.
  void add(Prompt message);
  // Everything, in the order in which it was said.
  Prompt take();

 private:
  const Api& api_;
  std::vector<Prompt> newest_first_;
  int media_ = 0, rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tutti
