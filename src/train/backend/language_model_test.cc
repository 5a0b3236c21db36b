// Llama-, Qwen- and GPT-shaped trunks in the product, against an independent implementation of
// those models in plain PyTorch operations (below), on the same random weights: whole passes, a
// cache, a batch, INT8, and the same description through libtorch.
//
// The bound of FP32. Both sides differ in the order of sums alone: a dot product of K terms has a
// relative error of about eps * sqrt(K), and D of them one after another, each independent, of eps
// * sqrt(K * D); twice that for two sides, and a factor of 4 because softmax, norms and activations
// are not perfectly conditioned, with eps = 2^-24.
#include <gtest/gtest.h>

#include "model/model.h"
#include "tests/helpers/ops_fixture.h"
#include "tests/helpers/random_weights.h"
#include "train/backend/torch_ops.h"

namespace tutti {
namespace {

using torch::Tensor;

ModelSpec small_language(int width, int layers, int kv_heads, int ffn, int vocabulary) {
  ModelSpec spec = ModelSpec::language(width, layers, kv_heads, ffn, vocabulary);
  spec.context = 128;
  return spec;
}

// Llama 3's: output apart, stretched rotations. 32 tokens are "the context that it learned on", so
// that all three kinds of stretching occur.
ModelSpec llama() {
  ModelSpec spec = small_language(256, 4, 2, 512, 512);
  spec.block.rope = RopeSpec::language(5e5f);
  spec.block.rope.factor = 8;
  spec.block.rope.original = 32;
  spec.block.eps = 1e-5f;
  spec.block.tied = false;
  return spec;
}

// Qwen2.5-0.5B's widths, with fewer layers and pieces.
ModelSpec qwen() {
  ModelSpec spec = small_language(896, 2, 2, 4864, 2048);
  spec.block.rope = RopeSpec::language(1e6f);
  spec.block.qkv_bias = true;
  return spec;
}

// GPT-2's norms, activation and biases.
ModelSpec gpt() {
  ModelSpec spec = small_language(192, 3, 0, 400, 400);
  spec.block.norm = BlockSpec::Norm::layer;
  spec.block.eps = 1e-5f;
  spec.block.activation = Activation::gelu;
  spec.block.qkv_bias = spec.block.bias = true;
  return spec;
}

// Gemma's activation and cap, Qwen3's norms of queries and keys.
ModelSpec gemma() {
  ModelSpec spec = small_language(128, 2, 1, 192, 320);
  spec.block.activation = Activation::geglu;
  spec.block.qk_norm = true;
  spec.logit_cap = 30;
  return spec;
}

// The models as their papers and reference code describe them, token by token in FP32.
class Reference {
 public:
  explicit Reference(const ModelSpec& spec) : s_(spec), b_(spec.block) {}

  Tensor logits(const std::vector<int32_t>& ids) const {
    torch::NoGradGuard no_grad;
    const int64_t n = int64_t(ids.size());
    Tensor x = weight("pieces", s_.vocabulary, s_.width)
                   .index_select(0, torch::tensor(at::ArrayRef<int32_t>(ids), torch::kLong));
    for (int i = 0; i < s_.layers; ++i) {
      const std::string at = "trunk.layer_" + std::to_string(i) + ".";
      x = x + attention(at, norm(x, at + "attention"), n);
      x = x + feed_forward(at, norm(x, at + "ffn"));
    }
    const Tensor y =
        torch::matmul(norm(x, "trunk.final"), (b_.tied ? weight("pieces", s_.vocabulary, s_.width)
                                                       : weight("output", s_.vocabulary, s_.width))
                                                  .t());
    return s_.logit_cap > 0 ? torch::tanh(y / s_.logit_cap) * s_.logit_cap : y;
  }

 private:
  static Tensor weight(const std::string& name, int rows, int cols) {
    return torch::tensor(weight_values(name, rows, cols)).reshape({rows, cols});
  }

  Tensor norm(const Tensor& x, const std::string& name) const {
    const Tensor gain = weight(name + "_norm", 1, s_.width);
    if (b_.norm == BlockSpec::Norm::rms)
      return x / torch::sqrt(x.pow(2).mean(-1, true) + b_.eps) * gain;
    return torch::layer_norm(x, {s_.width}, gain[0], weight(name + "_shift", 1, s_.width)[0],
                             b_.eps);
  }

  Tensor project(const std::string& name, const Tensor& x, int out, bool bias) const {
    Tensor y = torch::matmul(x, weight(name, out, int(x.size(1))).t());
    return bias ? y + weight(name + "_bias", 1, out) : y;
  }

