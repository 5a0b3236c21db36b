#include "engine/speech/prefix_beam.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/speech/ctc_text.h"
#include "format/text/ngram_maker.h"

namespace tutti {
namespace {

constexpr int kSymbols = 4;  // bytes 0, 1 and 2, and the blank

struct Labels {
  std::vector<float> logits;
  int symbols;

  int count() const { return int(logits.size()) / symbols; }
  ConstMatrix part(int begin, int end) const {
    return {logits.data() + size_t(begin) * size_t(symbols), end - begin, symbols, size_t(symbols)};
  }
  ConstMatrix all() const { return part(0, count()); }
};

Labels random_labels(int count, int symbols, unsigned seed, float spread) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  Labels labels{{}, symbols};
  for (int i = 0; i < count * symbols; ++i) labels.logits.push_back(normal(random));
  return labels;
}

// Symbols of 257 that are nearly sure.
Labels said(const std::vector<int>& symbols) {
  Labels labels{std::vector<float>(symbols.size() * 257), 257};
  for (size_t i = 0; i < symbols.size(); ++i) labels.logits[i * 257 + size_t(symbols[i])] = 20;
  return labels;
}

// The probability of every text, by adding up all alignments one by one.
std::map<std::string, double> by_enumeration(const Labels& labels) {
  std::map<std::string, double> sums;
  std::vector<int> path(size_t(labels.count()), 0);
  for (;;) {
    std::string text;
    double log_p = 0;
    for (size_t i = 0; i < path.size(); ++i) {
      const float* row = labels.all().row(int(i));
      log_p += row[path[i]] - log_total(row, labels.symbols);
      if (path[i] != labels.symbols - 1 && (i == 0 || path[i] != path[i - 1]))
        text += char(path[i]);
    }
    sums[text] += std::exp(log_p);
    size_t i = 0;
    while (i < path.size() && ++path[i] == labels.symbols) path[i++] = 0;
    if (i == path.size()) return sums;
  }
}

constexpr BeamOptions kAll = {.width = 100'000, .least_probability = 0};

TEST(PrefixBeam, WideEnoughFindsEveryTextAndItsExactProbability) {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const Labels labels = random_labels(6, kSymbols, seed, 2);
    const auto exact = by_enumeration(labels);
    PrefixBeam beam(kAll);
    beam.push(labels.all());
    const auto texts = beam.end();
    ASSERT_EQ(texts.size(), exact.size());
    double sum = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_NEAR(std::exp(texts[i].score), exact.at(texts[i].bytes), 1e-9);
      sum += std::exp(texts[i].score);
      EXPECT_LE(texts[i].score, texts[i > 0 ? i - 1 : 0].score);
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(PrefixBeam, AddsUpAlignmentsThatTheBestPathDoesNot) {
  // Each label says "blank" most likely, and "a" in most alignments.
  const float blank = std::log(0.6f), a = std::log(0.4f);
  const Labels labels{{a, -50, blank, a, -50, blank}, 3};
  PrefixBeam beam;
  beam.push(labels.all());
  EXPECT_EQ(beam.end().front().bytes, std::string(1, '\0'));  // 0.64 against 0.36
}

std::shared_ptr<const NgramTable> table_of(const std::vector<std::string>& texts) {
  const auto bytes = make_ngram_table(texts, {.order = 3});
  EXPECT_TRUE(bytes);
  auto table = NgramTable::open(std::as_bytes(std::span(*bytes)));
  EXPECT_TRUE(table) << table.error().message();
  return std::make_shared<const NgramTable>(std::move(*table));
}

TEST(PrefixBeam, WeighsTheAlignmentsWithThePriorOfTheWholeText) {
  const TextPrior prior({{"one", table_of({"\1\2\1", "\1\1"})}, {"two", table_of({"\2"})}}, 0.7f,
                        0.3f);
  const Labels labels = random_labels(5, kSymbols, 8, 1);
  const auto exact = by_enumeration(labels);
  PrefixBeam beam(kAll, &prior);
  beam.push(labels.all());
  for (const Hypothesis& text : beam.end()) {
    double mixture = 0;
    for (const TextPrior::Part& part : prior.parts()) {
      NgramTable::State state = part.table->start();
      double log_p = 0;
      for (const char byte : text.bytes + '\n') {
        log_p += part.table->log_probability(state, uint8_t(byte));
        state = part.table->next(state, uint8_t(byte));
      }
      mixture += std::exp(log_p) / 2;
    }
    const double expected = std::log(exact.at(text.bytes)) + double(0.7f) * std::log(mixture) +
                            double(0.3f) * double(text.bytes.size());
    EXPECT_NEAR(text.score, expected, 1e-4);
  }
}

TEST(PrefixBeam, PriorDecidesWhatSoundsAlike) {
  const TextPrior prior({{"en", table_of({"sea", "sea", "sea"})}}, 1, 0);
  Labels labels = said({'s', 'e', 'e'});
  labels.logits[2 * 257 + 'a'] = 19.9f;
  labels.logits[257 + 'e'] = 20;
  PrefixBeam alone, led({}, &prior);
  alone.push(labels.all());
  led.push(labels.all());
  EXPECT_EQ(alone.end().front().bytes, "se");
  EXPECT_EQ(led.end().front().bytes, "sea");
}

TEST(PrefixBeam, IsTheSameHoweverTheLabelsAreSplit) {
  const TextPrior prior({{"en", table_of({"\1\2\1\1", "\2\2\1"})}}, 0.5f, 0.5f);
  const Labels labels = random_labels(40, kSymbols, 3, 3);
  PrefixBeam whole({.width = 4}, &prior);
  whole.push(labels.all());
  const auto expected = whole.end();
  for (int split = 0; split <= labels.count(); ++split) {
    PrefixBeam beam({.width = 4}, &prior);
    beam.push(labels.part(0, split));
    std::string certain = beam.take_certain();
    beam.push(labels.part(split, labels.count()));
    certain += beam.take_certain();
    const auto texts = beam.end();
    ASSERT_EQ(texts.size(), expected.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(certain + texts[i].bytes, expected[i].bytes);
      EXPECT_EQ(texts[i].score, expected[i].score);
    }
  }
}

TEST(PrefixBeam, WhatIsCertainStaysAndTheRestIsBounded) {
  const Labels labels = random_labels(400, 257, 5, 4);
  PrefixBeam beam({.width = 8});
  std::string certain;
  size_t longest = 0;
  for (int i = 0; i < labels.count(); ++i) {
    beam.push(labels.part(i, i + 1));
    certain += beam.take_certain();
    longest = std::max(longest, beam.rest().size());
  }
  PrefixBeam whole({.width = 8});
  whole.push(labels.all());
  const std::string text = whole.end().front().bytes;
  EXPECT_EQ(text, certain + beam.end().front().bytes);
  EXPECT_GE(certain.size() + BeamOptions().open, text.size());
  EXPECT_LE(longest, BeamOptions().open);
}

TEST(PrefixBeam, OfOneBeginningIsTheBestPathWhereLabelsAreSure) {
  for (const auto& symbols : std::vector<std::vector<int>>{
           {256, 'h', 'h', 256, 'i', 256, 'i', 'i'}, {}, {256, 256}, {'a', 'a', 'b', 'a', 256}}) {
    const Labels labels = said(symbols);
    PrefixBeam beam({.width = 1});
    beam.push(labels.all());
    const auto texts = beam.end();
    ASSERT_EQ(texts.size(), 1u);
    EXPECT_EQ(texts.front().bytes, ctc_text(labels.all()));
  }
}

TEST(PrefixBeam, TiesGoToTheSmallerByteAndEndStartsAnew) {
  const Labels labels{{0, 0, 0, -9}, kSymbols};
  PrefixBeam beam({.width = 2});
  for (int again = 0; again < 2; ++again) {
    beam.push(labels.all());
    const auto texts = beam.end();
    ASSERT_EQ(texts.size(), 2u);
    EXPECT_EQ(texts[0].bytes, std::string(1, '\0'));
    EXPECT_EQ(texts[1].bytes, "\1");
  }
}

}  // namespace
}  // namespace tutti
