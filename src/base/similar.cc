#include "base/similar.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tutti {
namespace {

constexpr size_t kLongest = 48;  // letters; what is longer is no misspelt name

bool counts(char c) {
  return c != '_' && c != '-';
}

std::string plain(std::string_view word) {
  std::string letters;
  for (const char c : word)
    if (counts(c)) letters += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  return letters;
}

// Damerau's: letters that are put in, left out, replaced, or exchanged with their neighbour.
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before, last, row(b.size() + 1);  // of a's letters so far
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

size_t letters_apart(std::string_view one, std::string_view other, size_t most) {
  const auto length = [](std::string_view word) {
    return size_t(std::count_if(word.begin(), word.end(), counts));
  };
  const auto [less, more] = std::minmax({length(one), length(other)});
  if (more - less > most) return more - less;
  return distance(plain(one), plain(other));
}

std::string most_similar(std::string_view word, const std::vector<std::string>& names) {
  if (word.size() > kLongest) return {};
  const std::string wanted = plain(word);
  std::string best;
  size_t least = SIZE_MAX;
  for (const std::string& name : names) {
    const std::string letters = plain(name);
    const size_t differ = distance(wanted, letters);
    if (differ >= least || differ > std::max(letters.size(), wanted.size()) / 3) continue;
    least = differ;
    best = name;
  }
  return best;
}

}  // namespace tutti
