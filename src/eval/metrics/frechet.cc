#include "eval/metrics/frechet.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tutti {
namespace {

// A square matrix of doubles, row-major.
struct Square {
  int size;
  std::vector<double> values;

  explicit Square(int size) : size(size), values(size_t(size) * size) {}
  double& at(int r, int c) { return values[size_t(r) * size + c]; }
  double at(int r, int c) const { return values[size_t(r) * size + c]; }
};

Square product(const Square& a, const Square& b) {
  Square c(a.size);
  for (int i = 0; i < a.size; ++i)
    for (int k = 0; k < a.size; ++k)
      for (int j = 0; j < a.size; ++j) c.at(i, j) += a.at(i, k) * b.at(k, j);
  return c;
}

std::vector<double> mean_of(const Features& set) {
  std::vector<double> mean(set[0].size());
  for (const auto& sample : set)
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += sample[i] / double(set.size());
  return mean;
}

Square covariance(const Features& set, const std::vector<double>& mean) {
  Square s(int(mean.size()));
  for (const auto& sample : set)
    for (int i = 0; i < s.size; ++i)
      for (int j = 0; j < s.size; ++j)
        s.at(i, j) += (sample[i] - mean[i]) * (sample[j] - mean[j]) / double(set.size() - 1);
  return s;
}

// Turns rows and columns p and q so that a(p, q) becomes 0; collects the turns in `v`.
void rotate(Square& a, Square& v, int p, int q) {
  const double theta = (a.at(q, q) - a.at(p, p)) / (2 * a.at(p, q));
  const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  for (int k = 0; k < a.size; ++k) {
    const double kp = a.at(k, p), kq = a.at(k, q);
    a.at(k, p) = c * kp - s * kq;
    a.at(k, q) = s * kp + c * kq;
  }
  for (int k = 0; k < a.size; ++k) {
    const double pk = a.at(p, k), qk = a.at(q, k);
    a.at(p, k) = c * pk - s * qk;
    a.at(q, k) = s * pk + c * qk;
    const double kp = v.at(k, p), kq = v.at(k, q);
    v.at(k, p) = c * kp - s * kq;
    v.at(k, q) = s * kp + c * kq;
  }
}

// Jacobi's method for a symmetric matrix: eigenvalues on the diagonal of `a`, vectors in the
// columns of the result. It converges quadratically; 30 sweeps are far more than it needs.
Square diagonalise(Square& a) {
  Square v(a.size);
  for (int i = 0; i < a.size; ++i) v.at(i, i) = 1;
  double scale = 0;
  for (double value : a.values) scale = std::max(scale, std::abs(value));
  for (int sweep = 0; sweep < 30; ++sweep) {
    bool done = true;
    for (int p = 0; p < a.size; ++p)
      for (int q = p + 1; q < a.size; ++q)
        if (std::abs(a.at(p, q)) > 1e-13 * scale) {
          rotate(a, v, p, q);
          done = false;
        }
    if (done) break;
  }
  return v;
}

Square square_root(Square a) {
  const Square v = diagonalise(a);
  Square root(a.size);
  for (int k = 0; k < a.size; ++k) {
    const double value = std::sqrt(std::max(0.0, a.at(k, k)));
    for (int i = 0; i < a.size; ++i)
      for (int j = 0; j < a.size; ++j) root.at(i, j) += value * v.at(i, k) * v.at(j, k);
  }
  return root;
}

}  // namespace

double frechet_distance(const Features& a, const Features& b) {
  const auto mean_a = mean_of(a), mean_b = mean_of(b);
  const Square cov_a = covariance(a, mean_a), cov_b = covariance(b, mean_b);
  double distance = 0;
  for (size_t i = 0; i < mean_a.size(); ++i)
    distance += (mean_a[i] - mean_b[i]) * (mean_a[i] - mean_b[i]);
  // tr (AB)^(1/2) = tr (A^(1/2) B A^(1/2))^(1/2), and the latter is symmetric.
  const Square root = square_root(cov_a);
  Square inner = product(product(root, cov_b), root);
  diagonalise(inner);
  for (int i = 0; i < inner.size; ++i)
    distance += cov_a.at(i, i) + cov_b.at(i, i) - 2 * std::sqrt(std::max(0.0, inner.at(i, i)));
  return std::max(0.0, distance);
}

double mean_nearest_distance(const Features& from, const Features& to) {
  double sum = 0;
  for (const auto& sample : from) {
    double nearest = std::numeric_limits<double>::max();
    for (const auto& other : to) {
      double squared = 0;
      for (size_t i = 0; i < sample.size(); ++i)
        squared += double(sample[i] - other[i]) * double(sample[i] - other[i]);
      nearest = std::min(nearest, squared);
    }
    sum += std::sqrt(nearest);
  }
  return from.empty() || to.empty() ? 0 : sum / double(from.size());
}

}  // namespace tutti
