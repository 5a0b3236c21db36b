#include "train/fused_ops.h"

#include <deque>

#include "model/rope.h"
#include "train/cpu_kernels.h"
#include "train/backend/fused_data.h"

namespace tutti::fused {
namespace {

struct RmsNorm : Function<RmsNorm> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& gain,
                        const Tensor& bounds) {
    ctx->save_for_backward({x, gain, bounds});
    const int groups = int(bounds.size(0)) - 1, width = int(x.size(1));
    Tensor y = torch::empty(x.sizes(), x.options().dtype(torch::kBFloat16));
    const int32_t* b = bounds.data_ptr<int32_t>();
    if (x.scalar_type() == torch::kFloat)
      kernels::rms_norm(x.data_ptr<float>(), gain.data_ptr<float>(), b, groups, width,
                        mutable_data(y));
    else
      kernels::rms_norm(data(x), gain.data_ptr<float>(), b, groups, width, mutable_data(y));
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &gain = saved[1], &bounds = saved[2];
    const Tensor dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x), dgain = torch::zeros_like(gain);
    const int groups = int(bounds.size(0)) - 1, width = int(x.size(1));
    const int32_t* b = bounds.data_ptr<int32_t>();
    if (x.scalar_type() == torch::kFloat)
      kernels::rms_norm_backward(x.data_ptr<float>(), gain.data_ptr<float>(), data(dy), b, groups,
                                 width, dx.data_ptr<float>(), dgain.data_ptr<float>());
    else
      kernels::rms_norm_backward(data(x), gain.data_ptr<float>(), data(dy), b, groups, width,
                                 mutable_data(dx), dgain.data_ptr<float>());
    return {dx, dgain, Tensor()};
  }
};

struct Relu2 : Function<Relu2> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    Tensor y = torch::empty_like(x);
    kernels::relu2(data(x), mutable_data(y), x.numel());
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0], dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x);
    kernels::relu2_backward(data(x), data(dy), mutable_data(dx), x.numel());
    return {dx};
  }
};

struct Depthwise : Function<Depthwise> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& w,
                        const Tensor& index) {
    ctx->save_for_backward({x, w, index});
    const int taps = int(w.size(0)), rows = int(index.numel()) / taps;
    Tensor y = torch::empty({rows, x.size(1)}, x.options());
    kernels::depthwise(data(x), w.data_ptr<float>(), index.data_ptr<int32_t>(), rows, taps,
                       int(x.size(1)), mutable_data(y));
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &w = saved[1], &index = saved[2], dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x), dw = torch::zeros_like(w);
    const int taps = int(w.size(0));
    kernels::depthwise_backward(data(x), w.data_ptr<float>(), data(dy), index.data_ptr<int32_t>(),
                                int(index.numel()) / taps, int(x.size(0)), taps, int(x.size(1)),
                                mutable_data(dx), dw.data_ptr<float>());
    return {dx, dw, Tensor()};
  }
};

struct GatherRows : Function<GatherRows> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& index) {
    ctx->save_for_backward({index});
    ctx->saved_data["rows"] = x.size(0);
    const int64_t row = x.size(1) * x.element_size(), count = index.numel();
    Tensor y = torch::empty({count, x.size(1)}, x.options());
    const auto* source = static_cast<const char*>(x.data_ptr());
    auto* target = static_cast<char*>(y.data_ptr());
    const int32_t* i = index.data_ptr<int32_t>();
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < count; ++r)
      if (i[r] < 0)
        std::memset(target + r * row, 0, row);
      else
        std::memcpy(target + r * row, source + i[r] * row, row);
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor index = ctx->get_saved_variables()[0], dy = grads[0].contiguous();
    const int64_t rows = ctx->saved_data["rows"].toInt(), width = dy.size(1);
    Tensor dx = torch::empty({rows, width}, dy.options());
    const int count = int(index.numel());
    const int32_t* i = index.data_ptr<int32_t>();
    if (dy.scalar_type() == torch::kFloat)
      kernels::scatter_add(dy.data_ptr<float>(), i, count, int(rows), int(width),
                           dx.data_ptr<float>());
    else
      kernels::scatter_add(data(dy), i, count, int(rows), int(width), mutable_data(dx));
    return {dx, Tensor()};
  }
};

