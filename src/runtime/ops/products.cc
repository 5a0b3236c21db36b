// CpuOps' products on packed weights. Rows are prepared (normalised, modulated, rounded to the
// weights' precision) once for all products that read them, and what happens to the sums is the
// product's epilogue (runtime/kernels/epilogue.h), so that no pass over the rows is only for INT8's
// sake.
#include <algorithm>
#include <cstring>

#include "model/compose.h"
#include "runtime/kernels/elementwise.h"
#include "runtime/linear/inputs.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {
namespace {

// Adds a join to what row `begin` on of the whole becomes.
Epilogue join_epilogue(const Join<CpuTensor>& join, int begin) {
  Epilogue e;
  const ConstMatrix residual = join.residual_ND.matrix();
  e.residual = residual.row(begin);
  e.residual_stride = residual.stride;
  if (join.gate_N1) {
    e.gate = join.gate_N1->row(begin);
    e.gate_stride = join.gate_N1->matrix().stride;
  }
  if (const Modulation<CpuTensor>& m = join.modulation; m.scale_MD) {
    e.modulation = m.scale_MD->matrix().data;
    e.modulation_stride = m.scale_MD->matrix().stride;
    e.modulation_index = m.index.data() + std::max(0, begin - m.first);
    e.first_modulated = std::max(0, m.first - begin);
  }
  return e;
}

// The norm of rows from `begin` on, which are `bounds` long.
Norm kernel_norm(const PreNorm<CpuTensor>& norm, ConstMatrix gain, RowIndex bounds, int begin) {
  Norm n{gain, bounds};
  n.eps = norm.eps;
  if (const Modulation<CpuTensor>& m = norm.modulation; m.scale_MD) {
    n.modulation = m.scale_MD->matrix().data;
    n.modulation_stride = m.scale_MD->matrix().stride;
    n.modulation_index = m.index.data() + std::max(0, begin - m.first);
    n.first_modulated = std::max(0, m.first - begin);
  }
  return n;
}

ConstMatrix row_range(const CpuTensor& x, int begin, int end) {
  return {x.row(begin), end - begin, x.cols(), x.matrix().stride};
}

// FP32 inputs as a matrix, for an observer.
ConstMatrix float_rows(const InputRows& x) {
  return {reinterpret_cast<const float*>(x.data), x.rows, x.cols, x.stride / 4};
}

}  // namespace

struct CpuOps::Input {
  Tensor memory;
  InputRows rows;
};

// INT8 rows with the calibrated scale of each row's group, normalised before where `norm` says so.
// memory: as prepare() or prepare_norm() take it.
InputRows CpuOps::quantize_groups(ConstMatrix x, const Norm* norm, const Weight& w, RowIndex bounds,
                                  float* memory) {
  const size_t stride = size_t(x.cols + 63) / 64 * 64;
  float* buffers = memory + input_floats(Precision::int8, x.rows, x.cols);
  auto* bytes = reinterpret_cast<uint8_t*>(memory + size_t(x.rows + 15) / 16 * 16);
  threads_->run(x.rows, [&](int thread, int begin, int end) {
    size_t group = 0;
    for (int r = begin; r < end; ++r) {
      while (r >= bounds[group + 1]) ++group;
      ConstMatrix row = {x.row(r), 1, x.cols, x.stride};
      if (norm) {
        float* buffer = buffers + thread * (size_t(x.cols + 15) / 16 * 16);
        kernels::norm_rows(x, *norm, buffer, 0, r, r + 1);
        row.data = buffer;
      }
      kernels::quantize_rows(row, w.input_scales[group], bytes + size_t(r) * stride, stride,
                             memory + r, 0, 1);
    }
  });
  return {Precision::int8, x.rows, x.cols, bytes, stride, memory};
}

CpuOps::Input CpuOps::prepare(const Tensor& x, const Weight& w, RowIndex bounds) {
  const Precision p = w.packed.precision();
  Input in{make(1, int(input_floats(p, x.rows(), x.cols()))),
           {p, x.rows(), x.cols(), nullptr, 0, nullptr}};
  if (!computing_) return in;
  float* memory = in.memory.mutable_matrix().data;
  if (w.groups > 1 && int(bounds.size()) == w.groups + 1)
    in.rows = quantize_groups(x.matrix(), nullptr, w, bounds, memory);
  else
    in.rows =
        tutti::prepare(*threads_, p, x.matrix(), memory, w.groups > 1 ? 0 : w.input_scales[0]);
  if (observer) observer->see(w, x.matrix(), bounds);
  return in;
}