  // Rotates halves, as Llama's reference code for converted weights does. x: n x heads x 64.
  Tensor rotate(const Tensor& x) const {
    const int64_t n = x.size(0);
    std::vector<float> angles;
    for (int64_t t = 0; t < n; ++t)
      for (int copy = 0; copy < 2; ++copy)
        for (int j = 0; j < 32; ++j) angles.push_back(float(double(t) * frequency(j)));
    const Tensor a = torch::tensor(angles).reshape({n, 1, 64});
    const Tensor half = torch::cat({-x.narrow(2, 32, 32), x.narrow(2, 0, 32)}, 2);
    return x * torch::cos(a) + half * torch::sin(a);
  }

  double frequency(int j) const {
    const double theta = std::pow(double(b_.rope.time.last), -32.0 / 31.0);
    const double plain = std::pow(theta, -2.0 * j / 64.0);
    const double wavelength = 2 * M_PI / plain, original = b_.rope.original;
    if (b_.rope.factor == 1 || wavelength < original / b_.rope.high) return plain;
    if (wavelength > original / b_.rope.low) return plain / b_.rope.factor;
    const double smooth = (original / wavelength - b_.rope.low) / (b_.rope.high - b_.rope.low);
    return (1 - smooth) * plain / b_.rope.factor + smooth * plain;
  }

  Tensor head_norm(const Tensor& x, const std::string& name) const {
    if (!b_.qk_norm) return x;
    return x / torch::sqrt(x.pow(2).mean(-1, true) + 1e-6) * weight(name, 1, 64);
  }

  Tensor attention(const std::string& at, const Tensor& x, int64_t n) const {
    const int heads = s_.attention_heads(), kv = s_.kv_heads();
    const Tensor q = project(at + "query", x, s_.width, b_.qkv_bias).reshape({n, heads, 64});
    const Tensor both = project(at + "key_value", x, 2 * kv * 64, b_.qkv_bias);
    const Tensor k = both.narrow(1, 0, kv * 64).reshape({n, kv, 64});
    const Tensor v = both.narrow(1, kv * 64, kv * 64).reshape({n, kv, 64});
    const auto per_head = [&](const Tensor& t) {
      return t.repeat_interleave(heads / t.size(1), 1).transpose(0, 1);
    };
    const Tensor queries = per_head(rotate(head_norm(q, at + "query_gain")));
    const Tensor keys = per_head(rotate(head_norm(k, at + "key_gain")));
    Tensor scores = torch::matmul(queries, keys.transpose(1, 2)) / 8.0;
    scores = scores + torch::full({n, n}, -INFINITY).triu(1);
    const Tensor y = torch::matmul(torch::softmax(scores, -1), per_head(v));
    return project(at + "output", y.transpose(0, 1).reshape({n, s_.width}), s_.width, b_.bias);
  }

  Tensor feed_forward(const std::string& at, const Tensor& x) const {
    const int ffn = s_.groups[0].ffn;
    const bool gated = is_gated(b_.activation);
    Tensor h = project(at + "up", x, gated ? 2 * ffn : ffn, b_.bias);
    if (b_.activation == Activation::swiglu)
      h = torch::silu(h.narrow(1, 0, ffn)) * h.narrow(1, ffn, ffn);
    else if (b_.activation == Activation::geglu)
      h = torch::gelu(h.narrow(1, 0, ffn), "tanh") * h.narrow(1, ffn, ffn);
    else
      h = torch::gelu(h, "tanh");
    return project(at + "down", h, s_.width, b_.bias);
  }

  ModelSpec s_;
  BlockSpec b_;
};

std::vector<int32_t> tokens(int count, int vocabulary, int seed) {
  Rng rng(seed);
  std::vector<int32_t> ids;
  for (int i = 0; i < count; ++i) ids.push_back(rng.below(vocabulary));
  return ids;
}

WeightSource packed_as(Precision precision) {
  return WeightSource(
      [](const std::string& name, int rows, int cols) {
        return Result<std::vector<float>>(weight_values(name, rows, cols));
      },
      [precision](const std::string& name, int rows, int cols) -> Result<Weight> {
        const auto values = weight_values(name, rows, cols);
        Weight weight;
        TUTTI_ASSIGN(weight.packed,
                     PackedWeights::pack({values.data(), rows, cols, size_t(cols)}, precision));
        return weight;
      });
}

class LanguageModel : public testing::TestWithParam<ModelSpec (*)()> {
 protected:
  LanguageModel() : spec(GetParam()()), reference(spec), pool(2), ops(arena, pool) {}

  void load(Precision precision) {
    WeightSource source = packed_as(precision);
    model.emplace(Scope(source, ""), spec);
    ASSERT_TRUE(source.pack(pool)) << source.status().error().message();
    weights = source.take();
    ops.kept = precision == Precision::f32 ? Precision::f32 : Precision::bf16;
    for (int i = 0; i < spec.layers; ++i)
      caches.push_back(*KvCache::create(2, spec.context, spec.kv_heads(), ops.kept));
    for (KvCache& cache : caches) layers.push_back(&cache);
  }