// 32 cosines, then 32 sines, for each position. All layers of a step ask for the same few lists, so
// the last ones are kept, found by content.
Tensor rotations_of(const std::vector<Position>& positions) {
  struct Known {
    std::vector<Position> positions;
    Tensor rotations;
  };
  thread_local std::deque<Known> cache;
  const size_t bytes = positions.size() * sizeof(Position);
  for (const Known& known : cache)
    if (known.positions.size() == positions.size() &&
        std::memcmp(known.positions.data(), positions.data(), bytes) == 0)
      return known.rotations;
  Tensor rotations = torch::empty({int64_t(positions.size()), kHeadWidth}, torch::kFloat);
  float* const out = rotations.data_ptr<float>();
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < positions.size(); ++i)
    for (int pair = 0; pair < kRopePairs; ++pair) {
      const float angle = rope_angle(positions[i], pair);
      out[i * kHeadWidth + pair] = std::cos(angle);
      out[i * kHeadWidth + kRopePairs + pair] = std::sin(angle);
    }
  constexpr size_t kKept = 12;  // of pictures, sounds, summaries and the trunk: queries and keys
  if (cache.size() == kKept) cache.pop_front();
  cache.push_back({positions, rotations});
  return rotations;
}

// The plan outlives the backward pass: the trainer keeps the batch until the step is done.
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
                        const Tensor& modality_gain, int64_t plan) {
    const variable_list tensors = {q, kv, query_gain, key_gain, modality_gain};
    ctx->save_for_backward(tensors);
    ctx->saved_data["plan"] = plan;
    const auto* p = reinterpret_cast<const AttentionPlan*>(plan);
    Tensor out = room_for(q, p->query_rows, *p);
    const Tensor queries = rotations_of(p->query_positions), keys = rotations_of(p->key_positions);
    kernels::attention(inputs(tensors, p, queries, keys), mutable_data(out));
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list t = ctx->get_saved_variables();
    const auto* p = reinterpret_cast<const AttentionPlan*>(ctx->saved_data["plan"].toInt());
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

struct Linear : Function<Linear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& master,
                        const Tensor& w) {
    ctx->save_for_backward({x, w});
    ctx->saved_data["grad"] = master.requires_grad();
    return torch::linear(x, w);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor dy = as_bf16(grads[0]);
    Tensor dx, dw;
    if (ctx->needs_input_grad(0)) dx = torch::mm(dy, saved[1]);
    if (ctx->saved_data["grad"].toBool()) dw = torch::mm(dy.t(), saved[0]).to(torch::kFloat);
    return {dx, dw, Tensor()};
  }
};

// The gradient is made with the loss, while a row of logits is in cache.
struct CappedCrossEntropy : Function<CappedCrossEntropy> {
  static Tensor forward(AutogradContext* ctx, const Tensor& logits, const Tensor& target,
                        double cap) {
    const int rows = int(logits.size(0)), width = int(logits.size(1));
    Tensor loss = torch::empty({rows}, torch::kFloat), gradient;
    if (logits.requires_grad()) gradient = torch::empty_like(logits);
    kernels::capped_cross_entropy(data(logits), target.data_ptr<int64_t>(), rows, width, float(cap),
                                  loss.data_ptr<float>(),
                                  gradient.defined() ? mutable_data(gradient) : nullptr);
    if (gradient.defined()) ctx->save_for_backward({gradient});
    return loss;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    return {ctx->get_saved_variables()[0] * grads[0].to(torch::kBFloat16).unsqueeze(1), Tensor(),
            Tensor()};
  }
};

}  // namespace

Tensor capped_cross_entropy(const Tensor& logits, const Tensor& target, float cap) {
  return CappedCrossEntropy::apply(as_bf16(logits), target.contiguous(), double(cap));
}
Tensor rms_norm(const Tensor& x, const Tensor& gain, RowIndex bounds) {
  return RmsNorm::apply(
      x.contiguous(), gain,
      torch::tensor(at::ArrayRef<int32_t>(bounds.data(), bounds.size()), torch::kInt));
}
Tensor relu2(const Tensor& x) {
  return Relu2::apply(as_bf16(x));
}
Tensor depthwise(const Tensor& x, const Tensor& w, const Tensor& index) {
  return Depthwise::apply(as_bf16(x), w, index);
}
Tensor gather_rows(const Tensor& x, const Tensor& index) {
  return GatherRows::apply(x.contiguous(), index);
}
Tensor attention(const Tensor& q, const Tensor& kv, const AttentionWeights<Tensor>& weights,
                 const AttentionPlan& plan) {
  return Attention::apply(as_bf16(q), as_bf16(kv), weights.query_gain, weights.key_gain,
                          weights.modality_gain, int64_t(reinterpret_cast<intptr_t>(&plan)));
}
Tensor linear(const Tensor& x, const Tensor& master, const Tensor& w) {
  return Linear::apply(as_bf16(x), master, w);
}

}  // namespace tutti::fused
