// Muon and AdamW against their formulas, computed here in double precision from the papers.
#include "train/run/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

using torch::Tensor;

const ParamSpec kHidden = {Role::hidden, normal(1), true};
constexpr double kEpsilon = 1e-6;  // a few roundings of FP32

Tensor random(std::vector<int64_t> shape, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape);
}

Tensor singular_values(const Tensor& m) {
  return std::get<1>(torch::linalg_svd(m.to(torch::kDouble), /*full_matrices=*/false));
}

double distance(const Tensor& a, const Tensor& b) {
  return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

// The rates and decays of a test, with gradients never clipped.
OptimizerOptions plain() {
  OptimizerOptions options;
  options.clip = 1e6;
  options.weight_decay = 0;
  return options;
}

// The singular values after five steps of the quintic (Jordan et al. 2024), one at a time.
double after_five(double s) {
  for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.7750 * s * s * s + 2.0315 * std::pow(s, 5);
  return s;
}

TEST(Muon, OrthogonalizeMovesEachSingularValueAlone) {
  for (const auto& shape :
       std::vector<std::vector<int64_t>>{{48, 48}, {40, 96}, {96, 40}, {1, 7}}) {
    const Tensor m = random(shape, 3);
    const auto [u, s, vt] = torch::linalg_svd(m.to(torch::kDouble), false);
    Tensor wanted = s / s.norm();
    for (int64_t i = 0; i < s.numel(); ++i) wanted[i] = after_five(wanted[i].item<double>());
    const Tensor product = torch::mm(u * wanted, vt);
    EXPECT_LT(distance(orthogonalize(m, torch::kFloat), product), 2e-4) << m.sizes();
  }
}

TEST(Muon, OrthogonalizeGivesNearlyOrthogonalRowsWhateverTheScale) {
  const Tensor m = random({32, 256}, 5);  // well conditioned
  const Tensor o = orthogonalize(m, torch::kFloat), s = singular_values(o);
  EXPECT_GT(s.min().item<double>(), 0.65);
  EXPECT_LT(s.max().item<double>(), 1.25);
  // The same direction: the polar factor is the nearest orthogonal matrix.
  EXPECT_GT((o * m).sum().item<double>() / (o.norm() * m.norm()).item<double>(), 0.9);
  EXPECT_LT(distance(orthogonalize(m * 1000, torch::kFloat), o), 1e-4);
  EXPECT_LT(distance(orthogonalize(m.t().contiguous(), torch::kFloat), o.t()), 1e-4);
  EXPECT_EQ(orthogonalize(torch::zeros({32, 32}), torch::kFloat).abs().max().item<float>(), 0);
}

TEST(Muon, TwoStepsFollowTheRule) {
  ParameterStore weights(1, torch::kCPU);
  weights.get("trunk.layer_0.up", 128, 32, kHidden);
  OptimizerOptions options = plain();
  options.weight_decay = 0.5;
  Optimizer optimizer(weights, options, torch::kFloat);
  Tensor& w = weights.parameters()[0].value;
  Tensor expected = w.detach().clone().to(torch::kDouble), momentum = torch::zeros({128, 32});
  for (int step = 0; step < 2; ++step) {
    const Tensor gradient = random({128, 32}, 10 + step);
    w.mutable_grad() = gradient.clone();
    const double scale = step ? 0.25 : 1, rate = options.muon_rate * scale;
    optimizer.step(scale);
    momentum = options.momentum * momentum + (1 - options.momentum) * gradient;
    const Tensor nesterov = (1 - options.momentum) * gradient + options.momentum * momentum;
    // sqrt(rows / columns) of a tall matrix is 2.
    expected = expected * (1 - rate * 0.5) -
               2 * rate * orthogonalize(nesterov, torch::kFloat).to(torch::kDouble);
    EXPECT_LT(distance(w.detach(), expected), 20 * kEpsilon) << "step " << step;
    EXPECT_FALSE(w.grad().defined());
  }
}

TEST(Muon, HasTheHiddenMatricesAlone) {
  const auto has = [](Role role, int rows, int cols) {
    ParameterStore weights(1, torch::kCPU);
    weights.get("w", rows, cols, {role, zeros(), true});
    return Optimizer::has_muon(weights.parameters()[0]);
  };
  EXPECT_TRUE(has(Role::hidden, 64, 32));
  EXPECT_FALSE(has(Role::hidden, 64, 31));
  EXPECT_FALSE(has(Role::hidden, 5, 64));
  for (const Role other : {Role::table, Role::gain, Role::head}) EXPECT_FALSE(has(other, 64, 64));
}

// Algorithm 1 of Kingma and Ba (arXiv 1412.6980), by hand.
TEST(AdamW, FollowsThePaper) {
  ParameterStore weights(2, torch::kCPU);
  weights.get("norm", 1, 4, {Role::gain, ones()});
  OptimizerOptions options = plain();
  options.adam_weight_decay = 0.5;  // of matrices: not of a gain
  Optimizer optimizer(weights, options, torch::kFloat);
  Tensor& w = weights.parameters()[0].value;
  std::vector<double> theta(4, 1.0), m(4), v(4);
  for (int t = 1; t <= 6; ++t) {
    std::vector<float> g = {1e-3f, -2.0f * float(t), t % 2 ? 30.0f : -30.0f, 0.0f};
    w.mutable_grad() = torch::tensor(g).reshape({1, 4});
    const double scale = 1.0 / t;
    optimizer.step(scale);
    for (size_t i = 0; i < 4; ++i) {
      m[i] = options.beta1 * m[i] + (1 - options.beta1) * double(g[i]);
      v[i] = options.beta2 * v[i] + (1 - options.beta2) * double(g[i]) * double(g[i]);
      const double m_hat = m[i] / (1 - std::pow(options.beta1, t)),
                   v_hat = v[i] / (1 - std::pow(options.beta2, t));
      theta[i] -= options.adam_rate * scale * m_hat / (std::sqrt(v_hat) + 1e-8);
      EXPECT_NEAR(w[0][int64_t(i)].item<double>(), theta[i], 10 * kEpsilon) << t << " " << i;
    }
  }
  EXPECT_EQ(w[0][3].item<float>(), 1.0f);
  EXPECT_LT(w[0][0].item<float>(), 0.999f);  // a small gradient counts as much as a large one
}

// libtorch's own, which adds up in FP32 too: a rounding or two for each of 40 steps.
TEST(AdamW, DoesWhatLibtorchsDoes) {
  ParameterStore weights(8, torch::kCPU);
  weights.get("pieces", 24, 8, {Role::table, normal(1), true});
  OptimizerOptions options = plain();
  options.adam_rate = 0.03;
  options.adam_weight_decay = 0.2;
  Optimizer optimizer(weights, options, torch::kFloat);
  Tensor& mine = weights.parameters()[0].value;
  Tensor theirs = mine.detach().clone().set_requires_grad(true);
  torch::optim::AdamW reference({theirs}, torch::optim::AdamWOptions(options.adam_rate)
                                              .betas({options.beta1, options.beta2})
                                              .eps(1e-8)
                                              .weight_decay(options.adam_weight_decay));
  for (int step = 0; step < 40; ++step) {
    const Tensor gradient = random({24, 8}, uint64_t(step)) * std::pow(10.0, step % 5 - 3);
    mine.mutable_grad() = gradient.clone();
    theirs.mutable_grad() = gradient.clone();
    optimizer.step(1);
    reference.step();
    ASSERT_LT(distance(mine.detach(), theirs.detach()), 2 * (step + 1) * 1.2e-7 * 4) << step;
  }
  EXPECT_GT(distance(mine.detach(), random({24, 8}, 1)), 0.1);
}

// Decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101): apart from the gradient, of
// matrices alone.
TEST(AdamW, WeightDecayShrinksMatricesAlone) {
  for (const double decay : {0.0, 0.1}) {
    ParameterStore weights(3, torch::kCPU);
    weights.get("pieces", 40, 8, {Role::table, normal(1), true});
    weights.get("final_norm", 5, 8, {Role::gain, ones()});
    OptimizerOptions options = plain();
    options.adam_weight_decay = decay;
    Optimizer optimizer(weights, options, torch::kFloat);
    Parameter &matrix = weights.parameters()[0], &gain = weights.parameters()[1];
    const Tensor before = matrix.value.detach().clone();
    for (int step = 0; step < 3; ++step) {
      matrix.value.mutable_grad() = torch::zeros({40, 8});
      gain.value.mutable_grad() = torch::zeros({5, 8});
      optimizer.step(0.5);
    }
    const double left = std::pow(1 - 0.5 * options.adam_rate * decay, 3);
    EXPECT_LT(distance(matrix.value.detach(), before * left), kEpsilon);
    EXPECT_EQ(torch::equal(matrix.value.detach(), before), decay == 0);
    EXPECT_TRUE(torch::equal(gain.value.detach(), torch::ones({5, 8})));
  }
  EXPECT_EQ(OptimizerOptions().adam_weight_decay, 0);  // as before there was one
}

TEST(Optimizer, ClipsTheGlobalNorm) {
  ParameterStore weights(4, torch::kCPU);
  weights.get("a", 1, 2, {Role::gain, zeros()});
  weights.get("b", 1, 2, {Role::gain, zeros()});
  OptimizerOptions options = plain();
  options.clip = 1;
  Optimizer optimizer(weights, options, torch::kFloat);
  weights.parameters()[0].value.mutable_grad() = torch::tensor({{3.0f, 0.0f}});
  weights.parameters()[1].value.mutable_grad() = torch::tensor({{0.0f, 4.0f}});
  EXPECT_NEAR(optimizer.step(1), 5, kEpsilon);
  const Parameter &a = weights.parameters()[0], &b = weights.parameters()[1];
  ASSERT_EQ(a.state[0].name, "first");
  ASSERT_EQ(b.state[1].name, "second");
  EXPECT_NEAR(a.state[0].value[0][0].item<double>(), 0.1 * 3 / 5, kEpsilon);
  EXPECT_NEAR(b.state[1].value[0][1].item<double>(), 0.05 * 16 / 25, kEpsilon);
  EXPECT_EQ(weights.updates, 1);
}

TEST(Optimizer, AGradientThatIsNotFiniteChangesNothing) {
  ParameterStore weights(5, torch::kCPU);
  weights.get("pieces", 4, 4, {Role::table, normal(1), true});
  Optimizer optimizer(weights, plain(), torch::kFloat);
  Tensor& w = weights.parameters()[0].value;
  const Tensor before = w.detach().clone();
  w.mutable_grad() = torch::full({4, 4}, INFINITY);
  EXPECT_FALSE(std::isfinite(optimizer.step(1)));
  EXPECT_TRUE(torch::equal(w.detach(), before));
  EXPECT_FALSE(w.grad().defined());
  for (const auto& state : weights.parameters()[0].state)
    EXPECT_EQ(state.value.abs().sum().item<double>(), 0);
  EXPECT_EQ(weights.updates, 0);
}

TEST(Optimizer, WhatIsNotTrainedStays) {
  ParameterStore weights(6, torch::kCPU);
  weights.get("kept", 1, 2, {Role::gain, ones()});
  weights.get("learned", 1, 2, {Role::gain, ones()});
  ASSERT_TRUE(weights.train_only({"learned"}));
  Optimizer optimizer(weights, plain(), torch::kFloat);
  for (auto& entry : weights.parameters())
    if (entry.value.requires_grad()) entry.value.mutable_grad() = torch::ones({1, 2});
  optimizer.step(1);
  EXPECT_TRUE(torch::equal(weights.parameters()[0].value, torch::ones({1, 2})));
  EXPECT_LT(weights.parameters()[1].value.max().item<float>(), 1);
}

}  // namespace
}  // namespace tutti
