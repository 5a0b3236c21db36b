#include "serve/api/history.h"

#include "engine/prompt.h"
#include "format/text/tokenizer.h"

namespace tutti {

bool History::wants(int media, size_t bytes) const {
  const size_t context = size_t(model_.config.context);
  return media_ + media <= limits_.most_parts && rows_ < int64_t(context) &&
         model_.tokenizer.fewest_tokens(bytes_ + bytes) <= context;
}

// An answer without text says that a turn ended, which the answer next to it says as well
// (engine/text_prompt.h).
bool History::says_nothing(const Draft& message) const {
  const auto is_answer = [](const Draft& one) { return one.prompt.front().answers(); };
  return message.empty() || (is_answer(message) && message.prompt.front().text.empty() &&
                             !newest_first_.empty() && is_answer(newest_first_.back()));
}

void History::add(Draft message) {
  if (says_nothing(message)) return;
  for (const Part& part : message.prompt) {
    const bool words = part.says() || part.answers();
    media_ += !words;
    rows_ += media_rows(model_.config, part);
    bytes_ += part.text.size();
  }
  newest_first_.push_back(std::move(message));
}

Draft History::take() {
  Draft all;
  for (auto message = newest_first_.rbegin(); message != newest_first_.rend(); ++message)
    all.append(std::move(*message));
  return all;
}

}  // namespace tutti
