#include "serve/api/endpoints/subtitles.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tutti {
namespace {

constexpr double kPause = 0.5, kLongest = 7;
constexpr size_t kMostBytes = 2 * 42;

bool ends_sentence(const std::string& word) {
  return word.find_last_of(".!?") == word.size() - 1;
}

// 01:02:03,456 with the mark between seconds and their thousandths.
std::string clock(double seconds, char mark) {
  const auto ms = int64_t(std::llround(std::max(seconds, 0.0) * 1000));
  char text[40];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d%c%03d", int(ms / 3600000), int(ms / 60000 % 60),
                int(ms / 1000 % 60), mark, int(ms % 1000));
  return text;
}

std::string times(const Caption& caption, char mark) {
  return clock(caption.begin, mark) + " --> " + clock(caption.end, mark);
}

// "-->" and markup would be read as WebVTT's own.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text)
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += c;
  return safe;
}

}  // namespace

std::vector<Caption> captions_of(std::span<const HeardWord> words) {
  std::vector<Caption> captions;
  int count = 0;  // words of the last one
  for (size_t i = 0; i < words.size(); ++i) {
    const HeardWord& word = words[i];
    const bool goes_on = i > 0 && !ends_sentence(words[i - 1].text) &&
                         word.begin - words[i - 1].end < kPause &&
                         word.end - captions.back().begin <= kLongest &&
                         captions.back().text.size() + 1 + word.text.size() <= kMostBytes;
    if (!goes_on) {
      captions.push_back({word.text, word.begin, word.end, word.log_probability});
      count = 1;
      continue;
    }
    Caption& caption = captions.back();
    caption.text += ' ' + word.text;
    caption.end = word.end;
    ++count;
    caption.log_probability += (word.log_probability - caption.log_probability) / count;
  }
  return captions;
}

std::string srt(std::span<const Caption> captions) {
  std::string all;
  for (size_t i = 0; i < captions.size(); ++i)
    all +=
        std::to_string(i + 1) + "\n" + times(captions[i], ',') + "\n" + captions[i].text + "\n\n";
  return all;
}

std::string vtt(std::span<const Caption> captions) {
  std::string all = "WEBVTT\n\n";
  for (const Caption& caption : captions)
    all += times(caption, '.') + "\n" + escaped(caption.text) + "\n\n";
  return all;
}

}  // namespace tutti
