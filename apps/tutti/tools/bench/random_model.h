// Models of random weights in the shapes of well-known ones, for `tutti bench`: the product's own
// network and kernels, so what is timed is what serves.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti::bench {

// A language model, or a stack of blocks that sees all of its `tokens` at once.
struct Shape {
  std::string name;
  ModelSpec spec;
  int tokens = 0;  // of an encoder's sequence

  bool encoder() const { return tokens > 0; }
  int ffn() const { return spec.groups[0].ffn; }
  // Multiply-adds of one layer's products for a token, and of attention for a sequence of `tokens`.
  double layer_products() const;
  double attention_products(double tokens) const;
};

// The one named, or a usage_error that lists those there are.
Result<Shape> find_shape(const std::string& name, bool encoder);
std::vector<std::string> shape_names(bool encoder);

// Weights are uniform with a variance of 1 / cols, so that activations keep their size; gains are
// about 1.
struct RandomModel {
  Shape shape;
  Precision precision;
  WeightStorage weights;
  Model<CpuOps> model;

  static Result<RandomModel> make(const Shape& shape, Precision precision, ThreadPool& threads);
  size_t parameters() const;
  // Read for every token that is decoded.
  size_t weight_bytes() const { return weights.bytes(); }
};

struct RandomEncoder {
  Shape shape;
  WeightStorage weights;
  std::vector<Block<CpuOps>> blocks;
  CpuTensor norm_1D;

  static Result<RandomEncoder> make(const Shape& shape, Precision precision, ThreadPool& threads);
  size_t parameters() const;
  // x_TD: batch x tokens rows.
  CpuTensor forward(CpuOps& ops, CpuTensor x_TD, const AttentionPlan& plan) const;
};

}  // namespace tutti::bench
