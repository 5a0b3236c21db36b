// How a model gets its weights. The architecture asks a source for each tensor by name and shape,
// in a fixed order; a source may create it (training), map it from a file (runtime) or only note it
// (`tutti inspect`).
#pragma once

#include <cmath>
#include <concepts>
#include <string>

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

// A source may also have matrix(), of the same form, for what products and token tables read: the
// runtime keeps those packed. Everything else goes through get().
template <class P, class Tensor>
concept ParameterSource = requires(P source, std::string name, int rows, int cols, Init init) {
  { source.get(name, rows, cols, init) } -> std::same_as<Tensor>;
};

// Adds a prefix, so that a module names its weights without knowing where it sits.
template <class Source>
class Scope {
 public:
  Scope(Source& source, std::string prefix) : source_(source), prefix_(std::move(prefix)) {}

  Scope operator/(const std::string& name) const { return {source_, prefix_ + name + "."}; }

  auto get(const std::string& name, int rows, int cols, Init init) const {
    return source_.get(prefix_ + name, rows, cols, init);
  }
  // A projection of `in` values to `out`: normal with 1/sqrt(in).
  auto matrix(const std::string& name, int out, int in) const {
    return product(name, out, in, normal(1.0f / std::sqrt(float(in))));
  }
  // A token table that is the output matrix too.
  auto tied_table(const std::string& name, int rows, int width) const {
    return product(name, rows, width, normal(0.02f));
  }
  auto gain(const std::string& name, int rows, int cols) const {
    return get(name, rows, cols, ones());
  }
  // Output projections start at zero: every block begins as the identity.
  auto zero_matrix(const std::string& name, int out, int in) const {
    return product(name, out, in, zeros());
  }

 private:
  auto product(const std::string& name, int rows, int cols, Init init) const {
    if constexpr (requires { source_.matrix(name, rows, cols, init); })
      return source_.matrix(prefix_ + name, rows, cols, init);
    else
      return source_.get(prefix_ + name, rows, cols, init);
  }

  Source& source_;
  std::string prefix_;
};

}  // namespace tutti
