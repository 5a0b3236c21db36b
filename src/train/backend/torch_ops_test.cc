// What TorchOps keeps from one call to the next: the batch of a pass, converted weights.
#include "train/backend/torch_ops.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

using torch::Tensor;

std::shared_ptr<Batch> batch_of_text() {
  BatchBuilder builder{ModelSpec()};
  builder.begin_sequence();
  builder.text(std::vector<int32_t>{20, 21, 22, 23, 24, 25, 26});
  return std::make_shared<Batch>(builder.build());
}

struct Attended {
  Tensor q, kv, out;
};

Attended attend(TorchOps& ops, const AttentionPlan& plan) {
  torch::manual_seed(3);
  Attended a;
  a.q = torch::randn({7, 64}).set_requires_grad(true);
  a.kv = torch::randn({7, 128}).set_requires_grad(true);
  const AttentionWeights<Tensor> weights = {torch::ones({1, 64}), torch::ones({1, 64}),
                                            torch::zeros({25, 1})};
  a.out = ops.attention(a.q, a.kv, weights, plan, nullptr).to(torch::kFloat);
  return a;
}

TEST(TorchOps, WhatAutogradSavesOwnsItsBatch) {
  TorchOps ops(torch::kCPU, torch::kBFloat16);
  auto kept = batch_of_text();
  ops.hold(kept);
  const Attended want = attend(ops, kept->trunk);
  want.out.sum().backward();

  auto batch = batch_of_text();
  const std::weak_ptr<const Batch> watched = batch;
  ops.hold(batch);
  Attended got = attend(ops, batch->trunk);
  batch.reset();
  ops.hold(nullptr);
  ASSERT_FALSE(watched.expired());  // the graph has it
  got.out.sum().backward();
  EXPECT_TRUE(torch::equal(got.kv.grad(), want.kv.grad()));
  got.out.reset();
  EXPECT_TRUE(watched.expired());  // and nothing else
}

TEST(TorchOps, APlanOfNoHeldBatchIsCopied) {
  TorchOps ops(torch::kCPU, torch::kBFloat16);
  const auto kept = batch_of_text();
  const Attended want = attend(ops, kept->trunk);
  want.out.sum().backward();
  auto plan = std::make_unique<AttentionPlan>(kept->trunk);
  const Attended got = attend(ops, *plan);
  *plan = AttentionPlan();  // another step's
  got.out.sum().backward();
  EXPECT_TRUE(torch::equal(got.kv.grad(), want.kv.grad()));
}

// A weight that is gone leaves its address to the next one, with the same version.
TEST(TorchOps, AConvertedWeightIsNeverAnothers) {
  TorchOps ops(torch::kCPU, torch::kBFloat16);
  const Tensor x = torch::ones({1, 32});
  for (int i = 0; i < 50; ++i) {
    const Tensor w = torch::full({32, 32}, float(i));
    EXPECT_EQ(ops.linear(x, w).to(torch::kFloat)[0][0].item<float>(), 32.0f * float(i));
  }
}

TEST(TorchOps, AChangedWeightIsConvertedAnew) {
  TorchOps ops(torch::kCPU, torch::kBFloat16);
  const Tensor x = torch::ones({1, 32});
  Tensor w = torch::ones({32, 32});
  EXPECT_EQ(ops.linear(x, w).to(torch::kFloat)[0][0].item<float>(), 32);
  w.mul_(2);
  EXPECT_EQ(ops.linear(x, w).to(torch::kFloat)[0][0].item<float>(), 64);
}

}  // namespace
}  // namespace tutti
