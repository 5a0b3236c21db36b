#include "bench/transformer.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"

namespace tutti::bench {
namespace {

// Uniform with a variance of 1 / cols, so that activations keep their size.
Result<PackedWeights> random_matrix(Rng& rng, int rows, int cols, Precision precision) {
  std::vector<float> values(size_t(rows) * cols);
  const float range = std::sqrt(3.0f / float(cols));
  for (size_t i = 0; i < values.size(); i += 2) {
    const uint64_t bits = rng.next();
    values[i] = (float(uint32_t(bits)) * 0x1p-31f - 1) * range;
    if (i + 1 < values.size()) values[i + 1] = (float(bits >> 32) * 0x1p-31f - 1) * range;
  }
  return PackedWeights::pack({values.data(), rows, cols, size_t(cols)}, precision);
}

std::vector<float> random_gain(Rng& rng, int width) {
  std::vector<float> gain(width);
  for (float& g : gain) g = float(1 + 0.2 * rng.normal());
  return gain;
}

}  // namespace

Result<Transformer> Transformer::random(const TransformerShape& shape, Precision precision,
                                        uint64_t seed) {
  Transformer model;
  model.shape_ = shape;
  model.precision_ = precision;
  Rng rng(seed);
  const int width = shape.width;
  for (int l = 0; l < shape.layers; ++l) {
    Layer& layer = model.layers_.emplace_back();
    layer.attention_norm = random_gain(rng, width);
    layer.ffn_norm = random_gain(rng, width);
    TUTTI_ASSIGN(layer.qkv, random_matrix(rng, shape.qkv_columns(), width, precision));
    TUTTI_ASSIGN(layer.out, random_matrix(rng, width, shape.heads * kHeadColumns, precision));
    TUTTI_ASSIGN(layer.up, random_matrix(rng, shape.ffn, width, precision));
    if (shape.causal()) {
      TUTTI_ASSIGN(const PackedWeights gate, random_matrix(rng, shape.ffn, width, precision));
      TUTTI_ASSIGN(layer.up, PackedWeights::interleave(gate, layer.up));
    }
    TUTTI_ASSIGN(layer.down, random_matrix(rng, width, shape.ffn, precision));
  }
  model.norm_ = random_gain(rng, width);
  if (shape.causal()) {
    TUTTI_ASSIGN(model.table_, random_matrix(rng, shape.vocabulary, width, precision));
  }
  return model;
}

size_t Transformer::parameters() const {
  return size_t(shape_.layer_products() + 2 * shape_.width) * shape_.layers + shape_.width +
         size_t(shape_.vocabulary) * shape_.width;
}

size_t Transformer::weight_bytes() const {
  size_t bytes = table_.bytes();
  for (const Layer& layer : layers_)
    bytes += layer.qkv.bytes() + layer.out.bytes() + layer.up.bytes() + layer.down.bytes();
  return bytes;
}

}  // namespace tutti::bench
