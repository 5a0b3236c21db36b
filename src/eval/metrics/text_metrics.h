// Comparing texts: word and edit errors, closed sets, bits per byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tutti {

// Lower case (Latin, Greek, Cyrillic, Armenian), punctuation as spaces but apostrophes dropped,
// runs of spaces as one, none at the ends. Scripts without case stay as they are.
std::string normalise_text(std::string_view utf8);
std::vector<std::string> split_words(std::string_view text);

// Levenshtein distance between words, or between the bytes of two strings.
int edit_distance(const std::vector<std::string>& said, const std::vector<std::string>& meant);
int edit_distance(std::string_view said, std::string_view meant);

// Word error rate over many texts: errors over the words that were meant. Both sides are
// normalised.
struct WordErrors {
  long errors = 0, words = 0;
  int texts = 0;

  void add(std::string_view said, std::string_view meant);
  double rate() const { return words ? double(errors) / double(words) : 0; }
};

// The label with the smallest edit distance to what was heard, relative to the longer of the two;
// ties go to the earlier label. Labels must not be empty.
size_t nearest_label(std::string_view heard, const std::vector<std::string>& labels);

}  // namespace tutti
