// Losses whose values are known in closed form: a model whose output matrices are zero says
// nothing, so every loss is that of a uniform answer, of the data's own energy, or of a fixed bias.
#include "train/objectives/objectives.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/backend/parameter_store.h"
#include "train/objectives/vocoder_loss.h"
#include "train/run/micro_batch.h"

namespace tutti {
namespace {

using torch::Tensor;

ModelSpec tiny() {
  ModelSpec c;
  c.vocabulary = 320;
  c.width = c.local_width = 64;
  c.layers = 4;
  for (GroupSpec& group : c.groups) group.ffn = 64;
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
    for (auto& entry : weights_.parameters())
      if (entry.name == name) return entry.value;
    ADD_FAILURE() << "no weight is named " << name;
    return weights_.parameters()[0].value;
  }
  void clear(const std::string& name) {
    torch::NoGradGuard no_grad;
    weight(name).zero_();
  }

  // The examples with their noise, which is the same every time.
  static std::vector<DrawnExample> drawn(std::vector<Example> examples) {
    Rng rng(3);
    NoiseOptions options;
    options.drop_text = 0;
    return draw_noise(std::move(examples), options, rng);
  }
  // Adds gradients, too.
  StepLosses losses_of(const std::vector<Example>& examples, const ObjectiveOptions& options = {},
                       int micro_batches = 1) {
    const ObjectiveList objectives = make_objectives(options);
    const auto all = drawn(examples);
    auto batches = make_micro_batches(model_.spec, objectives, all, micro_batches);
    return learn(ops_, model_, objectives, batches);
  }
  // The unweighted value of a term; NaN if it is not there.
  static double value(const StepLosses& losses, const std::string& name) {
    const auto at = losses.values.find(name);
    return at == losses.values.end() ? NAN : at->second;
  }

