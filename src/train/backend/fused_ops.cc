#include "train/backend/fused_ops.h"

#include <cstring>

#include "train/backend/cpu_kernels.h"
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
Tensor linear(const Tensor& x, const Tensor& master, const Tensor& w) {
  return Linear::apply(as_bf16(x), master, w);
}

}  // namespace tutti::fused
