// A weight as products read it: a matrix, a bias and, for some rows, a low-rank addition.
//
//   y_NM = x_NK w_MK^T + b_1M + (x_NK a_RK^T) b_MR^T     the last for rows with an adapter
//
// Adapters belong to requests, not to the model: rows of one pass may have different ones or none,
// and a pass says which row has which. Source of the low-rank form: LoRA (arXiv 2106.09685).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace tutti {

template <class Tensor>
struct Linear {
  Tensor weight;               // M x K
  std::optional<Tensor> bias;  // 1 x M
  std::string name;            // of the weight, by which adapters find it; empty: none does

  Linear() = default;
  Linear(Tensor weight) : weight(std::move(weight)) {}
  Linear(Tensor weight, std::optional<Tensor> bias, std::string name)
      : weight(std::move(weight)), bias(std::move(bias)), name(std::move(name)) {}
};

// x down^T up^T, the scale of the pair multiplied into `up`.
template <class Tensor>
struct LowRank {
  Tensor down_RK, up_MR;
};

// By the name of the weight that each is added to.
template <class Tensor>
using Adapter = std::map<std::string, LowRank<Tensor>>;

// Which of `adapters` each row of a pass has; -1: none.
template <class Tensor>
struct RowAdapters {
  std::span<const Adapter<Tensor>* const> adapters;
  std::span<const int32_t> rows;
};

}  // namespace tutti
