// Losses whose values are known in closed form: a model whose output matrices are zero says
// nothing, so every loss is that of a uniform answer, of the data's own energy, or of a fixed bias.
#include "train/losses.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/objectives/vocoder_loss.h"
#include "train/weights.h"

namespace tutti {
namespace {

using torch::Tensor;

ModelConfig tiny() {
  ModelConfig c;
  c.vocabulary = 320;
  c.width = c.local_width = 64;
  c.layers = 4;
  c.ffn = {64, 64, 64, 64, 64};
  c.stem_width = c.bottleneck = 16;
  c.audio_blocks = c.vocoder_blocks = 1;
  c.modulation_rank = 8;
  c.speech_text_width = c.embedding = c.vocoder_width = 32;
  return c;
}

class Losses : public testing::Test {
 protected:
  Losses() : ops_(torch::kCPU, torch::kFloat), weights_(7, torch::kCPU) {}

  Tensor& weight(const std::string& name) {
    for (auto& entry : weights_.entries())
      if (entry.name == name) return entry.value;
    ADD_FAILURE() << "no weight is named " << name;
    return weights_.entries()[0].value;
  }
  void clear(const std::string& name) {
    torch::NoGradGuard no_grad;
    weight(name).zero_();
  }

  TrainBatch batch_of(const std::vector<Example>& examples) {
    Rng rng(3);
    CollateOptions options;
    options.drop_text = 0;
    return collate(model_.config, examples, options, rng);
  }
  StepLosses losses_of(const TrainBatch& batch, const LossWeights& weights = {}) {
    return compute_losses(ops_, model_, batch, weights);
  }
  // The unweighted value of a term; NaN if it is not there.
  static double value(const StepLosses& losses, const std::string& name) {
    for (const LossTerm& term : losses.terms)
      if (term.name == name) return term.value.item<double>();
    return NAN;
  }

