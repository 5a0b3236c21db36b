#include "eval/metrics/text_metrics.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace tutti {
namespace {

template <class Sequence>
int levenshtein(const Sequence& a, const Sequence& b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    int diagonal = row[0];
    row[0] = int(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const int substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

uint32_t lower(uint32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) return c + 32;
  if (c >= 0x100 && c <= 0x17f && c != 0x130 && c != 0x131) {
    // Pairs of capital and small, even first but for two stretches.
    const bool odd_first = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    if (c == 0x178) return 0xff;
    return (c % 2 == 1) == odd_first ? c + 1 : c;
  }
  if (c >= 0x391 && c <= 0x3a9) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  return c;
}

bool is_apostrophe(uint32_t c) {
  return c == '\'' || c == 0x2019 || c == 0x2018;
}

bool is_separator(uint32_t c) {
  if (c < 0x80) return !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z');
  return c == 0xa0 || c == 0xa1 || c == 0xab || c == 0xb7 || c == 0xbb || c == 0xbf ||
         (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x303f) ||
         (c >= 0xff00 && c <= 0xff0f) || c == 0xff1a || c == 0xff1b || c == 0xff1f || c == 0x60c ||
         c == 0x61b || c == 0x61f || c == 0x964 || c == 0xfffd;
}

// The code point at `i`, which moves behind it; a malformed byte is U+FFFD.
uint32_t next_code_point(std::string_view text, size_t& i) {
  const auto lead = uint8_t(text[i++]);
  const int more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
  if (more < 0 || i + size_t(more) > text.size()) return 0xfffd;
  uint32_t c = more == 0 ? lead : lead & (0x3f >> more);
  for (int k = 0; k < more; ++k) c = c << 6 | (uint8_t(text[i + k]) & 0x3f);
  i += size_t(more);
  return c;
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += char(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += char(kLead[more] | c >> (6 * more));
  for (int k = more - 1; k >= 0; --k) out += char(0x80 | (c >> (6 * k) & 0x3f));
}

}  // namespace

std::string normalise_text(std::string_view utf8) {
  std::string out;
  bool space = false;
  for (size_t i = 0; i < utf8.size();) {
    const uint32_t c = next_code_point(utf8, i);
    if (is_apostrophe(c)) continue;
    if (is_separator(c)) {
      space = true;
      continue;
    }
    if (space && !out.empty()) out += ' ';
    space = false;
    append_utf8(out, lower(c));
  }
  return out;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

int edit_distance(const std::vector<std::string>& said, const std::vector<std::string>& meant) {
  return levenshtein(said, meant);
}

int edit_distance(std::string_view said, std::string_view meant) {
  return levenshtein(said, meant);
}

void WordErrors::add(std::string_view said, std::string_view meant) {
  const auto wanted = split_words(normalise_text(meant));
  errors += edit_distance(split_words(normalise_text(said)), wanted);
  words += long(wanted.size());
  ++texts;
}

size_t nearest_label(std::string_view heard, const std::vector<std::string>& labels) {
  const std::string text = normalise_text(heard);
  size_t best = 0;
  double smallest = 2;
  for (size_t i = 0; i < labels.size(); ++i) {
    const std::string label = normalise_text(labels[i]);
    const double distance = double(edit_distance(text, label)) /
                            double(std::max({text.size(), label.size(), size_t(1)}));
    if (distance < smallest) {
      smallest = distance;
      best = i;
    }
  }
  return best;
}

}  // namespace tutti
