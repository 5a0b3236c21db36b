// Lists in messages.
#pragma once

#include <functional>
#include <string>

namespace tutti {

// "a, b, c": what `text` gives of each, which may be a member.
template <class Words, class Text = std::identity>
std::string joined(const Words& words, Text text = {}) {
  std::string list;
  for (const auto& word : words) {
    if (!list.empty()) list += ", ";
    list += std::invoke(text, word);
  }
  return list;
}

}  // namespace tutti
