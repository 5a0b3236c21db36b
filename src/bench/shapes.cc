// The shapes that are timed, and what they cost.
#include <algorithm>

#include "base/joined.h"
#include "bench/transformer.h"

namespace tutti::bench {
namespace {

// 500m is the shape of Qwen2.5-0.5B; vit-s16 is ViT-S/16 at 224 x 224, without its patch embedding.
const TransformerShape kShapes[] = {
    {"25m", 384, 12, 6, 6, 1024, 32000},      {"125m", 768, 12, 12, 12, 2048, 32000},
    {"500m", 896, 24, 14, 2, 4864, 151936},   {"tiny", 128, 2, 2, 1, 192, 320},
    {"vit-s16", 384, 12, 6, 6, 1536, 0, 197}, {"tiny-encoder", 128, 2, 2, 2, 192, 0, 21},
};

}  // namespace

double TransformerShape::layer_products() const {
  const double attention = double(qkv_columns()) * width + double(heads) * kHeadColumns * width;
  return attention + double(width) * ffn * (causal() ? 3 : 2);
}

double TransformerShape::attention_products(double tokens) const {
  const double pairs = causal() ? tokens * (tokens + 1) / 2 : tokens * tokens;
  return 2 * pairs * heads * kHeadColumns;
}

std::vector<std::string> shape_names(bool causal) {
  std::vector<std::string> names;
  for (const TransformerShape& shape : kShapes)
    if (shape.causal() == causal) names.push_back(shape.name);
  return names;
}

Result<TransformerShape> find_shape(const std::string& name, bool causal) {
  for (const TransformerShape& shape : kShapes)
    if (shape.causal() == causal && shape.name == name) return shape;
  return usage_error("there is no shape " + name + "; choose one of " +
                     joined(shape_names(causal)));
}

}  // namespace tutti::bench
