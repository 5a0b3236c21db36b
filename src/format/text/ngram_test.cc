#include "format/text/ngram.h"

#include <gtest/gtest.h>

#include <cmath>

#include "format/text/ngram_maker.h"

namespace tutti {
namespace {

const std::vector<std::string> kTexts = {"go left", "go right", "go left", "a cat", "a car"};

std::string made(const std::vector<std::string>& texts, const NgramOptions& options = {}) {
  const auto bytes = make_ngram_table(texts, options);
  EXPECT_TRUE(bytes) << bytes.error().message();
  return bytes ? *bytes : "";
}

Result<NgramTable> opened(const std::string& bytes) {
  return NgramTable::open(std::as_bytes(std::span(bytes)));
}

NgramTable::State after(const NgramTable& table, const std::string& text) {
  NgramTable::State state = table.start();
  for (const char byte : text) state = table.next(state, uint8_t(byte));
  return state;
}

double total(const NgramTable& table, const NgramTable::State& state) {
  double sum = 0;
  for (int byte = 0; byte < 256; ++byte)
    sum += std::exp(double(table.log_probability(state, uint8_t(byte))));
  return sum;
}

// Counted by hand, as Witten and Bell have it.
TEST(Ngram, ProbabilitiesAreThoseOfTheFormula) {
  const auto table = opened(made({"ab", "ab", "ac"}, {.order = 2}));
  ASSERT_TRUE(table);
  // 3 of each border and a, 2 b, 1 c: 9 bytes of 4 kinds.
  const double b = (2 + 4.0 / 256) / 13, c = (1 + 4.0 / 256) / 13;
  const NgramTable::State state = after(*table, "a");
  const double step = double(kNgramStep) / 2 + 1e-6;
  EXPECT_NEAR(table->log_probability(state, 'b'), std::log((2 + 2 * b) / (3 + 2)), step);
  EXPECT_NEAR(table->log_probability(state, 'c'), std::log((1 + 2 * c) / (3 + 2)), step);
  EXPECT_NEAR(table->log_probability({}, 'b'), std::log(b), step);
  // Not seen behind "a": the weight of the context, 2 / 5, and the byte's own.
  const double x = 4.0 / 256 / 13;
  EXPECT_NEAR(table->log_probability(state, 'x'), std::log(0.4 * x), 2 * step);
}

TEST(Ngram, EveryContextAddsUpToOne) {
  for (const int order : {1, 2, 3, 6, 8}) {
    const auto table = opened(made(kTexts, {.order = order}));
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_EQ(table->order(), order);
    for (const char* text : {"", "g", "go ", "go l", "a ca", "never seen"})
      EXPECT_NEAR(total(*table, after(*table, text)), 1, 0.06) << order << " behind " << text;
  }
}

TEST(Ngram, KnowsWhatComesNextAndWhereTextsEnd) {
  const auto table = opened(made(kTexts));
  ASSERT_TRUE(table);
  const auto likelier = [&](const std::string& text, char a, char b) {
    const NgramTable::State state = after(*table, text);
    return table->log_probability(state, uint8_t(a)) > table->log_probability(state, uint8_t(b));
  };
  EXPECT_TRUE(likelier("go ", 'l', 'r'));
  EXPECT_TRUE(likelier("", 'g', 'a'));
  EXPECT_TRUE(likelier("go left", '\n', ' '));
  EXPECT_TRUE(likelier("g", 'o', 'g'));
  EXPECT_TRUE(likelier("xxxxxx a c", 'a', 'o'));  // backs off to the letters before it
}

TEST(Ngram, IsNoLargerThanAllowedAndLosesTheRarestFirst) {
  const std::string all = made(kTexts), less = made(kTexts, {.order = 6, .most_bytes = 1300});
  EXPECT_LE(less.size(), 1300u);
  EXPECT_LT(less.size(), all.size());
  const auto table = opened(less);
  ASSERT_TRUE(table);
  EXPECT_GT(table->log_probability(after(*table, "go "), 'l'), std::log(0.3f));
  for (const char* text : {"", "go ", "a ca"})
    EXPECT_NEAR(total(*table, after(*table, text)), 1, 0.06);
  EXPECT_FALSE(make_ngram_table(kTexts, {.order = 6, .most_bytes = 100}));
  EXPECT_FALSE(make_ngram_table(kTexts, {.order = 9}));
  EXPECT_FALSE(make_ngram_table(std::vector<std::string>{"", "\n"}, {}));
}

TEST(Ngram, EqualTextsGiveEqualBytes) {
  EXPECT_EQ(made(kTexts), made(kTexts));
}

TEST(Ngram, WhatIsDamagedIsRefusedOrStaysInside) {
  const std::string bytes = made(kTexts);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(opened(bytes.substr(0, size)));
  EXPECT_FALSE(opened(bytes + '\0'));
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const int change : {1, 0x80, 0xff}) {
      std::string broken = bytes;
      broken[at] = char(broken[at] ^ change);
      const auto table = opened(broken);
      if (!table) continue;
      for (const char* text : {"go left", "a cat"})
        EXPECT_LE(table->log_probability(after(*table, text), 'x'), 0);
    }
}

}  // namespace
}  // namespace tutti
