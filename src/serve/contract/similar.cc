#include "serve/contract/similar.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tutti {
namespace {

constexpr size_t kLongest = 48;  // letters; what is longer is no misspelt name

std::string plain(std::string_view word) {
  std::string letters;
  for (const char c : word)
    if (c != '_' && c != '-') letters += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  return letters;
}

size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

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
