// Attention of sequences without an end: times that count from a clock, and caches that keep a
// window.
#include "model/model.h"
#include "runtime/memory/sequence_caches.h"
#include "tests/helpers/attention_problem.h"
#include "tests/helpers/random_weights.h"

namespace tutti {
namespace {

constexpr int kTokens = 300, kWindow = 37, kMostFresh = 24;
constexpr int64_t kMonth = int64_t(30) * 24 * 3600 * 90000;  // ticks

// Token i sees the last kWindow up to itself; nobody after this pass asks for more.
void see_through_window(AttentionPlan& plan) {
  plan.oldest.clear();
  for (int s = 0; s < plan.sequences(); ++s) {
    for (int i = plan.query_offsets[s]; i < plan.query_offsets[s + 1]; ++i)
      plan.first_key[i] = std::max(0, plan.last_key[i] - kWindow);
    plan.oldest.push_back(std::max(0, plan.past[s] + 1 - kWindow));
  }
}

// Two sequences, tokens [0, 200) and [200, 300) of the problem, from 24 tokens at once to one.
struct TwoSequences {
  explicit TwoSequences(const Problem& problem) : p(problem) {}

  std::vector<float> step(KvCache& cache) {
    const int count[] = {sizes[step_ % 5], std::min(sizes[(step_ + 2) % 5], 300 - end[1])};
    ++step_;
    AttentionPlan plan;
    std::vector<std::pair<int, int>> ranges;
    for (int s = 0; s < 2; ++s) {
      const int begin = end[s], next = std::min(begin + count[s], s == 0 ? 200 : kTokens);
      p.append(plan, s == 0 ? 0 : 200, begin, next, true);
      ranges.push_back({begin, next});
      end[s] = next;
    }
    see_through_window(plan);
    return contents(p.run(plan, ranges, &cache));
  }
  bool done() const { return end[0] == 200 && end[1] == kTokens; }

  const Problem& p;
  int sizes[5] = {1, kMostFresh, 3, 1, 16};
  int end[2] = {0, 200};

 private:
  int step_ = 0;
};

TEST(EndlessAttention, AWindowForgetsWithoutChangingABit) {
  for (Precision precision : kPrecisions) {
    Rng rng(31);
    OpsFixture f;
    f.ops.kept = multiplied_in(precision);
    const Problem p(f.ops, rng, kTokens);
    KvCache all = make_cache(2, 208, precision);
    KvCache some = make_cache(2, windowed_capacity(kWindow, kMostFresh), precision);
    TwoSequences keeps(p), forgets(p);
    while (!keeps.done()) ASSERT_EQ(keeps.step(all), forgets.step(some)) << keeps.end[0];
    ASSERT_TRUE(f.ops.status());
    EXPECT_EQ(some.length(0), 200);
    EXPECT_EQ(all.sequence(0).oldest(), 0);
    EXPECT_LE(200 - some.sequence(0).oldest(), some.capacity());  // it did forget
    EXPECT_LT(some.bytes(), all.bytes() * 2 / 3);
  }
}

// The same keys as those of a pass that has no cache, whose mask is the window.
TEST(EndlessAttention, AWindowIsAMask) {
  for (Precision precision : {Precision::f32, Precision::bf16}) {
    Rng rng(32);
    OpsFixture f;
    f.ops.kept = precision;
    const Problem p(f.ops, rng, kTokens);
    AttentionPlan whole;
    p.append(whole, 0, 0, kTokens, true);
    see_through_window(whole);
    const auto expected = contents(p.run(whole, {{0, kTokens}}, nullptr));
    KvCache cache = make_cache(1, kWindow + kPanelRows, precision);  // moved down every 16 tokens
    std::vector<float> steps;
    for (int i = 0; i < kTokens; ++i) {
      AttentionPlan plan;
      p.append(plan, 0, i, i + 1, true);
      see_through_window(plan);
      const auto y = contents(p.run(plan, {{i, i + 1}}, &cache));
      steps.insert(steps.end(), y.begin(), y.end());
    }
    ASSERT_TRUE(f.ops.status());
    EXPECT_EQ(steps, expected);
  }
}

TEST(EndlessAttention, WhatAWindowForgotDoesNotComeBack) {
  Rng rng(33);
  OpsFixture f;
  const Problem p(f.ops, rng, kTokens);
  KvCache cache = make_cache(1, kWindow + kPanelRows);
  const auto run = [&](int begin, int end) {
    AttentionPlan plan;
    p.append(plan, 0, begin, end, true);
    see_through_window(plan);
    return contents(p.run(plan, {{begin, end}}, &cache));
  };
  std::vector<float> last;
  for (int i = 0; i < 100; ++i) last = run(i, i + 1);
  cache.truncate(0, 99);  // its keys are there still
  EXPECT_EQ(run(99, 100), last);
  ASSERT_TRUE(f.ops.status());
  cache.truncate(0, 20);  // and there they are not
  EXPECT_EQ(cache.length(0), 20);
  (void)run(20, 21);
  EXPECT_FALSE(f.ops.status());
  f.ops.reset();
  cache.truncate(0, 0);  // from the beginning
  for (int i = 0; i < 100; ++i) (void)run(i, i + 1);
  cache.truncate(0, 99);
  EXPECT_EQ(run(99, 100), last);
  EXPECT_TRUE(f.ops.status());
}

TEST(EndlessAttention, NoRoomForTheWindowIsAnError) {
  Rng rng(34);
  OpsFixture f;
  const Problem p(f.ops, rng, kTokens);
  KvCache cache = make_cache(1, kWindow);  // 48 positions: not for 36 and 24 more
  AttentionPlan first, second;
  p.append(first, 0, 0, kWindow, true);
  p.append(second, 0, kWindow, kWindow + kMostFresh, true);
  see_through_window(first);
  see_through_window(second);
  (void)p.run(first, {{0, kWindow}}, &cache);
  ASSERT_TRUE(f.ops.status());
  (void)p.run(second, {{kWindow, kWindow + kMostFresh}}, &cache);
  EXPECT_FALSE(f.ops.status());
}

// cos and sin have 3 * 2^-23 each after the clock's are multiplied in (their own rounding, two
// products and a sum), so a rotated query or key 4 * 2^-23 of its norm, at most 16 * 2.5 with gains
// of 2 times a normal value; a logit, their product / 8, 2 * 4 * 2^-23 * 40 * 40 / 8; an output
// twice that of its values, at most 5.
constexpr double kClockTolerance = 2 * 4 * kEpsilonF * 40 * 40 / 8 * 2 * 5;

double most_apart(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, double(std::fabs(a[i] - b[i])));
  return most;
}

TEST(EndlessAttention, AMonthOnAClockChangesNothing) {
  Rng rng(35);
  OpsFixture f;
  Problem p(f.ops, rng, 60);
  const auto run = [&] {
    AttentionPlan plan;
    p.append(plan, 0, 0, 60, true);
    return contents(p.run(plan, {{0, 60}}, nullptr));
  };
  const auto at_once = run();
  for (Position& position : p.positions) position.clock = kMonth;
  EXPECT_LT(most_apart(run(), at_once), kClockTolerance);
  EXPECT_NE(run(), at_once);  // or the clock was not read
  // Keys that count from another clock than the queries.
  for (int i = 0; i < 30; ++i) {
    p.positions[i].clock -= 100 * kTicksPerUnit;
    p.positions[i].time += 100;
  }
  EXPECT_LT(most_apart(run(), at_once), kClockTolerance);
  // What a float alone makes of it.
  for (Position& position : p.positions) {
    const int64_t units = position.clock / kTicksPerUnit;
    position.time += float(units);
    position.clock = 0;
  }
  EXPECT_GT(most_apart(run(), at_once), 100 * kClockTolerance);
}

// A model's text in windowed caches, token by token beside another sequence, as one pass sees it.
struct EndlessModel : OpsFixture {
  explicit EndlessModel(Precision precision)
      : source(random_weights()), model(Scope(source, ""), config) {
    ops.kept = multiplied_in(precision);
    caches = *SequenceCaches::create(config, precision, 2, kWindow);
  }
  std::vector<float> rows(const Batch& batch, bool cached) {
    const auto layers = cached ? caches->layers() : std::span<KvCache* const>();
    return contents(model.forward(ops, batch, layers).trunk.x_ND);
  }

