// The coarse operations of ops.h by composition of the others: their definition, and how a back end
// without a fused kernel for one implements it.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/inline_vector.h"
#include "model/ops.h"

namespace tutti::compose {

template <class O, class T>
T modulate(O& ops, const T& x, const Modulation<T>& by) {
  return by.scale_MD ? ops.modulate(x, *by.scale_MD, by.index, by.first) : x;
}

template <class O, class T>
T norm(O& ops, const T& x, const PreNorm<T>& norm) {
  const T y = norm.shift_GD ? ops.layer_norm(x, norm.gain_GD, *norm.shift_GD, norm.bounds, norm.eps)
                            : ops.rms_norm(x, norm.gain_GD, norm.bounds, norm.eps);
  return modulate(ops, y, norm.modulation);
}

// y = x w^T with what the rows' adapters add to it, a run of rows with the same one at a time.
template <class O, class T>
T adapt(O& ops, const T& x, const Linear<T>& w, const T& y, const RowAdapters<T>* by) {
  if (!by || w.name.empty()) return y;
  const int rows = ops.row_count(x);
  std::vector<T> parts;
  for (int begin = 0, end = 0; begin < rows; begin = end) {
    const int32_t which = by->rows[size_t(begin)];
    while (end < rows && by->rows[size_t(end)] == which) ++end;
    T part = ops.rows(y, begin, end);
    if (which >= 0)
      if (const auto pair = by->adapters[size_t(which)]->find(w.name);
          pair != by->adapters[size_t(which)]->end()) {
        const T low = ops.linear(ops.rows(x, begin, end), pair->second.down_RK);
        part = ops.add(part, ops.linear(low, pair->second.up_MR));
      }
    parts.push_back(std::move(part));
  }
  return parts.size() == 1 ? parts[0] : ops.concat_rows(parts);
}

template <class O, class T>
T join(O& ops, const T& branch, const Join<T>& join) {
  T y = modulate(ops, branch, join.modulation);
  if (join.gate_N1) y = ops.scale_rows(y, *join.gate_N1);
  return ops.add(join.residual_ND, y);
}

template <class O, class T>
T norm_linear(O& ops, const T& x, const PreNorm<T>& before, const Linear<T>& w) {
  return ops.linear(norm(ops, x, before), w, before.adapters);
}

template <class O, class T>
std::pair<T, T> norm_linear(O& ops, const T& x, const PreNorm<T>& before, const Linear<T>& w,
                            const Linear<T>& v) {
  const T h = norm(ops, x, before);
  return {ops.linear(h, w, before.adapters), ops.linear(h, v, before.adapters)};
}

// Rows [bounds[g], bounds[g + 1]) as a function of g, for a caller that takes all of them. A back
// end with gradients cuts at once: the gradient of one cut is one concatenation, that of G slices
// is G full-sized sums.
template <class O, class T>
auto split_rows(O& ops, const T& x, RowIndex bounds) {
  if constexpr (requires { ops.split_rows(x, bounds); })
    return [parts = ops.split_rows(x, bounds)](size_t g) { return parts[g]; };
  else
    return [&ops, &x, bounds](size_t g) { return ops.rows(x, bounds[g], bounds[g + 1]); };
}

template <class O, class T>
T feed_forward(O& ops, const T& x, const PreNorm<T>& before, std::span<const Linear<T>> up,
               Activation activation, std::span<const Linear<T>> down, const Join<T>& after) {
  const T h = norm(ops, x, before);
  const auto rows = split_rows(ops, h, before.bounds);
  InlineVector<T, 16> parts;
  for (size_t g = 0; g < up.size(); ++g) {
    const int begin = before.bounds[g], end = before.bounds[g + 1];
    if (begin == end) continue;
    std::optional<RowAdapters<T>> own;
    if (before.adapters)
      own = {before.adapters->adapters,
             before.adapters->rows.subspan(size_t(begin), size_t(end - begin))};
    const RowAdapters<T>* const by = own ? &*own : nullptr;
    const T hidden = ops.activate(ops.linear(rows(g), up[g], by), activation);
    parts.push_back(ops.linear(hidden, down[g], by));
  }
  return join(ops, parts.size() == 1 ? parts[0] : ops.concat_rows(parts), after);
}

template <class O, class T>
T norm_silu_conv(O& ops, const T& x, const T& gain, const T& w, Grid grid, int kernel, int stride) {
  const int32_t bounds[] = {0, ops.row_count(x)};
  return ops.conv2d(ops.silu(ops.rms_norm(x, gain, bounds)), w, grid, kernel, stride);
}

template <class O, class T>
T route(O& ops, const T& x, const T& route, const T& bias, RowIndex bounds) {
  std::vector<int32_t> group(ops.row_count(x));
  for (size_t g = 0; g + 1 < bounds.size(); ++g)
    std::fill(group.begin() + bounds[g], group.begin() + bounds[g + 1], int32_t(g));
  return ops.add(ops.linear(ops.normalize_rows(x), route), ops.embedding(bias, group));
}

}  // namespace tutti::compose
