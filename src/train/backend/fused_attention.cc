#include "train/backend/fused_attention.h"

#include <cmath>
#include <deque>

#include "model/rope.h"
#include "train/backend/cpu_attention.h"
#include "train/backend/fused_data.h"

namespace tutti::fused {
namespace {

// 32 cosines, then 32 sines, for each position. All layers of a step ask for the same few lists, so
// the last ones are kept, found by content.
Tensor rotations_of(const std::vector<Position>& positions) {
  struct Known {
    std::vector<Position> positions;
    Tensor rotations;
  };
  thread_local std::deque<Known> cache;
  for (const Known& known : cache)
    if (known.positions == positions) return known.rotations;
  static const RopeRates rates;  // the reference model's: TorchOps sends no other here
  Tensor rotations = torch::empty({int64_t(positions.size()), kHeadWidth}, torch::kFloat);
  float* const out = rotations.data_ptr<float>();
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < positions.size(); ++i)
    for (int pair = 0; pair < kRopePairs; ++pair) {
      const auto [cosine, sine] = rates.turn(positions[i], pair);
      out[i * kHeadWidth + pair] = cosine;
      out[i * kHeadWidth + kRopePairs + pair] = sine;
    }
  constexpr size_t kKept = 12;  // of pictures, sounds, summaries and the trunk: queries and keys
  if (cache.size() == kKept) cache.pop_front();
  cache.push_back({positions, rotations});
  return rotations;
}

// A plan among an operation's saved values.
struct SavedPlan : torch::CustomClassHolder {
  explicit SavedPlan(std::shared_ptr<const AttentionPlan> plan) : plan(std::move(plan)) {}
  std::shared_ptr<const AttentionPlan> plan;
};

struct Attention : Function<Attention> {
  static kernels::AttentionInputs inputs(const variable_list& t, const AttentionPlan* plan,
                                         const Tensor& query_rotations,
                                         const Tensor& key_rotations) {
    const int groups = int(std::lround(std::sqrt(double(t[4].size(0)))));
    return {data(t[0]),
            data(t[1]),
            t[2].data_ptr<float>(),
            t[3].data_ptr<float>(),
            t[4].data_ptr<float>(),
            groups,
            int(t[0].size(1)) / kHeadWidth,
            plan,
            query_rotations.data_ptr<float>(),
            key_rotations.data_ptr<float>()};
  }

  // Kernels write the rows of every sequence that has queries; any other row needs a zero.
  static Tensor room_for(const Tensor& like, const std::vector<int32_t>& rows,
                         const AttentionPlan& plan) {
    bool all = int64_t(rows.size()) == like.size(0);
    for (int s = 0; s < plan.sequences(); ++s)
      all &= plan.query_offsets[s] < plan.query_offsets[s + 1];
    return all ? torch::empty_like(like) : torch::zeros_like(like);
  }

  static Tensor forward(AutogradContext* ctx, const Tensor& q, const Tensor& kv,
                        const Tensor& query_gain, const Tensor& key_gain,
                        const Tensor& modality_gain,
                        const std::shared_ptr<const AttentionPlan>& plan) {
    const variable_list tensors = {q, kv, query_gain, key_gain, modality_gain};
    ctx->save_for_backward(tensors);
    ctx->saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<SavedPlan>(plan));
    Tensor out = room_for(q, plan->query_rows, *plan);
    const Tensor queries = rotations_of(plan->query_positions),
                 keys = rotations_of(plan->key_positions);
    kernels::attention(inputs(tensors, plan.get(), queries, keys), mutable_data(out));
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list t = ctx->get_saved_variables();
    const auto saved = ctx->saved_data["plan"].toCapsule();
    const AttentionPlan* const p = static_cast<const SavedPlan&>(*saved).plan.get();
    const Tensor dout = as_bf16(grads[0]);
    Tensor dq = room_for(t[0], p->query_rows, *p), dkv = room_for(t[1], p->key_rows, *p);
    const Tensor queries = rotations_of(p->query_positions), keys = rotations_of(p->key_positions);
    Tensor dqg = torch::zeros_like(t[2]), dkg = torch::zeros_like(t[3]),
           dmg = torch::zeros_like(t[4]);
    kernels::attention_backward(inputs(t, p, queries, keys), data(dout),
                                {mutable_data(dq), mutable_data(dkv), dqg.data_ptr<float>(),
                                 dkg.data_ptr<float>(), dmg.data_ptr<float>()});
    return {dq, dkv, dqg, dkg, dmg, Tensor()};
  }
};

}  // namespace

Tensor attention(const Tensor& q, const Tensor& kv, const AttentionWeights<Tensor>& weights,
                 std::shared_ptr<const AttentionPlan> plan) {
  return Attention::apply(as_bf16(q), as_bf16(kv), *weights.query_gain, *weights.key_gain,
                          *weights.modality_gain, std::move(plan));
}

}  // namespace tutti::fused
