#include "engine/speech/ctc_text.h"

#include <algorithm>

#include "engine/speech/log_sum.h"

namespace tutti {
namespace {

int best_symbol(ConstMatrix logits, int label) {
  const float* row = logits.row(label);
  return int(std::max_element(row, row + logits.cols) - row);
}

// Whether a label's symbol is a byte that the one before it has not said already.
bool is_new_byte(int symbol, int previous, int blank) {
  return symbol != blank && symbol != previous;
}

// A byte of the best path: labels [first, end).
struct Mark {
  char byte;
  int first, end;
};

std::vector<Mark> marks_of(ConstMatrix logits) {
  std::vector<Mark> marks;
  const int blank = logits.cols - 1;
  int previous = -1;
  for (int label = 0; label < logits.rows; ++label) {
    const int symbol = best_symbol(logits, label);
    if (is_new_byte(symbol, previous, blank))
      marks.push_back({char(symbol), label, label + 1});
    else if (symbol != blank)
      marks.back().end = label + 1;
    previous = symbol;
  }
  return marks;
}

double best_log_probability(ConstMatrix logits, int label) {
  const float* row = logits.row(label);
  return *std::max_element(row, row + logits.cols) - log_total(row, logits.cols);
}

}  // namespace

std::string CtcPrefix::push(ConstMatrix logits) {
  std::string bytes;
  for (int label = 0; label < logits.rows; ++label) {
    const int symbol = best_symbol(logits, label);
    if (is_new_byte(symbol, previous_, logits.cols - 1)) bytes += char(symbol);
    previous_ = symbol;
  }
  return repair_.push(bytes);
}

std::string CtcPrefix::end() {
  previous_ = -1;
  return repair_.end();
}

std::string ctc_text(ConstMatrix logits) {
  CtcPrefix prefix;
  std::string text = prefix.push(logits);
  return text += prefix.end();
}

Transcript ctc_transcript(ConstMatrix logits) {
  Transcript transcript;
  const std::vector<Mark> marks = marks_of(logits);
  for (const Mark& mark : marks) transcript.text += mark.byte;
  transcript.text = repaired_utf8(transcript.text);
  for (size_t i = 0; i < marks.size();) {
    const size_t begin = i;
    std::string bytes;
    for (; i < marks.size() && marks[i].byte != ' '; ++i) bytes += marks[i].byte;
    if (i == begin) {
      ++i;
      continue;
    }
    const int first = marks[begin].first, end = marks[i - 1].end;
    double sum = 0;
    for (int label = first; label < end; ++label) sum += best_log_probability(logits, label);
    transcript.words.push_back({repaired_utf8(bytes), float(first) * kCtcLabelSeconds,
                                float(end) * kCtcLabelSeconds, float(sum / (end - first))});
  }
  return transcript;
}

// State 2i + 1 is byte i of the text, the even ones are the blanks around them.
double ctc_log_likelihood(ConstMatrix logits, std::string_view text) {
  const int blank = logits.cols - 1, states = 2 * int(text.size()) + 1;
  const auto symbol = [&](int state) {
    return state % 2 ? int(uint8_t(text[size_t(state / 2)])) : blank;
  };
  std::vector<double> now(states, kNever), next(states);
  now[0] = 0;  // before the first label: as if a blank had been said for sure
  for (int label = 0; label < logits.rows; ++label) {
    const float* row = logits.row(label);
    const double total = log_total(row, logits.cols);
    for (int s = 0; s < states; ++s) {
      double sum = now[s];
      if (s > 0) sum = log_sum(sum, now[s - 1]);
      if (s > 1 && s % 2 && symbol(s) != symbol(s - 2)) sum = log_sum(sum, now[s - 2]);
      next[s] = sum + row[symbol(s)] - total;
    }
    std::swap(now, next);
  }
  return states > 1 ? log_sum(now[states - 1], now[states - 2]) : now[0];
}

}  // namespace tutti
