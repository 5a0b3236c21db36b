#include "engine/speech/ctc_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <random>

#include "base/utf8.h"
#include "engine/text_stream.h"
#include "model/spec.h"

namespace tutti {
namespace {

constexpr const char* kUnknown = "\xef\xbf\xbd";

std::string read(const std::vector<int>& symbols) {
  std::vector<float> logits(symbols.size() * kCtcSymbols);
  for (size_t i = 0; i < symbols.size(); ++i) logits[i * kCtcSymbols + symbols[i]] = 1;
  return ctc_text({logits.data(), int(symbols.size()), kCtcSymbols, kCtcSymbols});
}

TEST(CtcText, CollapsesRepeatsAndBlanks) {
  EXPECT_EQ(read({256, 'h', 'h', 256, 'i', 256, 'i', 'i'}), "hii");
  EXPECT_EQ(read({}), "");
  EXPECT_EQ(read({256, 256}), "");
}

TEST(CtcText, WordsKnowWhenTheyWereSaid) {
  const auto transcript = [](const std::vector<int>& symbols) {
    std::vector<float> logits(symbols.size() * kCtcSymbols);
    for (size_t i = 0; i < symbols.size(); ++i) logits[i * kCtcSymbols + size_t(symbols[i])] = 9;
    return ctc_transcript({logits.data(), int(symbols.size()), kCtcSymbols, kCtcSymbols});
  };
  const Transcript said = transcript(
      {256, 'h', 256, 'i', 'i', 256, ' ', ' ', 256, ' ', 256, 'o', 256, 0xc3, 0xa9, 256, 256});
  EXPECT_EQ(said.text, "hi  o\u00e9");
  ASSERT_EQ(said.words.size(), 2u);
  EXPECT_EQ(said.words[0].text, "hi");
  EXPECT_FLOAT_EQ(said.words[0].begin, 0.02f);
  EXPECT_FLOAT_EQ(said.words[0].end, 0.1f);
  EXPECT_EQ(said.words[1].text, "o\u00e9");
  EXPECT_FLOAT_EQ(said.words[1].begin, 0.22f);
  EXPECT_FLOAT_EQ(said.words[1].end, 0.3f);
  // Every label is as sure as the others: e^9 against 256 times 1.
  const double sure = 9 - std::log(std::exp(9.0) + 256);
  for (const HeardWord& word : said.words) EXPECT_NEAR(word.log_probability, sure, 1e-4);
  EXPECT_TRUE(transcript({256, ' ', 256}).words.empty());
  EXPECT_EQ(transcript({'a'}).words.size(), 1u);
}

// Sums over every sequence of labels that reads as the text, one by one.
double by_enumeration(const std::vector<float>& logits, int labels, int symbols,
                      const std::string& text) {
  double sum = 0;
  std::vector<int> path(labels, 0);
  for (;;) {
    std::string read;
    double probability = 1;
    for (int i = 0; i < labels; ++i) {
      double total = 0;
      for (int s = 0; s < symbols; ++s) total += std::exp(double(logits[i * symbols + s]));
      probability *= std::exp(double(logits[i * symbols + path[i]])) / total;
      if (path[i] != symbols - 1 && (i == 0 || path[i] != path[i - 1])) read += char(path[i]);
    }
    if (read == text) sum += probability;
    int i = 0;
    while (i < labels && ++path[i] == symbols) path[i++] = 0;
    if (i == labels) return std::log(sum);
  }
}

TEST(CtcText, LikelihoodIsTheSumOverAllAlignments) {
  constexpr int kLabels = 5, kSymbols = 3;  // bytes 0 and 1, and the blank
  std::vector<float> logits;
  for (int i = 0; i < kLabels * kSymbols; ++i) logits.push_back(float((i * 7) % 5) * 0.6f);
  const ConstMatrix matrix{logits.data(), kLabels, kSymbols, kSymbols};
  using namespace std::string_literals;
  for (const std::string& text : {""s, "\0"s, "\1"s, "\0\1"s, "\1\1"s, "\0\0\1"s})
    EXPECT_NEAR(ctc_log_likelihood(matrix, text), by_enumeration(logits, kLabels, kSymbols, text),
                1e-9);
  // Two repeats need a blank between each: 4 symbols and 3 blanks do not fit into 5 labels.
  EXPECT_EQ(ctc_log_likelihood(matrix, "\1\1\1\1"s), -std::numeric_limits<double>::infinity());
}

TEST(CtcText, BrokenBytesAreReplaced) {
  EXPECT_EQ(read({0xc3, 0xa9}), "\u00e9");
  EXPECT_EQ(read({'a', 0xc3, 'b'}), std::string("a") + kUnknown + "b");
  EXPECT_EQ(read({0xff, 256, 0xff}), std::string(kUnknown) + kUnknown);
}

TEST(CtcText, PiecesOfLabelsAreTheWhole) {
  std::mt19937 random(4);
  const int symbols[] = {256, 256, 'a', 'b', ' ', 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xff};
  for (int trial = 0; trial < 300; ++trial) {
    const int labels = int(random() % 60);
    std::vector<float> logits(size_t(labels) * kCtcSymbols);
    for (int i = 0, symbol = 256; i < labels; ++i) {
      if (random() % 3) symbol = symbols[random() % std::size(symbols)];
      logits[size_t(i) * kCtcSymbols + size_t(symbol)] = 1;
    }
    const auto part = [&](int first, int rows) {
      return ConstMatrix{logits.data() + first * kCtcSymbols, rows, kCtcSymbols, kCtcSymbols};
    };
    CtcPrefix prefix;
    for (int again = 0; again < 2; ++again) {  // end() starts anew
      std::string text;
      for (int at = 0, take = 0; at < labels; at += take) {
        take = std::min(labels - at, int(random() % 9));
        text += prefix.push(part(at, take));
        EXPECT_FALSE(invalid_utf8_at(text));
        EXPECT_TRUE(ctc_text(part(0, at + take)).starts_with(text));
      }
      text += prefix.end();
      EXPECT_EQ(text, ctc_text(part(0, labels)));
    }
  }
}

TEST(TextStream, HoldsBackUnfinishedCharacters) {
  TextStream stream;
  EXPECT_EQ(stream.advance("a"), "a");
  EXPECT_EQ(stream.advance(std::string("a") + kUnknown), "");
  EXPECT_EQ(stream.advance(std::string("a") + kUnknown + kUnknown), "");
  EXPECT_EQ(stream.advance("a\u20ac"), "\u20ac");
  EXPECT_EQ(stream.advance(std::string("a\u20ac") + kUnknown), "");
  EXPECT_EQ(stream.finish(std::string("a\u20ac") + kUnknown), kUnknown);
}

}  // namespace
}  // namespace tutti
