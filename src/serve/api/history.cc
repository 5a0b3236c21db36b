#include "serve/api/history.h"

#include <iterator>

#include "runtime/prompt.h"

namespace tutti {
namespace {

constexpr size_t kLongestPiece = 64;  // bytes; no token of a tokenizer is longer

}  // namespace

bool History::wants(int media) const {
  const int context = api_.engine().config().context;
  return media_ + media <= api_.limits().most_parts && rows_ < context &&
         bytes_ < size_t(context) * kLongestPiece;
}

void History::add(Prompt message) {
  for (const Part& part : message) {
    const bool words = part.kind == Part::Kind::text || part.kind == Part::Kind::answer;
    media_ += !words;
    rows_ += media_rows(api_.engine().config(), part);
    bytes_ += part.text.size();
  }
  newest_first_.push_back(std::move(message));
}

Prompt History::take() {
  Prompt all;
  for (auto message = newest_first_.rbegin(); message != newest_first_.rend(); ++message)
    std::move(message->begin(), message->end(), std::back_inserter(all));
  return all;
}

}  // namespace tutti