  TorchOps ops_;
  Weights weights_;
  Model<TorchOps> model_{Scope<Weights>(weights_, ""), tiny()};
};

Segment text(std::vector<int32_t> tokens, bool target = false) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

Segment picture(Segment::Kind kind, int side) {
  Segment segment;
  segment.kind = kind;
  segment.image = make_picture(side, side, 3);
  for (size_t i = 0; i < segment.image.pixels.size(); ++i)
    segment.image.pixels[i] = uint8_t(i * 31 % 256);
  return segment;
}

Segment sound(Segment::Kind kind, int frames, const std::string& transcript) {
  Segment segment;
  segment.kind = kind;
  for (int i = 0; i < frames * kMelBins; ++i) segment.mel.values.push_back(std::sin(float(i)));
  segment.transcript = transcript;
  return segment;
}

TEST_F(Losses, TextThatKnowsNothingCostsTheVocabularysLogarithm) {
  clear("pieces");
  Segment image = picture(Segment::Kind::image, 128);
  image.located = {{2, 30}};
  Segment asked = text({20, 21});
  asked.located = {{0, 31}};
  const auto losses = losses_of(batch_of({{Task::question, {image, asked, text({40, 41}, true)}}}));
  const double uniform = std::log(320);
  for (const char* name : {"text", "text.question", "locate", "mention"})
    EXPECT_NEAR(value(losses, name), uniform, 1e-5) << name;
  EXPECT_TRUE(std::isnan(value(losses, "text.caption")));
}

TEST_F(Losses, CappedCrossEntropyIsItsFormula) {
  for (const float cap : {2.0f, 15.0f, 300.0f}) {
    const std::vector<double> x = {0, 5, -40, 1000, 3, -1000};
    const Tensor logits = torch::tensor(std::vector<float>(x.begin(), x.end())).reshape({1, 6});
    for (int64_t target = 0; target < 6; ++target) {
      double sum = 0, most = -INFINITY;
      std::vector<double> capped;
      for (double v : x) capped.push_back(cap * std::tanh(v / cap));
      for (double v : capped) most = std::max(most, v);
      for (double v : capped) sum += std::exp(v - most);
      const double wanted = most + std::log(sum) - capped[size_t(target)];
      const Tensor ids = torch::tensor({target});
      EXPECT_NEAR(ops_.capped_cross_entropy(logits, ids, cap).item<double>(), wanted,
                  1e-5 * (1 + wanted));
      // The fused kernel on bf16 logits, which hold these numbers exactly but for their 8 bits; far
      // below the cap every exponential must not vanish.
      TorchOps fused(torch::kCPU, torch::kBFloat16);
      const double got = fused.capped_cross_entropy(logits.to(torch::kBFloat16), ids, cap)
                             .to(torch::kFloat)
                             .item<double>();
      EXPECT_NEAR(got, wanted, 0.01 * (1 + wanted)) << "cap " << cap << " target " << target;
    }
    // A row far below the cap: all of its terms are e^(-2 cap) beside the cap's.
    TorchOps fused(torch::kCPU, torch::kBFloat16);
    Tensor low = torch::full({1, 4}, -1e6f).to(torch::kBFloat16).set_requires_grad(true);
    const Tensor loss = fused.capped_cross_entropy(low, torch::tensor({int64_t(1)}), cap);
    EXPECT_NEAR(loss.to(torch::kFloat).item<double>(), std::log(4), 1e-3) << "cap " << cap;
    loss.sum().backward();
    EXPECT_TRUE(torch::isfinite(low.grad().to(torch::kFloat)).all().item<bool>());
  }
}

// With zero heads the prediction is zero: what is left is the data's own energy, weighed.
TEST_F(Losses, FlowIsTheWeighedSquareOfTheError) {
  Segment speech = sound(Segment::Kind::speak, 8, "ab");
  speech.timing = {{0, 2, 0.0f, 0.08f}};
  const TrainBatch batch = batch_of({{Task::paint, {text({20}), picture(Segment::Kind::paint, 64)}},
                                     {Task::paint, {text({21}), picture(Segment::Kind::paint, 64)}},
                                     {Task::speak, {text({22}), speech}}});
  const auto energy = [](const std::vector<float>& clean, const std::vector<float>& weight) {
    const size_t width = clean.size() / weight.size();
    double sum = 0;
    for (size_t i = 0; i < clean.size(); ++i)
      sum += double(weight[i / width]) * double(clean[i]) * double(clean[i]);
    return sum / double(clean.size());
  };
  const auto losses = losses_of(batch);
  const double paint = energy(batch.paint_clean, batch.paint_weight);
  EXPECT_NEAR(value(losses, "paint"), paint, 1e-4 * paint);
  const double speak = energy(batch.speak_clean, batch.speak_weight);
  EXPECT_NEAR(value(losses, "speak"), speak, 1e-4 * speak);
  // ln 2 for each letter's one token, 0 for the spaces; the bias says 1 everywhere.
  EXPECT_NEAR(value(losses, "duration"), (2 * (1 - std::log(2)) + 2) / 4, 1e-5);
  EXPECT_EQ(losses.paint.abs().max().item<float>(), 0);
}

TEST_F(Losses, GradientsAreFiniteDifferences) {
  const TrainBatch batch =
      batch_of({{Task::paint, {text({20}), picture(Segment::Kind::paint, 64)}}});
  LossWeights weights;
  weights.route = 0;
  losses_of(batch, weights).total.backward();
  Tensor& head = weight("heads.paint");
  const Tensor gradient = head.grad().clone();
  torch::NoGradGuard no_grad;
  for (const auto& [row, column] : {std::pair{0, 0}, {17, 5}, {191, 63}}) {
    // The loss is a square in the head's weights, so a central difference is exact but for
    // rounding.
    const auto total_at = [&](float step) {
      head[row][column] += step;
      const double total = losses_of(batch, weights).total.item<double>();
      head[row][column] -= step;
      return total;
    };
    const double measured = (total_at(0.5f) - total_at(-0.5f)) / 1.0;
    EXPECT_NEAR(gradient[row][column].item<double>(), measured, 1e-3 * (1 + std::abs(measured)));
  }
}

// Pairs whose embeddings are zero: every logit is the bias, -10 at the start.
TEST_F(Losses, ContrastCountsWhatIsComparable) {
  clear("heads.embed");
  std::vector<Example> examples;
  const auto pair = [&](Example left, Example right, int number) {
    left.pair = right.pair = number;
    examples.push_back(left);
    examples.push_back(right);
  };
  const auto seen = [] { return Example{Task::caption, {picture(Segment::Kind::image, 128)}}; };
  const auto heard = [] {
    return Example{Task::transcribe, {sound(Segment::Kind::audio, 24, "")}};
  };
  const auto said = [](int32_t id) { return Example{Task::text, {text({id, 60})}}; };
  pair(seen(), said(50), 0);
  pair(seen(), said(51), 1);
  pair(seen(), said(50), 2);   // means the same as the first: not its negative
  pair(heard(), said(52), 3);  // another space: nobody's negative
  const double own = std::log1p(std::exp(10.0)), other = std::log1p(std::exp(-10.0));
  const auto losses = losses_of(batch_of(examples));
  // Four of their own; 0-1, 1-0, 1-2, 2-1 apart.
  EXPECT_NEAR(value(losses, "contrast"), (4 * own + 4 * other) / 4, 1e-4);
}

// Uniform labels: each of the C(T + L, 2L) paths of T labels that spell L different bytes has the
// probability 257^-T.
TEST_F(Losses, CtcCountsThePaths) {
  clear("heads.ctc");
  const auto losses =
      losses_of(batch_of({{Task::transcribe, {sound(Segment::Kind::audio, 24, "ab")}},
                          {Task::transcribe, {sound(Segment::Kind::audio, 12, "c")}}}));
  const auto choose = [](double n, double k) {
    return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
  };
  const double first = (12 * std::log(257) - std::log(choose(14, 4))) / 2,
               second = 6 * std::log(257) - std::log(choose(7, 2));
  EXPECT_NEAR(value(losses, "ctc"), (first + second) / 2, 1e-3);
  // What is too fast to spell is left out: 6 labels for 9 bytes.
  const auto fast =
      losses_of(batch_of({{Task::transcribe, {sound(Segment::Kind::audio, 12, "abcdefghi")}}}));
  EXPECT_TRUE(std::isnan(value(fast, "ctc")));
}

TEST_F(Losses, AMatteOfHalvesCostsAnEdge) {
  clear("heads.matte.pixels");
  Example example{Task::matte, {picture(Segment::Kind::image, 128)}};
  example.alpha = make_picture(128, 128, 1);
  for (int y = 0; y < 128; ++y)
    for (int x = 64; x < 128; ++x) *example.alpha.at(x, y) = 255;
  // One half everywhere: ln 2 a pixel, and the one column of 127 where alpha steps from 0 to 1.
  EXPECT_NEAR(value(losses_of(batch_of({example})), "matte"), std::log(2) + 1.0 / 127, 1e-5);
}

TEST_F(Losses, RoutesAreHeldToTheirShares) {
  LossWeights weights;
  weights.route_target = {0.1, 0.2, 0.3, 0.4, 0.5};
  const TrainBatch batch =
      batch_of({{Task::caption, {picture(Segment::Kind::image, 128), text({20}, true)}}});
  const auto losses = losses_of(batch, weights);
  const double text_share = value(losses, "route.text"), see_share = value(losses, "route.see");
  ASSERT_GE(text_share, 0);
  EXPECT_NEAR(value(losses, "route"), (std::abs(text_share - 0.1) + std::abs(see_share - 0.2)) / 2,
              1e-6);
}

TEST_F(Losses, TheTotalIsTheWeighedSum) {
  const TrainBatch batch =
      batch_of({{Task::caption, {text({20}), text({30}, true)}},
                {Task::paint, {text({20}), picture(Segment::Kind::paint, 64)}}});
  LossWeights weights;
  weights.text = 3;
  weights.paint = 0.5;
  const auto losses = losses_of(batch, weights);
  double sum = 0;
  for (const LossTerm& term : losses.terms) sum += term.weight * term.value.item<double>();
  EXPECT_NEAR(losses.total.item<double>(), sum, 1e-4 * sum);
  EXPECT_NEAR(sum,
              3 * value(losses, "text") + 0.5 * value(losses, "paint") +
                  weights.route * (std::isnan(value(losses, "route")) ? 0 : value(losses, "route")),
              1e-4 * sum);
  weights.text = weights.paint = weights.route = 0;
  EXPECT_FALSE(losses_of(batch, weights).total.defined());  // nothing weighs anything
  EXPECT_FALSE(losses_of(batch_of({})).total.defined());
}

TEST(VocoderLoss, SilenceIsSilenceAndAHalfIsFar) {
  const std::vector<int32_t> frames = {12};
  const Tensor samples = torch::zeros({12 * 160});
  Tensor spectrum = torch::zeros({12, 771});
  spectrum.narrow(1, 0, 257).fill_(-30);  // ln magnitude
  EXPECT_NEAR(vocoder_loss(spectrum, samples, frames).item<double>(), 0, 1e-4);
  // Against a tone, silence misses all of its energy: a spectral convergence of 1, and logarithms.
  const Tensor tone = torch::sin(torch::arange(12 * 160) * 0.3);
  EXPECT_GT(vocoder_loss(spectrum, tone, frames).item<double>(), 1);
}

TEST(VocoderLoss, GradientsAreFiniteDifferences) {
  torch::manual_seed(4);
  const std::vector<int32_t> frames = {12};
  const Tensor samples = torch::randn({12 * 160}, torch::kDouble) * 0.1;
  Tensor spectrum = torch::randn({12, 771}, torch::kDouble).set_requires_grad(true);
  vocoder_loss(spectrum.to(torch::kFloat), samples.to(torch::kFloat), frames).backward();
  const Tensor gradient = spectrum.grad().clone();
  torch::NoGradGuard no_grad;
  // Along the gradient, where the change is large beside FP32's rounding.
  const Tensor along = gradient / gradient.norm();
  const double step = 1e-2;
  const auto loss_at = [&](double by) {
    return vocoder_loss((spectrum + by * along).to(torch::kFloat), samples.to(torch::kFloat),
                        frames)
        .item<double>();
  };
  const double measured = (loss_at(step) - loss_at(-step)) / (2 * step);
  EXPECT_NEAR(measured, gradient.norm().item<double>(), 0.05 * measured);
}

}  // namespace
}  // namespace tutti
