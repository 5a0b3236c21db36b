// The architecture is written once; this test holds its two instantiations against each other: the
// same weights and inputs through libtorch and through the CPU runtime, for every kind of token and
// every head.
//
// The bound. Both compute in FP32 and differ only in the order of sums. A dot product of K terms
// carries a relative error of about eps * sqrt(K); D of them in sequence, each independent, add up
// to eps * sqrt(K * D). With K <= 1152 (the widest convolution), D <= 80 (products from pixels to a
// head in this model) and eps = 2^-24 that is 1.8e-5; twice that for two sides, and a factor of 4
// because softmax, norms and squares are not perfectly conditioned.
#include <gtest/gtest.h>

#include "model/model.h"
#include "tests/helpers/ops_fixture.h"
#include "tests/helpers/random_weights.h"
#include "train/backend/torch_ops.h"

namespace tutti {
namespace {

const double kBound = 8 * std::sqrt(1152.0 * 80) / double(1 << 24);

// The same values that random_weights() gives the runtime.
struct TorchWeights {
  torch::Tensor get(const std::string& name, int rows, int cols, const ParamSpec&) {
    return torch::tensor(weight_values(name, rows, cols)).reshape({rows, cols});
  }
};

std::vector<float> random_floats(size_t count, int seed) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (float& value : values) value = float(rng.normal());
  return values;
}

Picture random_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(kImageSize, kImageSize, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

// One sequence of each task, so that every kind of token meets every other.
Batch everything(const ModelSpec& config) {
  const std::vector<int32_t> prompt = {1, 20, 33, 7}, answer = {5, 90, 2, 17, 40};
  BatchBuilder builder(config);
  builder.begin_sequence();  // image, then text
  builder.image(random_picture(1));
  builder.text(prompt);
  builder.text(answer);
  builder.begin_sequence({.clock = int64_t(3600) * 90000});  // an hour on: clip, sound, text
  builder.clip(std::vector<Picture>(kClipFrames, random_picture(2)));
  builder.audio({kMelBins, random_floats(137 * kMelBins, 3)});
  builder.text(answer);
  builder.begin_sequence();  // text to picture
  builder.text(prompt);
  builder.paint(random_floats(size_t(kPaintTokens) * kPaintValues, 4), 0.3f);
  builder.begin_sequence();  // text to speech
  builder.text(answer);
  const std::vector<int32_t> alignment = {0, 1, 1, 2, 3, 3, 4};
  builder.speak(random_floats(alignment.size() * kSpeakValues, 5), 0.7f, " say ", alignment);
  return builder.build();
}

class Parity : public OpsFixture, public testing::Test {
 protected:
  explicit Parity(ModelSpec c = tiny_config())
      : config(c),
        batch(everything(config)),
        source(random_weights()),
        ours(Scope(source, ""), config),
        theirs(Scope(torch_weights, ""), config) {}

  void expect_same(const char* what, const CpuTensor& got, const torch::Tensor& want) {
    ASSERT_TRUE(ops.status()) << ops.status().error().message();
    const torch::Tensor w = want.to(torch::kFloat).contiguous();
    ASSERT_EQ(got.rows(), w.size(0)) << what;
    ASSERT_EQ(got.cols(), w.size(1)) << what;
    double error = 0, norm = 0;
    for (int r = 0; r < got.rows(); ++r)
      for (int c = 0; c < got.cols(); ++c) {
        const double expected = w.data_ptr<float>()[int64_t(r) * got.cols() + c];
        error += (got.row(r)[c] - expected) * (got.row(r)[c] - expected);
        norm += expected * expected;
      }
    EXPECT_GT(norm, 0) << what;
    EXPECT_LT(std::sqrt(error / norm), kBound) << what;
    RecordProperty(what, std::to_string(std::sqrt(error / norm)));
  }

  void compare_everything() {
    torch::NoGradGuard no_grad;
    const auto a = ours.forward(ops, batch);
    const auto b = theirs.forward(torch_ops, batch);
    expect_same("trunk", a.trunk.x_ND, b.trunk.x_ND);
    expect_same("level 1, 32x32", a.pictures->stem_PS, b.pictures->stem_PS);
    expect_same("level 1, 16x16", a.pictures->local_PC, b.pictures->local_PC);
    expect_same("level 1, 8x8", a.pictures->tokens_PD, b.pictures->tokens_PD);
    expect_same("level 1, audio", *a.audio, *b.audio);
    for (size_t i = 0; i < a.trunk.gates_N1.size(); ++i)
      expect_same("gate", a.trunk.gates_N1[i], b.trunk.gates_N1[i]);
    compare_heads(a, b);
  }

  void compare_heads(const ModelOutput<CpuTensor>& a, const ModelOutput<torch::Tensor>& b) {
    const auto& begin = batch.row_begin;
    const auto rows = [&](auto& o, const auto& x, size_t modality) {
      return o.rows(x, begin[modality], begin[modality + 1]);
    };
    expect_same(
        "text head", ours.heads.text_logits(ops, rows(ops, a.trunk.x_ND, 0), ours.pieces),
        theirs.heads.text_logits(torch_ops, rows(torch_ops, b.trunk.x_ND, 0), theirs.pieces));
    for (size_t m = size_t(config.first_noisy()); m < config.modalities.size(); ++m)
      expect_same(config.modalities[m].name.c_str(),
                  ops.linear(rows(ops, a.trunk.x_ND, m), ours.heads.values[m]),
                  torch_ops.linear(rows(torch_ops, b.trunk.x_ND, m), theirs.heads.values[m]));
    const std::vector<int32_t> index = {0, 3, 5, 9, 11}, bounds = {0, 2, 5};
    expect_same("embedding head", ours.heads.embeddings(ops, a.trunk.x_ND, index, bounds),
                theirs.heads.embeddings(torch_ops, b.trunk.x_ND, index, bounds));
    expect_same("ctc head", ours.heads.ctc_logits(ops, *a.audio),
                theirs.heads.ctc_logits(torch_ops, *b.audio));
    const int pictures = batch.images + kClipTubelets * batch.clips;
    expect_same("matte head", ours.heads.matte->forward(ops, *a.pictures, pictures),
                theirs.heads.matte->forward(torch_ops, *b.pictures, pictures));
    expect_same("durations", ours.speech_text->durations(ops, *a.speech_text),
                theirs.speech_text->durations(torch_ops, *b.speech_text));
    std::vector<int32_t> neighbours;
    causal_neighbours(neighbours, 0, 40);
    const std::vector<float> mel = random_floats(40 * kMelBins, 6);
    expect_same(
        "vocoder", ours.vocoder->forward(ops, ops.constant(mel, 40, kMelBins), neighbours),
        theirs.vocoder->forward(torch_ops, torch_ops.constant(mel, 40, kMelBins), neighbours));
  }

  ModelSpec config;
  Batch batch;
  WeightSource source;
  TorchWeights torch_weights;
  TorchOps torch_ops{torch::kCPU, torch::kFloat};
  Model<CpuOps> ours;
  Model<TorchOps> theirs;
};

struct WithoutHierarchy : Parity {
  static ModelSpec flat() {
    ModelSpec config = tiny_config();
    config.hierarchy = false;
    return config;
  }
  WithoutHierarchy() : Parity(flat()) {}
};

struct WithMergedGroups : Parity {
  static ModelSpec merged() {
    ModelSpec config = tiny_config();
    config.merged = true;
    return config;
  }
  WithMergedGroups() : Parity(merged()) {}
};

struct WithFewerLayersLate : Parity {
  static ModelSpec fewer() {
    ModelSpec config = tiny_config();
    std::vector<float>& until = config.modality("paint").until;
    until.assign(size_t(config.layers), 1);
    until[1] = 0.2f;
    return config;
  }
  WithFewerLayersLate() : Parity(fewer()) {}
};

TEST_F(Parity, EveryModalityAndHead) {
  compare_everything();
}
TEST_F(WithoutHierarchy, EveryModalityAndHead) {
  compare_everything();
}
TEST_F(WithMergedGroups, EveryModalityAndHead) {
  compare_everything();
}

TEST_F(WithFewerLayersLate, EveryModalityAndHead) {
  compare_everything();
}

}  // namespace
}  // namespace tutti