  // Logits of every row.
  Tensor run(const Batch& batch, bool cached = false) {
    Tensor result;
    const auto pass = [&] {
      const auto out = model->forward(
          ops, batch, cached ? std::span<KvCache* const>(layers) : std::span<KvCache* const>());
      const CpuTensor y = model->heads.text_logits(ops, out.trunk.x_ND, model->output());
      if (ops.computing()) result = torch::tensor(contents(y)).reshape({y.rows(), y.cols()});
    };
    EXPECT_TRUE(ops.reserve(pass));
    pass();
    EXPECT_TRUE(ops.status()) << ops.status().error().message();
    return result;
  }

  Batch batch_of(const std::vector<int32_t>& ids, int past = 0) const {
    BatchBuilder builder(spec);
    builder.begin_sequence({.past = past, .time = float(past)});
    builder.text(ids);
    return builder.build();
  }

  double bound() const {
    const double longest = std::max(spec.width, spec.groups[0].ffn);
    return 8 * std::sqrt(longest * (6.0 * spec.layers + 1)) / double(1 << 24);
  }

  static double distance(const Tensor& got, const Tensor& want) {
    return ((got - want).norm() / want.norm()).item<double>();
  }

  ModelSpec spec;
  Reference reference;
  ThreadPool pool;
  Arena arena;
  CpuOps ops;
  WeightStorage weights;
  std::optional<Model<CpuOps>> model;
  std::vector<KvCache> caches;
  std::vector<KvCache*> layers;
};

TEST_P(LanguageModel, EqualsTheReference) {
  load(Precision::f32);
  const auto ids = tokens(60, spec.vocabulary, 1);
  const Tensor want = reference.logits(ids);
  const double error = distance(run(batch_of(ids)), want);
  RecordProperty("error", std::to_string(error));
  EXPECT_LT(error, bound());
}

// A prompt in two parts and then token by token, beside the whole of it at once.
TEST_P(LanguageModel, ACacheChangesNothing) {
  load(Precision::f32);
  const auto ids = tokens(45, spec.vocabulary, 2);
  const Tensor want = reference.logits(ids);
  int past = 0;
  for (const int count : {30, 12, 1, 1, 1}) {
    const std::vector<int32_t> part(ids.begin() + past, ids.begin() + past + count);
    const Tensor got = run(batch_of(part, past), /*cached=*/true);
    EXPECT_LT(distance(got, want.narrow(0, past, count)), bound()) << past;
    past += count;
  }
}

TEST_P(LanguageModel, EqualsItselfInABatch) {
  load(Precision::f32);
  const auto first = tokens(33, spec.vocabulary, 3), second = tokens(20, spec.vocabulary, 4);
  BatchBuilder builder(spec);
  builder.begin_sequence();
  builder.text(first);
  builder.begin_sequence();
  builder.text(second);
  const Tensor both = run(builder.build());
  EXPECT_TRUE(torch::equal(both.narrow(0, 0, 33), run(batch_of(first))));
  EXPECT_TRUE(torch::equal(both.narrow(0, 33, 20), run(batch_of(second))));
}

// Rounding a row of normal values to INT8 by its largest (about 3.5 of its deviations) leaves an
// error of 3.5 / 127 / sqrt(12) = 0.8 % of it; of weights and of inputs, 1.1 % a product. Errors of
// D products in a row add up as sqrt(D), and twice that is for what attention and gates sharpen.
TEST_P(LanguageModel, Int8StaysNear) {
  load(Precision::int8);
  const auto ids = tokens(60, spec.vocabulary, 5);
  const double error = distance(run(batch_of(ids)), reference.logits(ids));
  RecordProperty("error", std::to_string(error));
  EXPECT_LT(error, 2 * 0.011 * std::sqrt(6.0 * spec.layers + 1));
  EXPECT_GT(error, 1e-4);  // it is INT8
}

TEST_P(LanguageModel, IsTheSameDescriptionForLibtorch) {
  struct Source {
    Tensor get(const std::string& name, int rows, int cols, const ParamSpec&) {
      return torch::tensor(weight_values(name, rows, cols)).reshape({rows, cols});
    }
  } source;
  torch::NoGradGuard no_grad;
  TorchOps torch_ops(torch::kCPU, torch::kFloat);
  const Model<TorchOps> theirs(Scope(source, ""), spec);
  const auto ids = tokens(50, spec.vocabulary, 6);
  const auto out = theirs.forward(torch_ops, batch_of(ids));
  const Tensor got = theirs.heads.text_logits(torch_ops, out.trunk.x_ND, theirs.output());
  EXPECT_LT(distance(got, reference.logits(ids)), bound());
}

std::string shape_name(const testing::TestParamInfo<ModelSpec (*)()>& info) {
  const char* const names[] = {"Llama", "Qwen", "Gpt", "Gemma"};
  return names[info.index];
}

INSTANTIATE_TEST_SUITE_P(Shapes, LanguageModel, testing::Values(&llama, &qwen, &gpt, &gemma),
                         shape_name);

}  // namespace
}  // namespace tutti
