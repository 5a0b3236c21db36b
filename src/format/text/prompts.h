// How each task is written as tokens, the same for training and for serving.
//
//   name, caption   IMAGE|CLIP  <name>|<caption> LANG <text>  answer </s>
//   question        IMAGE|CLIP  <user> question <assistant>  answer </s>
//   transcribe      AUDIO       <transcribe> <text>  answer </s>
//   paint           <s> text <paint>  PAINT          (or AUDIO <paint> PAINT)
//   speak           <s> text <speak>  SPEAK
//   text            <s> text </s>
//   chat            <s> <user> text <assistant>  answer </s>
// Upper-case words are segments of other kinds. LANG is the language code as ordinary text ("de").
// A text's embedding pools the rows of "<s> text", so it is the same in front of any other marker.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "format/text/special_tokens.h"

namespace tutti {

using Tokens = std::vector<int32_t>;

inline Tokens joined(std::initializer_list<std::span<const int32_t>> parts) {
  Tokens all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Tokens mark(SpecialToken token) {
  return {int32_t(token)};
}

inline Tokens describe_prompt(SpecialToken name_or_caption, std::span<const int32_t> language) {
  return joined({mark(name_or_caption), language, mark(token_text)});
}

inline Tokens question_prompt(std::span<const int32_t> question) {
  return joined({mark(token_user), question, mark(token_assistant)});
}

inline Tokens transcribe_prompt() {
  return {int32_t(token_transcribe), int32_t(token_text)};
}

inline Tokens chat_prompt(std::span<const int32_t> text) {
  return joined({mark(token_begin), question_prompt(text)});
}

// Text that another kind of segment follows: paint or speak.
inline Tokens generation_prompt(std::span<const int32_t> text, SpecialToken paint_or_speak) {
  return joined({mark(token_begin), text, mark(paint_or_speak)});
}

}  // namespace tutti
