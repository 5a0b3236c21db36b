// How a model gets its weights. The architecture asks a source for each tensor by name, shape and
// ParamSpec, in a fixed order; a source may create it (training), map it from a file (runtime) or
// only note it (`tutti inspect`). What a parameter is for is said here, where it is asked for; the
// optimizer, distillation and INT8 read it and never guess from a name.
#pragma once

#include <cmath>
#include <concepts>
#include <optional>
#include <string>

#include "model/linear.h"

namespace tutti {

struct Init {
  enum class Kind { zeros, ones, normal };
  Kind kind = Kind::normal;
  float stddev = 0;  // normal
};

inline Init zeros() {
  return {Init::Kind::zeros, 0};
}
inline Init ones() {
  return {Init::Kind::ones, 0};
}
inline Init normal(float stddev) {
  return {Init::Kind::normal, stddev};
}

enum class Role {
  hidden,  // a matrix from features to features
  table,   // rows that are read by index
  gain,    // gains, biases, scales and taps: a few values a channel
  head,    // a matrix between features and what is none: pixels, mel, noise levels, logits
};

enum class Axis { none, rows, cols };

// How a matrix divides.
struct Layout {
  Axis shard = Axis::none;    // that tensor-parallel ranks share out among them
  Axis elastic = Axis::none;  // of which a narrower subnet takes the leading part
  // A matrix may be several side by side, each of which divides by itself: keys and values, gate
  // and up, the taps of a convolution.
  int row_parts = 1, col_parts = 1;
  // The two row parts are gate and up of a gated activation, which a kernel reads by turns.
  bool gated = false;
};

struct ParamSpec {
  Role role = Role::gain;
  Init init;
  // Read by products: the runtime packs it, INT8 may hold it, weight decay shrinks it.
  bool product = false;
  Layout layout = {};
  int group = -1;  // the modality group that it belongs to alone; -1: all
};

template <class P, class Tensor>
concept ParameterSource = requires(P source, std::string name, int rows, int cols, ParamSpec spec) {
  { source.get(name, rows, cols, spec) } -> std::same_as<Tensor>;
};

// Adds a prefix, so that a module names its weights without knowing where it sits.
template <class Source>
class Scope {
 public:
  Scope(Source& source, std::string prefix, int group = -1)
      : source_(source), prefix_(std::move(prefix)), group_(group) {}

  Scope operator/(const std::string& name) const { return {source_, prefix_ + name + ".", group_}; }
  // The same place, for weights that belong to one modality group.
  Scope of_group(int group) const { return {source_, prefix_, group}; }

  // A projection of `in` features to `out`: normal with 1/sqrt(in).
  auto matrix(const std::string& name, int out, int in, Layout layout = {}) const {
    return get(name, out, in, {Role::hidden, fan_in(in), true, layout});
  }
  // Output projections start at zero: every block begins as the identity.
  auto zero_matrix(const std::string& name, int out, int in, Layout layout = {}) const {
    return get(name, out, in, {Role::hidden, zeros(), true, layout});
  }
  // The same as a Linear, which adapters may find, with a bias where there is one.
  template <class Tensor>
  Linear<Tensor> linear(const std::string& name, int out, int in, Layout layout = {},
                        bool bias = false) const {
    return with_bias<Tensor>(name, matrix(name, out, in, layout), out, bias);
  }
  template <class Tensor>
  Linear<Tensor> zero_linear(const std::string& name, int out, int in, Layout layout = {},
                             bool bias = false) const {
    return with_bias<Tensor>(name, zero_matrix(name, out, in, layout), out, bias);
  }
  // A projection from or to what is not features.
  auto head(const std::string& name, int out, int in, Layout layout = {}) const {
    return get(name, out, in, {Role::head, fan_in(in), true, layout});
  }
  auto zero_head(const std::string& name, int out, int in, Layout layout = {}) const {
    return get(name, out, in, {Role::head, zeros(), true, layout});
  }
  // A token table that is the output matrix too.
  auto tied_table(const std::string& name, int rows, int width) const {
    return get(name, rows, width, {Role::table, normal(0.02f), true, {.shard = Axis::rows}});
  }
  auto table(const std::string& name, int rows, int width, float stddev) const {
    return get(name, rows, width, {Role::table, normal(stddev)});
  }
  auto gain(const std::string& name, int rows, int cols, Init init = ones(),
            Layout layout = {}) const {
    return get(name, rows, cols, {Role::gain, init, false, layout});
  }

 private:
  template <class Tensor>
  Linear<Tensor> with_bias(const std::string& name, Tensor weight, int out, bool bias) const {
    std::optional<Tensor> row;
    if (bias) row = gain(name + "_bias", 1, out, zeros());
    return {std::move(weight), std::move(row), prefix_ + name};
  }
  static Init fan_in(int in) { return normal(1.0f / std::sqrt(float(in))); }
  auto get(const std::string& name, int rows, int cols, ParamSpec spec) const {
    spec.group = group_;
    return source_.get(prefix_ + name, rows, cols, spec);
  }

  Source& source_;
  std::string prefix_;
  int group_;
};

}  // namespace tutti