  TorchOps ops_;
  ParameterStore weights_;
  Model<TorchOps> model_{Scope<ParameterStore>(weights_, ""), tiny()};
};

Segment text(std::vector<int32_t> tokens, bool target = false) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

Segment picture(Stem stem, int side) {
  Segment segment;
  segment.stem = stem;
  segment.image = make_picture(side, side, 3);
  for (size_t i = 0; i < segment.image.pixels.size(); ++i)
    segment.image.pixels[i] = uint8_t(i * 31 % 256);
  return segment;
}

Segment sound(Stem stem, int frames, const std::string& transcript) {
  Segment segment;
  segment.stem = stem;
  for (int i = 0; i < frames * kMelBins; ++i) segment.mel.values.push_back(std::sin(float(i)));
  segment.transcript = transcript;
  return segment;
}

TEST_F(Losses, TextThatKnowsNothingCostsTheVocabularysLogarithm) {
  clear("pieces");
  Segment image = picture(Stem::picture, 128);
  image.located = {{2, 30}};
  Segment asked = text({20, 21});
  asked.located = {{0, 31}};
  const auto losses = losses_of({{Task::question, {image, asked, text({40, 41}, true)}}});
  const double uniform = std::log(320);
  for (const char* name : {"text", "text.question", "locate", "mention"})
    EXPECT_NEAR(value(losses, name), uniform, 1e-5) << name;
  EXPECT_TRUE(std::isnan(value(losses, "text.caption")));
}

TEST_F(Losses, AModelThatSeesClipsAloneLocatesInThem) {
  ModelSpec spec = tiny();
  std::erase_if(spec.modalities, [](const ModalitySpec& m) { return m.stem == Stem::picture; });
  std::erase_if(spec.heads, [](const HeadSpec& h) { return h.kind == HeadSpec::Kind::matte; });
  ParameterStore weights(7, torch::kCPU);
  const Model<TorchOps> model(Scope<ParameterStore>(weights, ""), spec);
  Segment clip;
  clip.stem = Stem::clip;
  clip.clip.frames.assign(kClipFrames, picture(Stem::picture, 128).image);
  clip.located = {{2, 30}};
  const ObjectiveList objectives = make_objectives({});
  const auto examples = drawn({{Task::clip, {clip, text({20, 21}, true)}}});
  auto batches = make_micro_batches(spec, objectives, examples, 1);
  EXPECT_TRUE(std::isfinite(value(learn(ops_, model, objectives, batches), "locate")));
}

TEST_F(Losses, WhatSeveralObjectivesReadIsMadeOnce) {
  Example seen{Task::caption, {picture(Stem::picture, 128), text({20, 21}, true)}};
  Example named{Task::paint, {text({20, 21, 22}), picture(Stem::noisy, 64)}};
  seen.pair = named.pair = 0;
  const auto examples = drawn({seen, named});
  const Collated collated = collate(model_.spec, {&examples[0], &examples[1]});
  const auto said = text_targets(collated);
  ASSERT_TRUE(said && contrast_targets(collated) && flow_targets(collated));
  EXPECT_EQ(text_targets(collated), said);
  EXPECT_EQ(contrast_targets(collated), contrast_targets(collated));
  EXPECT_EQ(flow_targets(collated), flow_targets(collated));

  // And what a pass computes of them, of these alone.
  Pass pass(ops_, model_, collated.batch);
  const Tensor* logits = &text_logits(pass, *said);
  EXPECT_EQ(&text_logits(pass, *said), logits);
  EXPECT_EQ(logits->size(0), int64_t(said->rows.size()));
  TextTargets other = *said;
  other.rows.resize(1);
  EXPECT_EQ(text_logits(pass, other).size(0), 1);
}

TEST_F(Losses, ATextThatWasDroppedMakesNoPair) {
  std::vector<DrawnExample> examples(4);
  for (int i = 0; i < 4; ++i) {
    Example& example = examples[size_t(i)].example;
    if (i % 2 == 0)
      example = {Task::caption, {picture(Stem::picture, 128), text({20}, true)}};
    else
      example = {Task::text, {text({20, 21 + i, 22})}};
    example.pair = i / 2;
  }
  examples[3].drop = true;
  std::vector<const DrawnExample*> all;
  for (const DrawnExample& one : examples) all.push_back(&one);
  const auto targets = contrast_targets(collate(model_.spec, all));
  ASSERT_TRUE(targets);
  EXPECT_EQ(targets->left.size(), 1u);
  examples[1].drop = true;
  EXPECT_FALSE(contrast_targets(collate(model_.spec, all)));
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
  Segment speech = sound(Stem::spoken, 8, "ab");
  speech.timing = {{0, 2, 0.0f, 0.08f}};
  const std::vector<Example> examples = {{Task::paint, {text({20}), picture(Stem::noisy, 64)}},
                                         {Task::paint, {text({21}), picture(Stem::noisy, 64)}},
                                         {Task::speak, {text({22}), speech}}};
  // Over the segments of one task: the mean of weight * value^2.
  const auto energy = [&](Task task) {
    double sum = 0, count = 0;
    for (const DrawnExample& drawn : drawn(examples)) {
      if (drawn.example.task != task) continue;
      const NoisySegment& noisy = drawn.noisy.at(0);
      const double rest = std::max(1 - double(noisy.t), 0.05);
      for (float x : noisy.clean) sum += double(x) * double(x) / (rest * rest);
      count += double(noisy.clean.size());
    }
    return sum / count;
  };
  const auto losses = losses_of(examples);
  EXPECT_NEAR(value(losses, "paint"), energy(Task::paint), 1e-4 * energy(Task::paint));
  EXPECT_NEAR(value(losses, "speak"), energy(Task::speak), 1e-4 * energy(Task::speak));
  // ln 2 for each letter's one token, 0 for the spaces; the bias says 1 everywhere.
  EXPECT_NEAR(value(losses, "duration"), (2 * (1 - std::log(2)) + 2) / 4, 1e-5);
}

TEST_F(Losses, UnknownDurationsCostNothing) {
  const Segment speech = sound(Stem::spoken, 8, "ab");  // without timing
  const auto losses = losses_of({{Task::speak, {text({22}), speech}}});
  EXPECT_EQ(value(losses, "duration"), 0);
  EXPECT_TRUE(std::isfinite(value(losses, "total")));
}

TEST_F(Losses, GradientsAreFiniteDifferences) {
  const std::vector<Example> examples = {{Task::paint, {text({20}), picture(Stem::noisy, 64)}}};
  ObjectiveOptions options;
  options.route.weight = 0;
  losses_of(examples, options);
  Tensor& head = weight("heads.paint");
  const Tensor gradient = head.grad().clone();
  for (const auto& [row, column] : {std::pair{0, 0}, {17, 5}, {191, 63}}) {
    // The loss is a square in the head's weights, so a central difference is exact but for
    // rounding.
    const auto total_at = [&, row = row, column = column](float step) {
      torch::NoGradGuard no_grad;
      head[row][column] += step;
      const double total = value(losses_of(examples, options), "total");
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
  const auto seen = [] { return Example{Task::caption, {picture(Stem::picture, 128)}}; };
  const auto heard = [] { return Example{Task::transcribe, {sound(Stem::sound, 24, "")}}; };
  const auto said = [](int32_t id) { return Example{Task::text, {text({id, 60})}}; };
  pair(seen(), said(50), 0);
  pair(seen(), said(51), 1);
  pair(seen(), said(50), 2);   // means the same as the first: not its negative
  pair(heard(), said(52), 3);  // another space: nobody's negative
  const double own = std::log1p(std::exp(10.0)), other = std::log1p(std::exp(-10.0));
  const auto losses = losses_of(examples);
  // Four of their own; 0-1, 1-0, 1-2, 2-1 apart.
  EXPECT_NEAR(value(losses, "contrast"), (4 * own + 4 * other) / 4, 1e-4);
}

// Uniform labels: each of the C(T + L, 2L) paths of T labels that spell L different bytes has the
// probability 257^-T.
TEST_F(Losses, CtcCountsThePaths) {
  clear("heads.ctc");
  const auto losses = losses_of({{Task::transcribe, {sound(Stem::sound, 24, "ab")}},
                                 {Task::transcribe, {sound(Stem::sound, 12, "c")}}});
  const auto choose = [](double n, double k) {
    return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
  };
  const double first = (12 * std::log(257) - std::log(choose(14, 4))) / 2,
               second = 6 * std::log(257) - std::log(choose(7, 2));
  EXPECT_NEAR(value(losses, "ctc"), (first + second) / 2, 1e-3);
  // What is too fast to spell is left out: 6 labels for 9 bytes.
  const auto fast = losses_of({{Task::transcribe, {sound(Stem::sound, 12, "abcdefghi")}}});
  EXPECT_TRUE(std::isnan(value(fast, "ctc")));
}

TEST_F(Losses, AMatteOfHalvesCostsAnEdge) {
  clear("heads.matte.pixels");
  Example example{Task::matte, {picture(Stem::picture, 128)}};
  example.alpha = make_picture(128, 128, 1);
  for (int y = 0; y < 128; ++y)
    for (int x = 64; x < 128; ++x) *example.alpha.at(x, y) = 255;
  // One half everywhere: ln 2 a pixel, and the one column of 127 where alpha steps from 0 to 1.
  const auto losses = losses_of({example});
  EXPECT_NEAR(value(losses, "matte"), std::log(2) + 1.0 / 127, 1e-5);
}

TEST_F(Losses, RoutesAreHeldToTheirShares) {
  ObjectiveOptions options;
  options.route.shares = {
      {"text", 0.1}, {"see", 0.2}, {"hear", 0.3}, {"paint", 0.4}, {"speak", 0.5}};
  const auto losses =
      losses_of({{Task::caption, {picture(Stem::picture, 128), text({20}, true)}}}, options);
  const double text_share = value(losses, "route.text"), see_share = value(losses, "route.see");
  ASSERT_GE(text_share, 0);
  EXPECT_NEAR(value(losses, "route"), (std::abs(text_share - 0.1) + std::abs(see_share - 0.2)) / 2,
              1e-6);
}

TEST_F(Losses, AGroupWithoutAShareIsHeldToNone) {
  ObjectiveOptions options;
  options.route.shares = {{"see", 0.2}};
  const auto losses =
      losses_of({{Task::caption, {picture(Stem::picture, 128), text({20}, true)}}}, options);
  EXPECT_GE(value(losses, "route.text"), 0);
  EXPECT_NEAR(value(losses, "route"), std::abs(value(losses, "route.see") - 0.2), 1e-6);
}

TEST_F(Losses, TheTotalIsTheWeighedSum) {
  const std::vector<Example> examples = {{Task::caption, {text({20}), text({30}, true)}},
                                         {Task::paint, {text({20}), picture(Stem::noisy, 64)}}};
  ObjectiveOptions options;
  options.route.shares = {{"text", 0.1}, {"paint", 0.4}};
  options.text.weight = 3;
  options.flow.paint = 0.5;
  const auto losses = losses_of(examples, options);
  const double sum = 3 * value(losses, "text") + 0.5 * value(losses, "paint") +
                     options.route.weight * value(losses, "route");
  EXPECT_NEAR(value(losses, "total"), sum, 1e-6 * sum);
  EXPECT_TRUE(losses.active);
  options.text.weight = options.flow.paint = options.route.weight = 0;
  const auto nothing = losses_of(examples, options);  // nothing weighs anything
  EXPECT_FALSE(nothing.active);
  EXPECT_TRUE(std::isnan(value(nothing, "total")));
  EXPECT_FALSE(losses_of({}).active);
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
