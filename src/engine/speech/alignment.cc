#include "engine/speech/alignment.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"

namespace tutti {
namespace {

constexpr double kLongestByte = 50;  // tokens: 2 s, longer than any pause in the training data

double tokens_of(float log_duration) {
  const double tokens = std::expm1(double(log_duration));
  return tokens > 0 ? std::min(tokens, kLongestByte) : 0;  // NaN counts as 0
}

bool ends_sentence(std::string_view text, size_t end) {
  for (std::string_view mark : {".", "!", "?", "\n", "\u3002", "\uff01", "\uff1f", "\u0964"})
    if (text.substr(0, end).ends_with(mark))
      return end == text.size() || mark.size() > 1 || mark == "\n" || text[end] == ' ' ||
             text[end] == '\n';
  return false;
}

// Where to end a first piece of at most `longest` bytes.
size_t cut_place(std::string_view text, size_t longest) {
  for (size_t end = longest; end > longest / 4; --end)
    if (!inside_character(text[end]) && ends_sentence(text, end)) return end;
  for (size_t end = longest; end > longest / 4; --end)
    if (text[end - 1] == ' ') return end;
  size_t end = longest;
  while (end > 1 && inside_character(text[end])) --end;
  return end;
}

}  // namespace

std::vector<int32_t> align_speech(std::span<const float> log_durations, float speed) {
  double total = 0;
  for (float value : log_durations) total += tokens_of(value) / speed;
  std::vector<int32_t> alignment(log_durations.empty() ? 0 : std::max(1.0, std::round(total)));
  double end = 0;
  size_t token = 0;
  for (size_t byte = 0; byte < log_durations.size(); ++byte) {
    end += tokens_of(log_durations[byte]) / speed;
    for (; token < alignment.size() && double(token) + 0.5 < end; ++token)
      alignment[token] = int32_t(byte);
  }
  for (; token < alignment.size(); ++token) alignment[token] = int32_t(log_durations.size() - 1);
  return alignment;
}

std::vector<std::string> split_speech(std::string_view text, size_t longest) {
  std::vector<std::string> pieces;
  while (text.size() > longest) {
    const size_t end = cut_place(text, longest);
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (!text.empty()) pieces.emplace_back(text);
  return pieces;
}

}  // namespace tutti
