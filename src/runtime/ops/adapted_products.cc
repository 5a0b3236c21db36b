// CpuOps' products in passes where some rows have adapters. What the weights alone make of a row is
// computed by the same kernels as in passes without, so that a row that has no adapter gets the
// same bits in whatever company; low-rank pairs, which are FP32, add to the others.
//
// Rejected: composing such passes of plain ops (model/compose.h), which sums in another order and
// knows no calibrated scales of INT8.
#include <algorithm>

#include "model/compose.h"
#include "runtime/kernels/elementwise.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {
namespace {

using Pair = LowRank<CpuTensor>;

// What the adapter adds to products with `w`; nullptr: nothing.
const Pair* pair_of(const RowAdapters<CpuTensor>& by, int32_t which, const Linear<CpuTensor>& w) {
  if (which < 0) return nullptr;
  const Adapter<CpuTensor>& adapter = *by.adapters[size_t(which)];
  const auto found = adapter.find(w.name);
  return found == adapter.end() ? nullptr : &found->second;
}

// Whether any row's product with `w` is added to.
bool reaches(const RowAdapters<CpuTensor>& by, const Linear<CpuTensor>& w) {
  int32_t last = -1;
  for (const int32_t which : by.rows)
    if (which != last && pair_of(by, last = which, w)) return true;
  return false;
}

PreNorm<CpuTensor> plain(PreNorm<CpuTensor> norm) {
  norm.adapters = nullptr;
  return norm;
}

Join<CpuTensor> plain(Join<CpuTensor> join) {
  join.adapters = nullptr;
  return join;
}

}  // namespace

// Adds to y in place, which nobody else has: a run of rows with the same adapter at a time.
void CpuOps::add_low_rank(const Tensor& x, const Linear<Tensor>& w, const RowAdapters<Tensor>& by,
                          Tensor& y) {
  const int count = int(by.rows.size());
  expect(x.rows() == count, "adapters", x, y);
  for (int begin = 0, end = 0; begin < count; begin = end) {
    const int32_t which = by.rows[size_t(begin)];
    while (end < count && by.rows[size_t(end)] == which) ++end;
    const Pair* const pair = pair_of(by, which, w);
    if (!pair) continue;
    const Tensor low = linear(rows(x, begin, end), pair->down_RK);
    const Tensor more = linear(low, pair->up_MR);
    expect(more.cols() == y.cols(), "adapters", more, y);
    Tensor own = rows(y, begin, end);
    const Matrix out = own.mutable_matrix();
    parallel(end - begin, size_t(y.cols()), [&](int first, int last) {
      kernels::add({out.data, out.rows, out.cols, out.stride}, more.matrix(), out, first, last);
    });
  }
}

CpuTensor CpuOps::adapted_norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                                      const Linear<Tensor>& w) {
  Tensor y = norm_linear(x, plain(norm), w);
  if (reaches(*norm.adapters, w)) add_low_rank(compose::norm(*this, x, norm), w, *norm.adapters, y);
  return y;
}

std::pair<CpuTensor, CpuTensor> CpuOps::adapted_norm_linear(const Tensor& x,
                                                            const PreNorm<Tensor>& norm,
                                                            const Linear<Tensor>& w,
                                                            const Linear<Tensor>& v) {
  auto products = norm_linear(x, plain(norm), w, v);
  if (!reaches(*norm.adapters, w) && !reaches(*norm.adapters, v)) return products;
  const Tensor h = compose::norm(*this, x, norm);
  add_low_rank(h, w, *norm.adapters, products.first);
  add_low_rank(h, v, *norm.adapters, products.second);
  return products;
}

CpuTensor CpuOps::adapted_join(const Tensor& x, const Linear<Tensor>& w, const Join<Tensor>& join) {
  Tensor y = linear_join(x, w, plain(join));
  if (!reaches(*join.adapters, w)) return y;
  Tensor more = make(y.rows(), y.cols());
  if (computing_)
    std::fill_n(more.mutable_matrix().data, size_t(y.rows()) * size_t(y.cols()), 0.0f);
  add_low_rank(x, w, *join.adapters, more);
  return compose::join(*this, more, Join<Tensor>{y, join.bounds, join.modulation, join.gate_N1});
}

// What is added to `up` stands before the activation, so rows whose adapters add something run op
// by op, on their own.
CpuTensor CpuOps::adapted_feed_forward(const Tensor& x, const PreNorm<Tensor>& norm,
                                       std::span<const Linear<Tensor>> up, Activation activation,
                                       std::span<const Linear<Tensor>> down,
                                       const Join<Tensor>& join) {
  const RowAdapters<Tensor>& by = *norm.adapters;
  adapted_.select(by, norm, up, down);
  if (int(adapted_.rows.size()) == x.rows())
    return compose::feed_forward(*this, x, norm, up, activation, down, join);
  Tensor y = feed_forward(x, plain(norm), up, activation, down, plain(join));
  if (adapted_.rows.empty()) return y;
  const auto of_rows = [&](const Modulation<Tensor>& all) {
    return Modulation<Tensor>{all.scale_MD, adapted_.noise_index, adapted_.first_noisy};
  };
  const RowAdapters<Tensor> own = {by.adapters, adapted_.adapters};
  const Tensor x_RD = gather_rows(x, adapted_.rows);
  const Tensor residual_RD = gather_rows(join.residual_ND, adapted_.rows);
  Tensor gate_R1;
  if (join.gate_N1) gate_R1 = gather_rows(*join.gate_N1, adapted_.rows);
  const PreNorm<Tensor> own_norm = {norm.gain_GD, adapted_.bounds, of_rows(norm.modulation),
                                    norm.eps,     norm.shift_GD,   &own};
  const Join<Tensor> own_join = {residual_RD, adapted_.bounds, of_rows(join.modulation),
                                 join.gate_N1 ? &gate_R1 : nullptr, &own};
  return replace_rows(y, adapted_.rows,
                      compose::feed_forward(*this, x_RD, own_norm, up, activation, down, own_join));
}

void CpuOps::AdaptedRows::select(const RowAdapters<Tensor>& by, const PreNorm<Tensor>& norm,
                                 std::span<const Linear<Tensor>> up,
                                 std::span<const Linear<Tensor>> down) {
  rows.clear();
  adapters.clear();
  bounds.assign(1, 0);
  noise_index.clear();
  first_noisy = 0;
  const Modulation<Tensor>& noise = norm.modulation;
  for (size_t g = 0; g < up.size(); ++g) {
    int32_t last = -1;
    bool adds = false;
    for (int32_t row = norm.bounds[g]; row < norm.bounds[g + 1]; ++row) {
      const int32_t which = by.rows[size_t(row)];
      if (which != last) adds = pair_of(by, which, up[g]) || pair_of(by, which, down[g]);
      last = which;
      if (!adds) continue;
      rows.push_back(row);
      adapters.push_back(which);
      if (!noise.scale_MD || row < noise.first)
        first_noisy = int(rows.size());
      else
        noise_index.push_back(noise.index[size_t(row - noise.first)]);
    }
    bounds.push_back(int32_t(rows.size()));
  }
}

}  // namespace tutti
