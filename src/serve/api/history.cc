#include "serve/api/history.h"

#include "format/text/tokenizer.h"
#include "engine/prompt.h"

namespace tutti {

bool History::wants(int media, size_t bytes) const {
  const size_t context = size_t(api_.engine().config().context);
  return media_ + media <= api_.limits().most_parts && rows_ < int64_t(context) &&
         api_.engine().tokenizer().fewest_tokens(bytes_ + bytes) <= context;
}

void History::add(Draft message) {
  for (const Part& part : message.prompt) {
    const bool words = part.kind == Part::Kind::text || part.kind == Part::Kind::answer;
    media_ += !words;
    rows_ += media_rows(api_.engine().config(), part);
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
