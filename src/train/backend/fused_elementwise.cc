#include "train/backend/fused_elementwise.h"

#include "train/backend/fused_data.h"

namespace tutti::fused {
namespace {

struct Silu : Function<Silu> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    Tensor y = torch::empty_like(x);
    kernels::silu(data(x), mutable_data(y), x.numel());
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0], dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x);
    kernels::silu_backward(data(x), data(dy), mutable_data(dx), x.numel());
    return {dx};
  }
};

struct Add : Function<Add> {
  static Tensor forward(AutogradContext*, const Tensor& x, const Tensor& y) {
    Tensor z = torch::empty_like(x);
    kernels::add(x.data_ptr<float>(), data(y), z.data_ptr<float>(), x.numel());
    return z;
  }
  static variable_list backward(AutogradContext*, variable_list grads) {
    const Tensor dz = grads[0].contiguous();
    Tensor dy = torch::empty(dz.sizes(), dz.options().dtype(torch::kBFloat16));
    kernels::narrow(dz.data_ptr<float>(), mutable_data(dy), dz.numel());
    return {dz, dy};
  }
};

struct AddScaled : Function<AddScaled> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& y,
                        const Tensor& scale) {
    ctx->save_for_backward({y, scale});
    Tensor z = torch::empty_like(x);
    kernels::add_scaled(x.data_ptr<float>(), y.data_ptr<float>(), scale.data_ptr<float>(),
                        int(x.size(0)), int(x.size(1)), z.data_ptr<float>());
    return z;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &y = saved[0], &scale = saved[1], dz = grads[0].contiguous();
    Tensor dy = torch::empty_like(y), dscale = torch::zeros_like(scale);
    kernels::add_scaled_backward(dz.data_ptr<float>(), y.data_ptr<float>(), scale.data_ptr<float>(),
                                 int(y.size(0)), int(y.size(1)), dy.data_ptr<float>(),
                                 dscale.data_ptr<float>());
    return {dz, dy, dscale};
  }
};

// The modulation may be columns of a wider matrix.
struct Modulate : Function<Modulate> {
  static kernels::Modulation plan(const Tensor& modulation, const Tensor& index, int64_t first) {
    return {data(modulation), modulation.stride(0), index.data_ptr<int32_t>(), int(first)};
  }
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& modulation,
                        const Tensor& index, int64_t first) {
    ctx->save_for_backward({x, modulation, index});
    ctx->saved_data["first"] = first;
    Tensor y = torch::empty_like(x);
    kernels::modulate(data(x), plan(modulation, index, first), int(x.size(0)), int(x.size(1)),
                      mutable_data(y));
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &modulation = saved[1], dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x), dm = torch::empty(modulation.sizes(), modulation.options());
    kernels::modulate_backward(
        data(x), data(dy), plan(modulation, saved[2], ctx->saved_data["first"].toInt()),
        int(x.size(0)), int(x.size(1)), int(dm.size(0)), mutable_data(dx), mutable_data(dm));
    return {dx, dm, Tensor(), Tensor()};
  }
};

struct ScaleRows : Function<ScaleRows> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& scale) {
    ctx->save_for_backward({x, scale});
    Tensor y = torch::empty_like(x);
    kernels::scale_rows(data(x), scale.data_ptr<float>(), int(x.size(0)), int(x.size(1)),
                        mutable_data(y));
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &scale = saved[1], dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x), dscale = torch::empty_like(scale);
    kernels::scale_rows_backward(data(x), scale.data_ptr<float>(), data(dy), int(x.size(0)),
                                 int(x.size(1)), mutable_data(dx), dscale.data_ptr<float>());
    return {dx, dscale};
  }
};

struct NormalizeRows : Function<NormalizeRows> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    Tensor y = torch::empty(x.sizes(), x.options().dtype(torch::kBFloat16));
    kernels::normalize_rows(x.data_ptr<float>(), int(x.size(0)), int(x.size(1)), mutable_data(y));
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0], dy = as_bf16(grads[0]);
    Tensor dx = torch::empty_like(x);
    kernels::normalize_rows_backward(x.data_ptr<float>(), data(dy), int(x.size(0)), int(x.size(1)),
                                     dx.data_ptr<float>());
    return {dx};
  }
};

struct FakeQuantize : Function<FakeQuantize> {
  static Tensor forward(AutogradContext*, const Tensor& x) {
    Tensor y = torch::empty(x.sizes(), x.options().dtype(torch::kBFloat16));
    const int rows = int(x.size(0)), width = int(x.size(1));
    if (x.scalar_type() == torch::kFloat)
      kernels::fake_quantize_rows(x.data_ptr<float>(), rows, width, mutable_data(y));
    else
      kernels::fake_quantize_rows(data(x), rows, width, mutable_data(y));
    return y;
  }
  static variable_list backward(AutogradContext*, variable_list grads) { return grads; }
};

}  // namespace

Tensor fake_quantize(const Tensor& x) {
  return FakeQuantize::apply(x.contiguous());
}
Tensor silu(const Tensor& x) {
  return Silu::apply(as_bf16(x));
}
Tensor add(const Tensor& x, const Tensor& y) {
  return Add::apply(x.contiguous(), as_bf16(y));
}
Tensor add_scaled(const Tensor& x, const Tensor& y, const Tensor& scale) {
  return AddScaled::apply(x.contiguous(), y.contiguous(), scale);
}
Tensor modulate(const Tensor& x, const Tensor& modulation, RowIndex index, int first) {
  return Modulate::apply(
      as_bf16(x), modulation.to(torch::kBFloat16),
      torch::tensor(at::ArrayRef<int32_t>(index.data(), index.size()), torch::kInt),
      int64_t(first));
}
Tensor scale_rows(const Tensor& x, const Tensor& scale) {
  return ScaleRows::apply(as_bf16(x), scale.contiguous());
}
Tensor normalize_rows(const Tensor& x) {
  return NormalizeRows::apply(x.contiguous());
}

}  // namespace tutti::fused