CpuOps::Input CpuOps::prepare_norm(const Tensor& x, const PreNorm<Tensor>& norm, const Weight& w) {
  expect(x.cols() == norm.gain_GD.cols() && int(norm.bounds.size()) == norm.gain_GD.rows() + 1,
         "norm_linear", x, norm.gain_GD);
  const Precision p = w.packed.precision();
  Input in{make(1, int(norm_floats(*threads_, p, x.rows(), x.cols()))),
           {p, x.rows(), x.cols(), nullptr, 0, nullptr}};
  if (!computing_) return in;
  float* memory = in.memory.mutable_matrix().data;
  const Norm by = kernel_norm(norm, norm.gain_GD.matrix(), norm.bounds, 0);
  if (w.groups > 1 && int(norm.bounds.size()) == w.groups + 1)
    in.rows = quantize_groups(x.matrix(), &by, w, norm.bounds, memory);
  else
    in.rows = tutti::prepare_norm(*threads_, p, x.matrix(), by, memory,
                                  w.groups > 1 ? 0 : w.input_scales[0]);
  if (observer) observer->see(w, float_rows(in.rows), norm.bounds);
  return in;
}

CpuTensor CpuOps::product(const Input& x, const Weight& w, const Epilogue& epilogue) {
  Tensor y = make(x.rows.rows, w.packed.rows());
  if (x.rows.cols != w.packed.cols())
    fail("a product of " + std::to_string(x.rows.cols) + " columns with weight " + w.name + " of " +
         std::to_string(w.packed.cols()));
  if (computing_ && y.rows())
    tutti::linear(*threads_, x.rows, w.packed, epilogue, y.mutable_matrix());
  return y;
}

// Adds the bias in place: y is new.
CpuTensor CpuOps::with_bias(Tensor y, const Linear<Tensor>& w) {
  if (!w.bias) return y;
  expect(w.bias->cols() == y.cols(), "bias", y, *w.bias);
  const Matrix out = y.mutable_matrix();
  parallel(y.rows(), y.cols(),
           [&](int begin, int end) { kernels::add_row(w.bias->matrix(), out, begin, end); });
  return y;
}

CpuTensor CpuOps::linear(const Tensor& x, const Linear<Tensor>& layer,
                         const RowAdapters<Tensor>* adapters) {
  const Tensor& w = layer.weight;
  expect(x.cols() == w.cols(), "linear", x, w);
  const Weight* const packed = w.weight();
  Tensor y = !packed                        ? plain_linear(x, w)
             : packed->packed.interleaved() ? gated_linear(x, *packed)
                                            : product(prepare(x, *packed), *packed, {});
  y = with_bias(std::move(y), layer);
  if (adapters) add_low_rank(x, layer, *adapters, y);
  return y;
}

// The gate's columns, then the others, of weights that are interleaved for the fused kernel.
CpuTensor CpuOps::gated_linear(const Tensor& x, const Weight& w) {
  const int half = w.packed.rows();
  const Input in = prepare(x, w);
  const Tensor turns = make(x.rows(), 2 * half);
  Tensor y = make(x.rows(), 2 * half);
  if (computing_ && x.rows()) {
    Matrix by_turns = Tensor(turns).mutable_matrix(), out = y.mutable_matrix();
    tutti::linear(*threads_, in.rows, w.packed, {}, by_turns);
    for (int r = 0; r < x.rows(); ++r)
      for (int c = 0; c < half; c += kPanelRows) {
        const float* from = by_turns.row(r) + 2 * c;
        std::copy_n(from, kPanelRows, out.row(r) + c);
        std::copy_n(from + kPanelRows, kPanelRows, out.row(r) + half + c);
      }
  }
  return y;
}

CpuTensor CpuOps::linear_silu(const Tensor& x, const Tensor& w) {
  if (!w.weight()) return silu(linear(x, w));
  return product(prepare(x, *w.weight()), *w.weight(), {.activation = Activation::silu});
}

CpuTensor CpuOps::norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                              const Linear<Tensor>& layer) {
  if (norm.adapters) return adapted_norm_linear(x, norm, layer);
  const Weight* const w = layer.weight.weight();
  if (!w || norm.shift_GD) return compose::norm_linear(*this, x, norm, layer);
  return with_bias(product(prepare_norm(x, norm, *w), *w, {}), layer);
}

std::pair<CpuTensor, CpuTensor> CpuOps::norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                                                    const Linear<Tensor>& w,
                                                    const Linear<Tensor>& v) {
  if (norm.adapters) return adapted_norm_linear(x, norm, w, v);
  const Weight *const a = w.weight.weight(), *const b = v.weight.weight();
  if (norm.shift_GD) return compose::norm_linear(*this, x, norm, w, v);
  if (!a || !b || a->packed.precision() != b->packed.precision())
    return {norm_linear(x, norm, w), norm_linear(x, norm, v)};
  const Input in = prepare_norm(x, norm, *a);
  if (observer && computing_) observer->see(*b, float_rows(in.rows), norm.bounds);
  return {with_bias(product(in, *a, {}), w), with_bias(product(in, *b, {}), v)};
}