  ModelSpec config = tiny_config();
  WeightSource source;
  Model<CpuOps> model;
  std::shared_ptr<SequenceCaches> caches;
};

std::vector<int32_t> some_ids(int count) {
  Rng rng(36);
  std::vector<int32_t> ids;
  for (int i = 0; i < count; ++i) ids.push_back(rng.below(320));
  return ids;
}

TEST(EndlessAttention, AModelGoesOnBeyondItsContext) {
  EndlessModel f(Precision::f32);
  const auto ids = some_ids(3 * f.config.context);
  const int count = int(ids.size());
  BatchBuilder whole(f.config);
  whole.begin_sequence({.clock = kMonth, .window = kWindow});
  whole.text(ids);
  const auto expected = f.rows(whole.build(), false);

  BatchBuilder one(f.config);
  for (int s = 0; s < 2; ++s) {
    one.begin_sequence();
    one.text(std::span(ids).first(1));
  }
  Batch step = one.build();
  std::vector<float> got;
  for (int i = 0; i < count; ++i) {  // the other sequence is two thirds as far
    SequenceStart start = {.past = i, .time = float(i), .clock = kMonth, .window = kWindow};
    step.set_text_step(0, ids[size_t(i)], start);
    start.past = i - i / 3;
    step.set_text_step(1, ids[size_t(i)], start);
    const auto rows = f.rows(step, true);
    got.insert(got.end(), rows.begin(), rows.begin() + f.config.width);
  }
  ASSERT_TRUE(f.ops.status()) << f.ops.status().error().message();
  EXPECT_EQ(got, expected);
}

// Noisy rows see the window of the text behind which they stand, and take nothing of it away.
TEST(EndlessAttention, PaintingBetweenTextsLeavesTheWindow) {
  for (Precision precision : kPrecisions) {
    EndlessModel f(precision);
    const auto ids = some_ids(240);
    const auto run = [&](int past, int count, float noise) {
      BatchBuilder builder(f.config);
      builder.begin_sequence({.past = past, .time = float(past), .window = kWindow});
      if (noise < 0)
        builder.text(std::span(ids).subspan(size_t(past), size_t(count)));
      else
        builder.paint(std::vector<float>(size_t(kPaintTokens) * kPaintValues, 0.5f), noise);
      return f.rows(builder.build(), true);
    };
    const auto text_after = [&](bool painted) {
      f.caches->truncate(0, 0);
      std::vector<float> rows;
      for (int i = 0; i < 240; i += 10) {
        const auto some = run(i, 10, -1);
        rows.insert(rows.end(), some.begin(), some.end());
        for (float t : {0.0f, 0.5f}) {
          if (!painted) break;
          (void)run(i + 10, 0, t);
          f.caches->truncate(0, i + 10);
        }
      }
      return rows;
    };
    const auto alone = text_after(false);
    EXPECT_EQ(text_after(true), alone);
    ASSERT_TRUE(f.ops.status()) << f.ops.status().error().message();
  }
}

}  // namespace
}  // namespace tutti
