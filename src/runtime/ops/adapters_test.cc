// Requests with different adapters share a pass: each row gets what its own request's adapter adds,
// to the bit, and rows without one are as if nobody had any, in every precision.
#include "model/model.h"
#include "tests/helpers/ops_fixture.h"
#include "tests/helpers/random_weights.h"

namespace tutti {
namespace {

constexpr int kRank = 4;

// Low-rank pairs for the trunk's products, and the memory behind them.
struct RandomAdapter {
  Adapter<CpuTensor> pairs;
  std::deque<std::vector<float>> memory;

  RandomAdapter(const Model<CpuOps>& model, int seed) {
    Rng rng(seed);
    const auto add = [&](const Linear<CpuTensor>& w) {
      const auto make = [&](int rows, int cols) {
        memory.push_back(random_values(rng, size_t(rows) * size_t(cols), 0.3));
        return CpuTensor::view(memory.back().data(), rows, cols);
      };
      const int out = w.weight.rows(), in = w.weight.cols();
      CpuTensor down = make(kRank, in), up = make(out, kRank);
      pairs.emplace(w.name, LowRank<CpuTensor>{std::move(down), std::move(up)});
    };
    for (const auto& layer : model.trunk.layers) {
      for (const auto* w : {&layer.block.query, &layer.block.key_value, &layer.block.output})
        add(*w);
      for (const auto& w : layer.block.up) add(w);
      for (const auto& w : layer.block.down) add(w);
    }
  }
};

using Kind = std::tuple<Activation, Precision>;

// INT8 with calibrated scales, one for each group where rows of several groups share a product.
Result<Weight> packed_weight(const std::string& name, int rows, int cols, Precision precision) {
  const std::vector<float> values = weight_values(name, rows, cols);
  Weight weight;
  TUTTI_ASSIGN(weight.packed,
               PackedWeights::pack({values.data(), rows, cols, size_t(cols)}, precision));
  if (precision != Precision::int8) return weight;
  if (name.ends_with("query") || name.ends_with("key_value"))
    weight.groups = int(tiny_config().groups.size());
  for (int g = 0; g < weight.groups; ++g) weight.input_scales[size_t(g)] = 0.02f + 0.01f * float(g);
  return weight;
}

class Adapters : public testing::TestWithParam<Kind> {
 protected:
  static ModelSpec spec_for(Activation activation) {
    ModelSpec spec = tiny_config();
    spec.block.activation = activation;
    return spec;
  }
  Adapters()
      : spec(spec_for(std::get<0>(GetParam()))),
        source([](const std::string& name, int rows,
                  int cols) { return Result<std::vector<float>>(weight_values(name, rows, cols)); },
               [](const std::string& name, int rows, int cols) {
                 return packed_weight(name, rows, cols, std::get<1>(GetParam()));
               }),
        model(Scope(source, ""), spec),
        one(model, 1),
        two(model, 2) {
    ThreadPool threads(1);
    EXPECT_TRUE(source.pack(threads));
  }

  void add_text(BatchBuilder& builder, int seed, int adapter) {
    Rng rng(seed);
    std::vector<int32_t> ids;
    for (int i = 0; i < 9 + seed; ++i) ids.push_back(rng.below(spec.vocabulary));
    builder.begin_sequence({.adapter = adapter});
    if (seed % 2) {
      Picture picture = make_picture(kImageSize, kImageSize, 3);
      for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
      builder.image(picture);
    }
    builder.text(ids);
    if (seed % 3 == 0) builder.paint(random_values(rng, kPaintTokens * kPaintValues, 1), 0.3f);
  }

  // The text rows of each sequence.
  std::vector<std::vector<float>> run(const Batch& batch,
                                      std::span<const Adapter<CpuTensor>* const> adapters) {
    std::vector<std::vector<float>> rows;
    const auto pass = [&] {
      rows.clear();
      const auto out = model.forward(f.ops, batch, {}, adapters);
      if (!f.ops.computing()) return;
      for (const Span& span : batch.spans)
        if (span.modality == 0 || span.noise >= 0)
          rows.push_back(
              contents(f.ops.rows(out.trunk.x_ND, span.first_row, span.first_row + span.rows)));
    };
    EXPECT_TRUE(f.ops.reserve(pass));
    pass();
    EXPECT_TRUE(f.ops.status()) << f.ops.status().error().message();
    return rows;
  }

