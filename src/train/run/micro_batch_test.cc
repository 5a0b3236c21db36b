// A step learns the same from one batch and from several micro-batches.
//
// Bound. In exact arithmetic the gradients are equal. In FP32 (u = 6e-8) each is a sum over the
// step's rows, here some 4,000, added up in another order, which moves it by about u * sqrt(4000) =
// 4e-6 of the norm of its terms, at each of the about 40 operations behind each other: 1.5e-4. What
// cancels in a small gradient was as large as its neighbours', so the bound is of the norm of one
// parameter's gradient plus a hundredth of that of all.
#include "train/run/micro_batch.h"

#include <gtest/gtest.h>

#include "tests/helpers/tiny_task.h"

namespace tutti {
namespace {

using torch::Tensor;

constexpr double kBound = 1.5e-4;

struct Learned {
  std::vector<Tensor> gradients;
  std::map<std::string, double> losses;
};

std::vector<Example> examples_of_every_task() {
  std::vector<Example> all;
  for (int i = 0; i < 5; ++i) add_examples(all, i);
  return all;
}

Learned learn_in(int micro_batches, const ObjectiveOptions& options,
                 const std::vector<Example>& examples) {
  const ModelSpec config = tiny_recipe("").model;
  TorchOps ops(torch::kCPU, torch::kFloat);
  ParameterStore weights(7, torch::kCPU);
  const Model<TorchOps> model(Scope<ParameterStore>(weights, ""), config);
  {
    // A fresh model's output matrices are zero, and with them most gradients.
    torch::NoGradGuard no_grad;
    torch::manual_seed(5);
    for (auto& entry : weights.parameters())
      if (entry.value.abs().max().item<float>() == 0)
        entry.value.add_(torch::randn(entry.value.sizes()), 0.05);
  }
  const ObjectiveList objectives = make_objectives(options);
  Rng rng(3);
  const auto drawn = draw_noise(examples, {}, rng);
  auto batches = make_micro_batches(config, objectives, drawn, micro_batches);
  Learned learned;
  learned.losses = learn(ops, model, objectives, batches).values;
  for (auto& entry : weights.parameters())
    learned.gradients.push_back(entry.value.grad().defined() ? entry.value.grad()
                                                             : torch::zeros_like(entry.value));
  return learned;
}

double norm_of(const std::vector<Tensor>& tensors) {
  double sum = 0;
  for (const Tensor& t : tensors) sum += t.pow(2).sum().item<double>();
  return std::sqrt(sum);
}

// The largest distance of a parameter's gradient, in units of the bound.
double worst(const Learned& got, const Learned& want) {
  const double all = norm_of(want.gradients);
  double most = 0;
  for (size_t i = 0; i < want.gradients.size(); ++i) {
    const double distance = (got.gradients[i] - want.gradients[i]).norm().item<double>();
    const double size = want.gradients[i].norm().item<double>() + 0.01 * all;
    most = std::max(most, distance / (kBound * size));
  }
  return most;
}

TEST(MicroBatches, LearnWhatOneBatchLearns) {
  const std::vector<Example> examples = examples_of_every_task();
  const ObjectiveOptions options = tiny_recipe("").objectives;
  const Learned one = learn_in(1, options, examples);
  for (const char* name : {"text", "paint", "speak", "duration", "contrast", "ctc", "matte",
                           "vocoder", "route", "total"})
    ASSERT_TRUE(one.losses.contains(name)) << name;
  for (const int count : {2, 3, 7}) {
    const Learned several = learn_in(count, options, examples);
    EXPECT_EQ(several.losses.size(), one.losses.size());
    for (const auto& [name, value] : one.losses)
      EXPECT_NEAR(several.losses.at(name), value, kBound * std::abs(value)) << name;
    EXPECT_LT(worst(several, one), 1) << count << " micro-batches";
  }
}

// Each loss by itself, so that a large one does not hide a small one.
TEST(MicroBatches, LearnEachObjectiveAsOneBatchDoes) {
  const std::vector<Example> examples = examples_of_every_task();
  ObjectiveOptions none = tiny_recipe("").objectives;
  none.text.weight = none.text.answers = none.locate.weight = none.flow.paint = none.flow.speak =
      none.flow.duration = none.contrast.weight = none.ctc.weight = none.matte.weight =
          none.route.weight = none.vocoder.weight = 0;
  const auto expect_equal = [&](const char* name, auto turn_on) {
    ObjectiveOptions options = none;
    turn_on(options);
    const Learned one = learn_in(1, options, examples);
    EXPECT_GT(norm_of(one.gradients), 0) << name;
    EXPECT_LT(worst(learn_in(3, options, examples), one), 1) << name;
  };
  expect_equal("text", [](ObjectiveOptions& o) { o.text.weight = 1; });
  expect_equal("paint", [](ObjectiveOptions& o) { o.flow.paint = 1; });
  expect_equal("speak", [](ObjectiveOptions& o) { o.flow.speak = 1; });
  expect_equal("duration", [](ObjectiveOptions& o) { o.flow.duration = 1; });
  expect_equal("contrast", [](ObjectiveOptions& o) { o.contrast.weight = 1; });
  expect_equal("ctc", [](ObjectiveOptions& o) { o.ctc.weight = 1; });
  expect_equal("matte", [](ObjectiveOptions& o) { o.matte.weight = 1; });
  expect_equal("route", [](ObjectiveOptions& o) { o.route.weight = 1; });
  expect_equal("vocoder", [](ObjectiveOptions& o) { o.vocoder.weight = 1; });
}

TEST(MicroBatches, MoreThanThereAreExamplesLeavesSomeOut) {
  const ObjectiveList objectives = make_objectives({});
  Rng rng(1);
  const auto drawn = draw_noise({{Task::text, {text_segment(bytes("hello"), true)}}}, {}, rng);
  EXPECT_EQ(make_micro_batches(ModelSpec(), objectives, drawn, 4).size(), 1u);
}

}  // namespace
}  // namespace tutti
