// The architecture on CpuOps with random weights: what must not matter does not, to the bit.
#include "model/model.h"

#include "tests/helpers/ops_fixture.h"
#include "tests/helpers/random_weights.h"

namespace tutti {
namespace {

struct ModelFixture : OpsFixture {
  explicit ModelFixture(int threads = 2, ModelSpec c = tiny_config())
      : OpsFixture(threads), config(c), source(random_weights()), model(Scope(source, ""), config) {
    for (int i = 0; i < config.layers; ++i)
      caches.push_back(*KvCache::create(2, config.context, config.attention_heads()));
    for (KvCache& cache : caches) pointers.push_back(&cache);
  }

  std::vector<float> rows_of(const Batch& batch, bool cached = false) {
    const auto caches = cached ? std::span<KvCache* const>(pointers) : std::span<KvCache* const>();
    const CpuTensor rows = model.forward(ops, batch, caches).trunk.x_ND;
    if (!ops.status()) throw std::runtime_error(ops.status().error().message());
    return contents(rows);
  }

  ModelSpec config;
  WeightSource source;
  Model<CpuOps> model;
  std::vector<KvCache> caches;
  std::vector<KvCache*> pointers;
};

constexpr int kPaintGroup = 3;

std::vector<int32_t> ids(int count, int seed) {
  Rng rng(seed);
  std::vector<int32_t> out;
  for (int i = 0; i < count; ++i) out.push_back(rng.below(320));
  return out;
}

Picture noise_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(kImageSize, kImageSize, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

Mel noise_mel(int frames, int seed) {
  Rng rng(seed);
  return {kMelBins, random_values(rng, size_t(frames) * kMelBins)};
}

std::vector<float> slice(const std::vector<float>& rows, int begin, int end, int width) {
  return {rows.begin() + begin * width, rows.begin() + end * width};
}

// A sequence of every clean kind, and text.
void add_everything(BatchBuilder& builder) {
  builder.image(noise_picture(1));
  builder.clip(std::vector<Picture>(kClipFrames, noise_picture(2)));
  builder.audio(noise_mel(100, 3));
  builder.text(ids(11, 4));
}

TEST(Model, TextTokenByTokenEqualsAllAtOnce) {
  ModelFixture f;
  const auto text = ids(30, 5);
  BatchBuilder whole(f.config);
  whole.begin_sequence();
  whole.image(noise_picture(6));
  whole.text(text);
  const Batch batch = whole.build();
  const auto expected = slice(f.rows_of(batch), 0, 30, f.config.width);

  BatchBuilder prompt(f.config);
  prompt.begin_sequence();
  prompt.image(noise_picture(6));
  prompt.text(std::span(text).first(10));
  float time = prompt.time();
  auto got = slice(f.rows_of(prompt.build(), true), 0, 10, f.config.width);
  for (int i = 10; i < 30; ++i, ++time) {
    BatchBuilder step(f.config);
    step.begin_sequence({.past = 16 + i, .time = time});
    step.text(std::span(text).subspan(i, 1));
    const auto row = f.rows_of(step.build(), true);
    got.insert(got.end(), row.begin(), row.end());
  }
  EXPECT_EQ(got, expected);
}

TEST(Model, ASequenceIsTheSameAloneAndInABatch) {
  ModelFixture f;
  BatchBuilder alone(f.config), both(f.config);
  alone.begin_sequence();
  add_everything(alone);
  both.begin_sequence();
  both.image(noise_picture(8));
  both.audio(noise_mel(40, 9));
  both.text(ids(23, 7));
  both.begin_sequence();
  add_everything(both);
  const Batch one = alone.build(), two = both.build();
  const auto expected = f.rows_of(one), rows = f.rows_of(two);
  const int width = f.config.width;
  for (size_t i = 0; i < one.spans.size(); ++i) {
    const Span &a = one.spans[i], &b = two.spans[i + 3];
    EXPECT_EQ(slice(rows, b.first_row, b.first_row + b.rows, width),
              slice(expected, a.first_row, a.first_row + a.rows, width))
        << int(a.modality);
  }
}

TEST(Model, NoisyTokensOnCachedContextEqualOnePass) {
  ModelFixture f;
  Rng rng(31);
  const auto z = random_values(rng, size_t(kPaintTokens) * kPaintValues);
  const auto text = ids(9, 10);
  BatchBuilder whole(f.config), context(f.config);
  whole.begin_sequence();
  whole.text(text);
  whole.paint(z, 0.3f);
  const int width = f.config.width;
  const auto expected = slice(f.rows_of(whole.build()), 9, 9 + kPaintTokens, width);

  context.begin_sequence();
  context.text(text);
  const float time = context.time();
  (void)f.rows_of(context.build(), true);
  for (float t : {0.9f, 0.3f}) {  // another step in between leaves no trace
    BatchBuilder step(f.config);
    step.begin_sequence({.past = 9, .time = time});
    step.paint(z, t);
    const auto rows = f.rows_of(step.build(), true);
    for (KvCache& cache : f.caches) cache.truncate(0, 9);
    if (t == 0.3f) {
      EXPECT_EQ(rows, expected);
    } else {
      EXPECT_NE(rows, expected);
    }
  }
}

TEST(Model, ThreadsDoNotChangeABit) {
  ModelFixture one(1), three(3);
  BatchBuilder builder(one.config);
  builder.begin_sequence();
  add_everything(builder);
  Rng rng(32);
  const std::vector<int32_t> alignment = {0, 0, 1, 2, 4};
  builder.speak(random_values(rng, 5 * kSpeakValues), 0.5f, "hello", alignment);
  const Batch batch = builder.build();
  EXPECT_EQ(one.rows_of(batch), three.rows_of(batch));
}

// Both ways of serving a closed gate, in a batch of every kind and with caches.
TEST(Model, SkippingClosedRowsDoesNotChangeABit) {
  ModelSpec config = tiny_config();
  config.layers = 6;
  ModelFixture f(2, config);
  for (auto& layer : f.model.trunk.layers)
    if (layer.route_bias_G1.rows())
      std::fill_n(layer.route_bias_G1.mutable_matrix().data, layer.route_bias_G1.rows(),
                  0.0f);  // half of them close
  BatchBuilder builder(config);
  builder.begin_sequence();
  builder.audio(noise_mel(40, 3));
  builder.text(ids(11, 4));
  Rng rng(33);
  builder.paint(random_values(rng, size_t(kPaintTokens) * kPaintValues), 0.4f);
  builder.begin_sequence();
  builder.image(noise_picture(1));
  const std::vector<int32_t> alignment = {0, 0, 1, 2, 4};
  builder.speak(random_values(rng, 5 * kSpeakValues), 0.5f, "hello", alignment);
  const Batch batch = builder.build();

  double open = 0, all = 0;
  const auto out = f.model.forward(f.ops, batch);
  for (const CpuTensor& gate : out.trunk.gates_N1)
    for (int row = 0; row < gate.rows(); ++row, ++all) open += gate.row(row)[0];
  EXPECT_GT(open / all, 0.2);
  EXPECT_LT(open / all, 0.8);
  for (bool cached : {false, true}) {
    f.ops.routing = true;
    const auto skipped = f.rows_of(batch, cached);
    for (KvCache& cache : f.caches) cache.clear();
    f.ops.routing = false;
    EXPECT_EQ(f.rows_of(batch, cached), skipped);
    for (KvCache& cache : f.caches) cache.clear();
  }
}

// Noisy rows alone behind a cached prompt: layers that they pass by at their noise level are left
// out, step after step.
TEST(Model, LayersThatPaintedRowsPassByAreLeftOutWithoutATrace) {
  ModelSpec config = tiny_config();
  config.layers = 6;
  config.modality("paint").until = {1, 0, 0.2f, 1, 1, 1};
  ModelFixture f(2, config);
  Rng rng(34);
  const auto z = random_values(rng, size_t(kPaintTokens) * kPaintValues);
  const auto steps = [&](bool routing) {
    f.ops.routing = routing;
    for (KvCache& cache : f.caches) cache.clear();
    BatchBuilder context(config);
    context.begin_sequence();
    context.text(ids(9, 10));
    (void)f.rows_of(context.build(), true);
    std::vector<float> all;
    for (float t : {0.0f, 0.3f, 0.5f}) {
      BatchBuilder step(config);
      step.begin_sequence({.past = 9, .time = context.time()});
      step.paint(z, t);
      const auto rows = f.rows_of(step.build(), true);
      all.insert(all.end(), rows.begin(), rows.end());
      for (size_t i = 0; i < f.caches.size(); ++i) {
        const bool left_out = routing && (i == 1 || (i == 2 && t > 0.2f));
        EXPECT_EQ(f.caches[i].length(0), left_out ? 9 : 9 + kPaintTokens) << i;
        f.caches[i].truncate(0, 9);
      }
    }
    return all;
  };
  const auto rows = steps(true);
  EXPECT_EQ(rows, steps(false));
  f.model.trunk.spec.modality("paint").until.clear();
  EXPECT_NE(rows, steps(false));
}

TEST(Model, PaintedRowsPassLayersByBesideOtherRowsToo) {
  ModelSpec config = tiny_config();
  config.layers = 6;
  config.modality("paint").until = {1, 0, 0.2f, 1, 1, 1};
  ModelFixture f(2, config);
  Rng rng(36);
  BatchBuilder builder(config);
  for (float t : {0.1f, 0.5f}) {
    builder.begin_sequence();
    builder.text(ids(9, 10));
    builder.paint(random_values(rng, size_t(kPaintTokens) * kPaintValues), t);
  }
  const Batch batch = builder.build();
  const auto skipped = f.rows_of(batch);
  f.ops.routing = false;
  EXPECT_EQ(f.rows_of(batch), skipped);
  const auto out = f.model.forward(f.ops, batch);
  const int first = batch.group_bounds[kPaintGroup];
  for (int row = first; row < batch.rows(); ++row) {
    EXPECT_EQ(out.trunk.gates_N1[0].row(row)[0], 0) << row;  // layer 1
    if (row < first + kPaintTokens) continue;
    EXPECT_EQ(out.trunk.gates_N1[1].row(row)[0], 0) << row;  // layer 2, of the later picture
  }
}

// A plan is made as if every row ran; whatever the gates say then, the pass finds its memory.
TEST(Model, WhatWasPlannedIsEnoughWhateverTheGatesSay) {
  ModelSpec config = tiny_config();
  config.layers = 6;
  ModelFixture f(2, config);
  BatchBuilder clean(config), noisy(config);
  clean.begin_sequence();
  clean.image(noise_picture(1));
  clean.audio(noise_mel(40, 3));
  clean.text(ids(11, 4));
  Rng rng(35);
  for (int s = 0; s < 2; ++s) {
    noisy.begin_sequence();
    noisy.paint(random_values(rng, size_t(kPaintTokens) * kPaintValues), 0.4f);
  }
  const auto close = [&](int layer, int group, bool closed) {
    auto& bias = f.model.trunk.layers[layer].route_bias_G1;
    bias.mutable_matrix().row(group)[0] = closed ? -100.0f : 100.0f;
  };
  const auto expect_room = [&](const Batch& batch, int closed) {
    Arena arena;  // with no more room than the plan asks for
    CpuOps ops(arena, f.pool);
    const auto pass = [&] { f.model.forward(ops, batch); };
    ASSERT_TRUE(ops.reserve(pass));
    for (int again = 0; again < 2; ++again) {
      pass();
      ASSERT_TRUE(ops.status()) << closed << ": " << ops.status().error().message();
      ops.repeat();
    }
  };
  const Batch read = clean.build(), painted = noisy.build();
  for (int closed = 0; closed < 8; ++closed) {
    for (int layer = 1; layer < 4; ++layer) {
      for (int g = 0; g < 3; ++g) close(layer, g, closed >> g & 1);  // text, see, hear
      close(layer, kPaintGroup, closed >> (layer - 1) & 1);          // these layer by layer
    }
    expect_room(read, closed);
    expect_room(painted, closed);
  }
}

TEST(Model, AblationsRunToo) {
  for (bool groups : {false, true}) {
    ModelSpec config = tiny_config();
    config.merged = !groups;
    config.hierarchy = groups ? false : true;
    config.context = 512;
    ModelFixture f(2, config);
    BatchBuilder builder(config);
    builder.begin_sequence();
    add_everything(builder);
    for (float value : f.rows_of(builder.build())) ASSERT_TRUE(std::isfinite(value));
  }
}

// Text behind rows of numbers stands behind all of them in time, as behind a sound.
TEST(Model, TheClockGoesBehindTheLastRow) {
  const ModelSpec spec = with_rows(tiny_config(), "gauges", 2, 0);
  const auto time_behind = [&](std::vector<Position> places) {
    BatchBuilder builder(spec);
    builder.begin_sequence();
    builder.text(ids(3, 1));
    builder.patches(spec.find("gauges"), std::vector<float>(2 * places.size()), places);
    return builder.time();
  };
  EXPECT_EQ(time_behind({{0, 1, 2}, {0, 3, 4}}), 4);
  EXPECT_EQ(time_behind({{0, 0, 0}, {37.5f, 0, 0}, {74, 0, 0}}), 3 + 75);
}

TEST(WeightSource, KeepsTheFirstError) {
  WeightSource source([](const std::string& name, int, int) -> Result<std::vector<float>> {
    if (name == "trunk.layer_1.query") return bad_input("no " + name);
    if (name > "trunk") return bad_input("later");
    return std::vector<float>(1);
  });
  EXPECT_EQ(source.get("a", 1, 1, {}).rows(), 1);
  EXPECT_EQ(source.get("trunk.layer_1.query", 4, 4, {}).rows(), 0);
  EXPECT_EQ(source.get("trunk.layer_1.up", 4, 4, {}).rows(), 0);
  ASSERT_FALSE(source.status());
  EXPECT_EQ(source.status().error().message(), "no trunk.layer_1.query");
}

}  // namespace
}  // namespace tutti