  std::vector<std::vector<float>> alone(int seed, const Adapter<CpuTensor>* adapter) {
    BatchBuilder builder(spec);
    add_text(builder, seed, adapter ? 0 : -1);
    return run(builder.build(), std::span(&adapter, adapter ? 1 : 0));
  }

  ModelSpec spec;
  WeightSource source;
  Model<CpuOps> model;
  RandomAdapter one, two;
  OpsFixture f;
};

TEST_P(Adapters, TwoInABatchEqualEachAlone) {
  BatchBuilder builder(spec);
  const std::pair<int, int> sequences[] = {{1, 0}, {2, -1}, {3, 1}, {4, 0}, {6, -1}, {9, 0}};
  for (const auto& [seed, adapter] : sequences) add_text(builder, seed, adapter);
  const Adapter<CpuTensor>* const adapters[] = {&one.pairs, &two.pairs};
  const auto together = run(builder.build(), adapters);
  size_t at = 0;
  for (const auto& [seed, adapter] : sequences)
    for (const auto& rows : alone(seed, adapter < 0 ? nullptr : adapters[adapter]))
      EXPECT_EQ(together[at++], rows) << seed;
  EXPECT_EQ(at, together.size());
  EXPECT_NE(together[0], alone(1, adapters[1])[0]);
}

// One that reaches some products leaves the others to the fused kernels.
TEST_P(Adapters, APartOfAnAdapterIsEnough) {
  Adapter<CpuTensor> part;
  for (const auto& [name, pair] : one.pairs)
    if (name.ends_with("output") || name.ends_with("query")) part.emplace(name, pair);
  const Adapter<CpuTensor>* const adapters[] = {&part, &two.pairs};
  BatchBuilder builder(spec);
  add_text(builder, 1, 0);
  add_text(builder, 2, -1);
  add_text(builder, 4, 1);
  const auto together = run(builder.build(), adapters);
  EXPECT_EQ(together[0], alone(1, &part)[0]);
  EXPECT_EQ(together[1], alone(2, nullptr)[0]);
  EXPECT_EQ(together[2], alone(4, &two.pairs)[0]);
  EXPECT_NE(together[0], alone(1, nullptr)[0]);
  EXPECT_NE(together[0], alone(1, &one.pairs)[0]);
}

// y = x (w + up down)^T: the same model with the pair added into its weights.
TEST_P(Adapters, AnAdapterIsAnAdditionToTheWeight) {
  if (std::get<1>(GetParam()) != Precision::f32) return;  // elsewhere the sum is rounded
  WeightSource merged([&](const std::string& name, int rows, int cols) {
    std::vector<float> values = weight_values(name, rows, cols);
    const auto pair = one.pairs.find(name);
    if (pair == one.pairs.end()) return Result<std::vector<float>>(std::move(values));
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < cols; ++c)
        for (int k = 0; k < kRank; ++k)
          values[size_t(r) * size_t(cols) + size_t(c)] +=
              pair->second.up_MR.row(r)[k] * pair->second.down_RK.row(k)[c];
    return Result<std::vector<float>>(std::move(values));
  });
  const Model<CpuOps> other(Scope(merged, ""), spec);
  BatchBuilder builder(spec);
  add_text(builder, 5, 0);
  const Batch batch = builder.build();
  std::vector<float> want;
  const auto pass = [&] {
    const auto out = other.forward(f.ops, batch);
    const Span& span = batch.spans.back();
    if (f.ops.computing())
      want = contents(f.ops.rows(out.trunk.x_ND, span.first_row, span.first_row + span.rows));
  };
  ASSERT_TRUE(f.ops.reserve(pass));
  pass();
  const std::vector<float> got = alone(5, &one.pairs)[0];
  double error = 0, norm = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    error += (got[i] - want[i]) * double(got[i] - want[i]);
    norm += want[i] * double(want[i]);
  }
  // As in parity_test.cc: sums of up to 128 terms, 24 products one after another, twice.
  EXPECT_LT(std::sqrt(error / norm), 8 * std::sqrt(128.0 * 24) / double(1 << 24));
}

INSTANTIATE_TEST_SUITE_P(Activations, Adapters,
                         testing::Combine(testing::Values(Activation::relu2, Activation::swiglu),
                                          testing::Values(Precision::f32, Precision::bf16,
                                                          Precision::int8)));

}  // namespace
}  // namespace tutti
