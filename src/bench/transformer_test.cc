// The timed transformer computes what it says: precisions agree, and decoding is prefilling.
#include "bench/transformer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace tutti::bench {
namespace {

std::vector<int32_t> some_tokens(int count, int vocabulary) {
  Rng rng(7);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) token = rng.below(vocabulary);
  return tokens;
}

// Logits after the prompt, the last `decoded` of its tokens one by one.
std::vector<float> logits_of(Precision precision, int threads, int decoded, int count = 150) {
  ThreadPool pool(threads);
  const auto shape = find_shape("tiny", true);
  const auto model = Transformer::random(*shape, precision);
  EXPECT_TRUE(model) << model.error().message();
  auto session = TransformerSession::create(*model, pool, 160);
  EXPECT_TRUE(session) << session.error().message();
  const std::vector<int32_t> tokens = some_tokens(count, shape->vocabulary);
  const int read = count - decoded;
  if (read > 0) session->prefill(std::span(tokens).first(read));
  for (int i = read; i < count; ++i) session->decode(tokens[i]);
  EXPECT_EQ(session->length(), count);
  return {session->logits().begin(), session->logits().end()};
}

std::vector<float> encoding_of(Precision precision, int batch, int threads = 2) {
  ThreadPool pool(threads);
  const auto shape = find_shape("tiny-encoder", false);
  const auto model = Transformer::random(*shape, precision);
  EXPECT_TRUE(model) << model.error().message();
  auto session = TransformerSession::create(*model, pool, shape->tokens, batch);
  EXPECT_TRUE(session) << session.error().message();
  std::vector<float> x(size_t(batch) * shape->tokens * shape->width);
  Rng rng(3);
  for (size_t i = 0; i < x.size() / batch; ++i) x[i] = float(rng.normal());
  for (int b = 1; b < batch; ++b)
    std::copy_n(x.begin(), x.size() / batch, x.begin() + b * (x.size() / batch));
  session->encode({x.data(), batch * shape->tokens, shape->width, size_t(shape->width)});
  return x;
}

double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
    norm += double(b[i]) * b[i];
  }
  return std::sqrt(difference / norm);
}

// Nine products follow each other: four a layer, and the head. Each rounds its weights, uniform
// with a range of sqrt 3 deviations, and its inputs, whose range is up to 6 deviations after
// SwiGLU, to steps of range / 127, an error of step / sqrt 12; bf16 rounds both to 2^-9 of
// themselves at most.
TEST(Transformer, PrecisionsAgree) {
  const auto exact = logits_of(Precision::f32, 1, 0);
  const double int8 = std::hypot(std::sqrt(3.0), 6.0) / (127 * std::sqrt(12.0));
  const double bf16 = std::sqrt(2.0) * 0x1p-9;
  EXPECT_LT(relative_difference(logits_of(Precision::bf16, 1, 0), exact),
            1.5 * std::sqrt(9.0) * bf16);
  EXPECT_LT(relative_difference(logits_of(Precision::int8, 1, 0), exact),
            1.5 * std::sqrt(9.0) * int8);
  EXPECT_GT(relative_difference(logits_of(Precision::int8, 1, 0), exact), 0);
}

// Scores and sums are the same products in another block, so only the softmax's padding differs.
TEST(Transformer, DecodingIsPrefilling) {
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
    const auto at_once = logits_of(precision, 2, 0);
    for (const int decoded : {1, 20, 150})
      EXPECT_EQ(logits_of(precision, 2, decoded), at_once) << int(precision) << " " << decoded;
  }
}

TEST(Transformer, ThreadsDoNotChangeTheResult) {
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8})
    EXPECT_EQ(logits_of(precision, 3, 5), logits_of(precision, 1, 5)) << int(precision);
}

// Logits of a token that follows `past`, which were read at once with `future` behind them.
std::vector<float> logits_after(Precision precision, const std::vector<int32_t>& past,
                                const std::vector<int32_t>& future) {
  ThreadPool pool(2);
  const auto model = Transformer::random(*find_shape("tiny", true), precision);
  EXPECT_TRUE(model) << model.error().message();
  auto session = TransformerSession::create(*model, pool, 160);
  EXPECT_TRUE(session) << session.error().message();
  std::vector<int32_t> all = past;
  all.insert(all.end(), future.begin(), future.end());
  session->prefill(all);
  session->keep(int(past.size()));
  session->decode(5);
  EXPECT_EQ(session->length(), int(past.size()) + 1);
  return {session->logits().begin(), session->logits().end()};
}

// Keys and values of the past come out of every layer's attention: had it looked ahead, another
// future would have left other ones.
TEST(Transformer, SeesOnlyThePast) {
  const std::vector<int32_t> tokens = some_tokens(150, find_shape("tiny", true)->vocabulary);
  const std::vector<int32_t> past(tokens.begin(), tokens.begin() + 30),
      future(tokens.begin() + 30, tokens.end());
  std::vector<int32_t> other = future;
  for (int32_t& token : other) token = (token + 1) % find_shape("tiny", true)->vocabulary;
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
    const auto wanted = logits_after(precision, past, future);
    EXPECT_EQ(logits_after(precision, past, other), wanted) << int(precision);
    EXPECT_EQ(logits_after(precision, past, {}), wanted) << int(precision);
    for (size_t changed : {0, 14, 29}) {
      std::vector<int32_t> another = past;
      another[changed] = another[changed] == 9 ? 8 : 9;
      EXPECT_NE(logits_after(precision, another, future), wanted)
          << int(precision) << ": token " << changed << " was not seen";
    }
  }
}

TEST(Transformer, EncodesEverySequenceOfABatchAlike) {
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
    const auto one = encoding_of(precision, 1), many = encoding_of(precision, 6);
    for (int b = 0; b < 6; ++b)
      EXPECT_EQ(
          std::vector<float>(many.begin() + b * one.size(), many.begin() + (b + 1) * one.size()),
          one);
  }
  EXPECT_LT(relative_difference(encoding_of(Precision::int8, 1), encoding_of(Precision::f32, 1)),
            0.05);
}

// 31 times 21 rows between three threads: one begins at an odd position, in the middle of a pair,
// long before the other half is stored. Many times, for on a busy machine one thread may do it all.
TEST(Transformer, ThreadsMayMeetInASequence) {
  const auto alone = encoding_of(Precision::bf16, 31, 1);
  for (int round = 0; round < 20; ++round)
    ASSERT_EQ(encoding_of(Precision::bf16, 31, 3), alone) << round;
}

TEST(Transformer, UnknownShapesAreListed) {
  const auto shape = find_shape("900b", true);
  ASSERT_FALSE(shape);
  EXPECT_NE(shape.error().message().find("125m"), std::string::npos);
}

}  // namespace
}  // namespace tutti::bench
