// The fused bf16 kernels against the plain FP32 libtorch functions: values and every gradient.
// bf16 keeps 8 bits, so one rounding is at most 2^-9 relative; a result that passes k roundings in
// sequence, averaged over many terms, stays within a few 2^-9 of its norm. The bound below, 4 *
// 2^-8 of the norm, is that for the deepest chain here (attention backward).
#include "train/backend/fused_ops.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "train/backend/fused_attention.h"
#include "train/backend/fused_elementwise.h"
#include "train/backend/generic_ops.h"

namespace tutti {
namespace {

using torch::Tensor;

constexpr double kBound = 4.0 / 256;

Tensor bf16_random(std::vector<int64_t> shape, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape).to(torch::kBFloat16).to(torch::kFloat);
}

double relative_error(const Tensor& got, const Tensor& want) {
  const Tensor difference = got.to(torch::kFloat) - want.to(torch::kFloat);
  return (difference.norm() / (want.norm() + 1e-12)).item<double>();
}

// Runs f on bf16-leaf and FP32-leaf copies of the inputs and compares outputs and gradients.
template <class Fused, class Generic>
void expect_same(const std::vector<Tensor>& inputs, const std::vector<bool>& is_weight, Fused fused,
                 Generic generic) {
  std::vector<Tensor> a, b;
  for (size_t i = 0; i < inputs.size(); ++i) {
    a.push_back((is_weight[i] ? inputs[i].clone() : inputs[i].to(torch::kBFloat16))
                    .detach()
                    .set_requires_grad(true));
    b.push_back(inputs[i].clone().detach().set_requires_grad(true));
  }
  const Tensor y = fused(a), z = generic(b);
  ASSERT_EQ(y.sizes(), z.sizes());
  EXPECT_LT(relative_error(y, z), kBound);
  const Tensor direction = bf16_random(z.sizes().vec(), 99);
  y.backward(direction.to(y.scalar_type()));
  z.backward(direction);
  for (size_t i = 0; i < inputs.size(); ++i) {
    // An input that does not matter has no gradient there and noise around zero here; hence the
    // 1e-3.
    const Tensor want = b[i].grad().defined() ? b[i].grad() : torch::zeros_like(b[i]);
    const double error = (a[i].grad().to(torch::kFloat) - want).norm().item<double>();
    EXPECT_LT(error, kBound * (want.norm().item<double>() + 1e-3)) << "gradient of input " << i;
  }
}

std::span<const int32_t> view(const std::vector<int32_t>& v) {
  return v;
}

TEST(FusedOps, RmsNormWithGroups) {
  const std::vector<int32_t> bounds = {0, 7, 7, 20};
  expect_same(
      {bf16_random({20, 96}, 1), bf16_random({3, 96}, 2)}, {false, true},
      [&](auto& t) { return fused::rms_norm(t[0], t[1], view(bounds)); },
      [&](auto& t) { return generic::rms_norm(t[0], t[1], view(bounds), 1e-6f, torch::kFloat); });
}

TEST(FusedOps, Relu2) {
  expect_same(
      {bf16_random({33, 70}, 3)}, {false}, [](auto& t) { return fused::relu2(t[0]); },
      [](auto& t) {
        const Tensor p = torch::relu(t[0]);
        return p * p;
      });
}

TEST(FusedOps, Silu) {
  expect_same(
      {3 * bf16_random({33, 70}, 21)}, {false}, [](auto& t) { return fused::silu(t[0]); },
      [](auto& t) { return torch::silu(t[0]); });
}

TEST(FusedOps, AddBranchToResidual) {
  expect_same(
      {bf16_random({33, 70}, 22), bf16_random({33, 70}, 23)}, {true, false},
      [](auto& t) { return fused::add(t[0], t[1]); }, [](auto& t) { return t[0] + t[1]; });
}

TEST(FusedOps, AddScaledSkip) {
  expect_same(
      {bf16_random({33, 70}, 24), bf16_random({33, 70}, 25), bf16_random({1, 70}, 26)},
      {true, true, true}, [](auto& t) { return fused::add_scaled(t[0], t[1], t[2]); },
      [](auto& t) { return t[0] + t[1] * t[2]; });
}

// Columns of a wider matrix, levels that several runs of rows share, rows before the first.
TEST(FusedOps, Modulate) {
  std::vector<int32_t> index;
  for (int level : {2, 0, 2, 1}) index.insert(index.end(), 5, level);
  expect_same(
      {bf16_random({27, 40}, 27), bf16_random({4, 120}, 28)}, {false, false},
      [&](auto& t) { return fused::modulate(t[0], t[1].narrow(1, 40, 40), index, 7); },
      [&](auto& t) {
        const Tensor mod = t[1].narrow(1, 40, 40);
        const Tensor rows = mod.index_select(0, torch::tensor(index).to(torch::kLong));
        return torch::cat({t[0].narrow(0, 0, 7), t[0].narrow(0, 7, 20) * (1 + rows)});
      });
}

TEST(FusedOps, ScaleRows) {
  expect_same(
      {bf16_random({33, 70}, 29), bf16_random({33, 1}, 30)}, {false, true},
      [](auto& t) { return fused::scale_rows(t[0], t[1]); }, [](auto& t) { return t[0] * t[1]; });
}

TEST(FusedOps, FakeQuantize) {
  Tensor x = bf16_random({33, 70}, 32);
  x[5].zero_();
  for (bool wide : {true, false})
    expect_same(
        {x}, {wide}, [](auto& t) { return fused::fake_quantize(t[0]); },
        [](auto& t) { return generic::fake_quantize(t[0]); });
  const Tensor steps = generic::fake_quantize(x) / (x.abs().amax(-1, true) / 127);
  EXPECT_EQ(steps[0].abs().max().round().item<float>(), 127);
  EXPECT_LT((steps[0] - steps[0].round()).abs().max().item<float>(), 1e-3);
}

TEST(FusedOps, NormalizeRows) {
  expect_same(
      {bf16_random({33, 70}, 31)}, {true}, [](auto& t) { return fused::normalize_rows(t[0]); },
      [](auto& t) { return t[0] * torch::rsqrt((t[0] * t[0]).sum(-1, true) + 1e-12); });
}

TEST(FusedOps, GatherRowsWithHolesAndRepeats) {
  const Tensor index = torch::tensor({3, -1, 0, 3, 5, -1, 3}, torch::kInt);
  expect_same(
      {bf16_random({6, 40}, 4)}, {false}, [&](auto& t) { return fused::gather_rows(t[0], index); },
      [&](auto& t) { return generic::gather_rows(t[0], index.to(torch::kLong)); });
}

TEST(FusedOps, Depthwise) {
  std::vector<int> taps;
  for (int i = 0; i < 12; ++i)
    for (int tap = 0; tap < 5; ++tap) taps.push_back(i + tap - 4 < 0 ? -1 : i + tap - 4);
  const Tensor index = torch::tensor(taps, torch::kInt);
  expect_same(
      {bf16_random({12, 48}, 5), bf16_random({5, 48}, 6)}, {false, true},
      [&](auto& t) { return fused::depthwise(t[0], t[1], index); },
      [&](auto& t) { return generic::depthwise(t[0], t[1], index.to(torch::kLong)); });
}

TEST(FusedOps, Linear) {
  expect_same(
      {bf16_random({50, 64}, 7), bf16_random({32, 64}, 8)}, {false, true},
      [](auto& t) { return fused::linear(t[0], t[1], t[1].detach().to(torch::kBFloat16)); },
      [](auto& t) { return torch::linear(t[0], t[1]); });
}

TEST(FusedOps, CappedCrossEntropy) {
  const Tensor target = torch::tensor({3, 0, 99, 17, 17}, torch::kLong);
  expect_same(
      {8 * bf16_random({5, 100}, 20)}, {false},
      [&](auto& t) { return fused::capped_cross_entropy(t[0], target, 15); },
      [&](auto& t) {
        namespace F = torch::nn::functional;
        return F::cross_entropy(torch::tanh(t[0] / 15) * 15, target,
                                F::CrossEntropyFuncOptions().reduction(torch::kNone));
      });
}

// Two sequences of 45 and 70 tokens out of order, causal and bidirectional parts, three groups.
AttentionPlan mixed_plan() {
  AttentionPlan plan;
  Rng rng(5);
  std::vector<int32_t> rows(115);
  for (int i = 0; i < 115; ++i) rows[i] = (i * 37) % 115;
  int next = 0;
  for (int length : {45, 70}) {
    for (int i = 0; i < length; ++i) {
      plan.query_rows.push_back(rows[next++]);
      plan.query_positions.push_back({float(i), float(rng.below(8)), float(rng.below(8))});
      plan.query_groups.push_back(uint8_t(rng.below(3)));
      plan.first_key.push_back(i > 30 ? 3 : 0);
      plan.last_key.push_back(i < 20 ? i + 1 : length);
    }
    plan.query_offsets.push_back(next);
    plan.past.push_back(0);
  }
  plan.key_rows = plan.query_rows;
  plan.key_positions = plan.query_positions;
  plan.key_groups = plan.query_groups;
  plan.key_offsets = plan.query_offsets;
  return plan;
}

TEST(FusedOps, Attention) {
  const AttentionPlan plan = mixed_plan();
  const std::vector<Tensor> inputs = {bf16_random({115, 128}, 9), bf16_random({115, 256}, 10),
                                      1 + 0.3 * bf16_random({1, 64}, 11),
                                      1 + 0.3 * bf16_random({1, 64}, 12), bf16_random({9, 2}, 13)};
  expect_same(
      inputs, {false, false, true, true, true},
      [&](auto& t) {
        return fused::attention(t[0], t[1], {t[2], t[3], t[4]},
                                std::make_shared<const AttentionPlan>(plan));
      },
      [&](auto& t) {
        return generic::attention(t[0], t[1], {t[2], t[3], t[4]}, plan);
      });
}

TEST(FusedOps, CrossAttentionWithFewQueries) {
  AttentionPlan plan;
  std::vector<Position> keys(24), queries(8);
  for (int i = 0; i < 24; ++i) keys[i] = {float(i), 0, 0};
  for (int i = 0; i < 8; ++i) queries[i] = {float(3 * i + 1), 0, 0};
  add_cross(plan, 0, queries, 0, keys);
  add_cross(plan, 8, {queries.begin(), queries.begin() + 3}, 24, {keys.begin(), keys.begin() + 9});
  expect_same(
      {bf16_random({11, 128}, 14), bf16_random({33, 256}, 15), torch::ones({1, 64}),
       torch::ones({1, 64}), torch::zeros({1, 2})},
      {false, false, true, true, false},
      [&](auto& t) {
        return fused::attention(t[0], t[1], {t[2], t[3], t[4].to(torch::kFloat)},
                                std::make_shared<const AttentionPlan>(plan));
      },
      [&](auto& t) {
        return generic::attention(t[0], t[1], {t[2], t[3], t[4]}, plan);
      });
}

}  // namespace
}  // namespace tutti
