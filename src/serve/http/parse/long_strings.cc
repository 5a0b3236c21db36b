#include "serve/http/parse/long_strings.h"

#include <algorithm>

namespace tutti {
namespace {

bool is_plain(std::string_view content) {
  const auto plain = [](char c) { return c >= 0x20 && c != '\\'; };  // above 0x7f is below 0
  return std::all_of(content.begin(), content.end(), plain);
}

// The quote that ends the string which begins at `begin`; npos where it has no end.
size_t end_of_string(std::string_view text, size_t begin) {
  for (size_t quote = begin;; ++quote) {
    quote = text.find('"', quote);
    if (quote == text.npos) return quote;
    size_t escapes = 0;
    while (quote - escapes > begin && text[quote - escapes - 1] == '\\') ++escapes;
    if (escapes % 2 == 0) return quote;
  }
}

}  // namespace

// Outside of strings a quote begins one, in what is JSON and as far as the lexer gets in what is
// not.
LongStrings::LongStrings(std::string_view text) : text_(text) {
  size_t number = 0, kept = 0;
  for (size_t at = 0; (at = text.find('"', at)) != text.npos; ++number) {
    const size_t begin = at + 1, end = end_of_string(text, begin);
    if (end == text.npos) break;
    const std::string_view content = text.substr(begin, end - begin);
    if (content.size() >= kLeast && is_plain(content)) {
      rest_.append(text, kept, begin - kept);
      kept = end;
      all_.push_back({number, rest_.size(), content});
    }
    at = end + 1;
  }
  if (!all_.empty()) rest_.append(text, kept);
}

size_t LongStrings::place_in_text(size_t at) const {
  size_t place = at;
  for (const One& one : all_)
    if (one.at < at) place += one.content.size();
  return place;
}

}  // namespace tutti
