// When what was heard was said: words gathered into captions, and those as SubRip and WebVTT.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/speech/ctc_text.h"

namespace tutti {

struct Caption {
  std::string text;
  double begin = 0, end = 0;   // seconds
  double log_probability = 0;  // mean of its words'
};

// A caption ends behind a sentence, before a pause of half a second, and where it would be longer
// than two lines of 42 characters or 7 seconds (what subtitlers allow).
std::vector<Caption> captions_of(std::span<const HeardWord> words);

std::string srt(std::span<const Caption> captions);
std::string vtt(std::span<const Caption> captions);

}  // namespace tutti