bool CpuOps::check_join(const Tensor& y, const Join<Tensor>& join) {
  return expect(y.rows() == join.residual_ND.rows() && y.cols() == join.residual_ND.cols() &&
                    (!join.gate_N1 || join.gate_N1->rows() == y.rows()) &&
                    (!join.modulation.scale_MD ||
                     (join.modulation.scale_MD->cols() == y.cols() &&
                      int(join.modulation.index.size()) == y.rows() - join.modulation.first)),
                "join", y, join.residual_ND);
}

CpuTensor CpuOps::linear_join(const Tensor& x, const Linear<Tensor>& layer,
                              const Join<Tensor>& join) {
  if (join.adapters) return adapted_join(x, layer, join);
  const Tensor& w = layer.weight;
  if (!w.weight() || layer.bias) return compose::join(*this, linear(x, layer), join);
  check_join(Tensor::view(nullptr, x.rows(), w.rows()), join);
  const Input in = prepare(x, *w.weight(), join.bounds);
  return product(in, *w.weight(), computing_ ? join_epilogue(join, 0) : Epilogue());
}

// Shows the hidden rows, which otherwise nobody sees.
void CpuOps::observe_feed_forward(const Weight& up, Activation activation, const Weight& down,
                                  const InputRows& x, Matrix hidden) {
  observer->see(up, float_rows(x), {});
  tutti::linear(*threads_, x, up.packed, {.activation = activation}, hidden);
  observer->see(down, {hidden.data, hidden.rows, hidden.cols, hidden.stride}, {});
}

CpuTensor CpuOps::feed_forward(const Tensor& x, const PreNorm<Tensor>& norm,
                               std::span<const Linear<Tensor>> up, Activation activation,
                               std::span<const Linear<Tensor>> down, const Join<Tensor>& join) {
  if (norm.adapters) return adapted_feed_forward(x, norm, up, activation, down, join);
  bool fused = !norm.shift_GD;
  for (size_t g = 0; g < up.size(); ++g)
    fused =
        fused && up[g].weight.weight() && down[g].weight.weight() && !up[g].bias && !down[g].bias;
  if (!fused) return compose::feed_forward(*this, x, norm, up, activation, down, join);
  expect(norm.bounds.size() == up.size() + 1 && x.cols() == up[0].weight.cols() &&
             x.cols() == norm.gain_GD.cols(),
         "feed_forward", x, up[0].weight);
  Tensor y = make(x.rows(), down[0].weight.rows());
  check_join(y, join);
  for (size_t g = 0; g < up.size(); ++g) {
    const int begin = norm.bounds[g], rows = norm.bounds[g + 1] - begin;
    const Weight &in = *up[g].weight.weight(), &out = *down[g].weight.weight();
    const FeedForward layer = {in.packed, activation, out.packed, out.input_scales[0]};
    const Precision p = in.packed.precision();
    Tensor memory = make(1, int(norm_floats(*threads_, p, rows, x.cols())));
    Tensor hidden = make(1, int(feed_forward_floats(*threads_, layer, rows)));
    Tensor seen = make(observer ? rows : 0, in.packed.rows());
    // Not before the blocks are taken: a group whose rows all skip the layer keeps step with the
    // plan.
    if (!computing_ || rows <= 0) continue;
    const int32_t bounds[] = {0, rows};
    const InputRows prepared = tutti::prepare_norm(
        *threads_, p, row_range(x, begin, begin + rows),
        kernel_norm(norm, row_range(norm.gain_GD, int(g), int(g) + 1), bounds, begin),
        memory.mutable_matrix().data, in.input_scales[0]);
    const Matrix all = y.mutable_matrix();
    if (observer) observe_feed_forward(in, activation, out, prepared, seen.mutable_matrix());
    tutti::feed_forward(*threads_, prepared, layer, join_epilogue(join, begin),
                        {all.row(begin), rows, all.cols, all.stride}, hidden.mutable_matrix().data);
  }
  return y;
}

CpuTensor CpuOps::route(const Tensor& x, const Tensor& route, const Tensor& bias, RowIndex bounds) {
  if (route.weight()) return compose::route(*this, x, route, bias, bounds);
  expect(x.cols() == route.cols() && route.rows() == 1, "route", x, route);
  expect(bias.cols() == 1 && int(bounds.size()) == bias.rows() + 1, "route", x, bias);
  Tensor y = make(x.rows(), 1);
  const Matrix out = y.mutable_matrix();
  parallel(x.rows(), size_t(3) * x.cols(), [&](int begin, int end) {
    kernels::route(x.matrix(), route.matrix(), bias.matrix(), bounds, out, begin, end);
  });
  return y;
}

CpuTensor CpuOps::embedding(const Tensor& table, RowIndex index) {
  if (!table.weight()) return gather_rows(table, index);
  Tensor y = make(int(index.size()), table.cols());
  const Matrix out = y.mutable_matrix();
  parallel(y.rows(), table.cols(), [&](int begin, int end) {
    for (int r = begin; r < end; ++r) table.weight()->packed.dequantize_row(index[r], out.row(r));
  });
  return y;
}

}  // namespace tutti
