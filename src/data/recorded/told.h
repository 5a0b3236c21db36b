// What the makers of recorded clips give, and what they share.
#pragma once

#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/rng.h"
#include "data/records.h"
#include "data/scene/words/phrases.h"

namespace tutti {

struct ToldClip {
  Clip clip;  // 16 frames of 128x128 RGB
  std::string caption;
  std::vector<QuestionAnswer> questions;
};

struct ToldPicture {
  Picture picture;  // 128x128 RGB
  std::string caption;
  std::vector<QuestionAnswer> questions;
};

inline std::string with_article(const std::string& name) {
  const bool vowel = !name.empty() && std::string("aeiou").find(name[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + name;
}

inline QuestionAnswer english(const char* kind, std::string question, std::string answer) {
  return {std::move(question), std::move(answer), kind, "en"};
}

}  // namespace tutti
