#include "random_model.h"

#include <algorithm>
#include <cmath>

#include "base/joined.h"
#include "base/rng.h"

namespace tutti::bench {
namespace {

Shape language(const char* name, int width, int layers, int kv_heads, int ffn, int vocabulary,
               float theta = 10000) {
  Shape shape{name, ModelSpec::language(width, layers, kv_heads, ffn, vocabulary)};
  shape.spec.context = 8192;
  shape.spec.block.rope = RopeSpec::language(theta);
  return shape;
}

// Places are in what comes in: nothing is rotated.
Shape encoder(const char* name, int width, int layers, int ffn, int tokens) {
  Shape shape = language(name, width, layers, 0, ffn, 320);
  shape.tokens = tokens;
  shape.spec.block.activation = Activation::gelu;
  shape.spec.block.rope.time = {kHeadWidth / 2, 0, 0};
  return shape;
}

// 500m is the shape of Qwen2.5-0.5B, 1b that of Llama 3.2 1B; vit-s16 is ViT-S/16 at 224 x 224,
// without its patch embedding.
std::vector<Shape> shapes() {
  std::vector<Shape> all = {language("25m", 384, 12, 6, 1024, 32000),
                            language("125m", 768, 12, 12, 2048, 32000),
                            language("500m", 896, 24, 2, 4864, 151936, 1e6f),
                            language("1b", 2048, 16, 8, 8192, 128256, 5e5f),
                            language("tiny", 128, 2, 1, 192, 320),
                            encoder("vit-s16", 384, 12, 1536, 197),
                            encoder("tiny-encoder", 128, 2, 192, 21)};
  all[2].spec.block.qkv_bias = true;
  all[3].spec.block.eps = 1e-5f;
  all[3].spec.block.rope.factor = 32;
  return all;
}

Result<std::vector<float>> random_values(const std::string& name, int rows, int cols) {
  Rng rng(std::hash<std::string>()(name));
  std::vector<float> values(size_t(rows) * cols);
  if (rows == 1 || name.ends_with("gain")) {
    for (float& gain : values) gain = float(1 + 0.2 * rng.normal());
    return values;
  }
  const float range = std::sqrt(3.0f / float(cols));
  for (size_t i = 0; i < values.size(); i += 2) {
    const uint64_t bits = rng.next();
    values[i] = (float(uint32_t(bits)) * 0x1p-31f - 1) * range;
    if (i + 1 < values.size()) values[i + 1] = (float(bits >> 32) * 0x1p-31f - 1) * range;
  }
  return values;
}

// INT8 weights are such as `tutti quantize` prefers.
WeightSource random_source(Precision precision) {
  return WeightSource(
      random_values, [precision](const std::string& name, int rows, int cols) -> Result<Weight> {
        TUTTI_ASSIGN(const std::vector<float> values, random_values(name, rows, cols));
        Weight weight;
        const ConstMatrix matrix = {values.data(), rows, cols, size_t(cols)};
        TUTTI_ASSIGN(weight.packed, precision == Precision::int8
                                        ? PackedWeights::quantize(matrix, Int8Weights::paired)
                                        : PackedWeights::pack(matrix, precision));
        return weight;
      });
}

}  // namespace

double Shape::layer_products() const {
  const double width = spec.width, kv = double(spec.kv_heads()) * kHeadWidth;
  return width * (2 * width + 2 * kv) + width * ffn() * (is_gated(spec.block.activation) ? 3 : 2);
}

double Shape::attention_products(double tokens) const {
  const double pairs = encoder() ? tokens * tokens : tokens * (tokens + 1) / 2;
  return 2 * pairs * spec.width;
}

std::vector<std::string> shape_names(bool encoder) {
  std::vector<std::string> names;
  for (const Shape& shape : shapes())
    if (shape.encoder() == encoder) names.push_back(shape.name);
  return names;
}

Result<Shape> find_shape(const std::string& name, bool encoder) {
  for (Shape& shape : shapes())
    if (shape.encoder() == encoder && shape.name == name) return std::move(shape);
  return usage_error("there is no shape " + name + "; choose one of " +
                     joined(shape_names(encoder)));
}

Result<RandomModel> RandomModel::make(const Shape& shape, Precision precision,
                                      ThreadPool& threads) {
  WeightSource source = random_source(precision);
  Model<CpuOps> model(Scope(source, ""), shape.spec);
  TUTTI_CHECK(source.pack(threads));
  return RandomModel{shape, precision, source.take(), std::move(model)};
}

size_t RandomModel::parameters() const {
  const ModelSpec& spec = shape.spec;
  return size_t(shape.layer_products() + 2 * spec.width) * size_t(spec.layers) +
         size_t(spec.width) + size_t(spec.vocabulary) * size_t(spec.width);
}

Result<RandomEncoder> RandomEncoder::make(const Shape& shape, Precision precision,
                                          ThreadPool& threads) {
  WeightSource source = random_source(precision);
  const Scope scope(source, "");
  RandomEncoder encoder{shape, {}, {}, {}};
  for (int i = 0; i < shape.spec.layers; ++i)
    encoder.blocks.emplace_back(scope / ("layer_" + std::to_string(i)), shape.spec.width,
                                shape.spec.groups, shape.spec.block);
  encoder.norm_1D = scope.gain("norm", 1, shape.spec.width);
  TUTTI_CHECK(source.pack(threads));
  encoder.weights = source.take();
  return encoder;
}

size_t RandomEncoder::parameters() const {
  return size_t(shape.layer_products() + 2 * shape.spec.width) * size_t(shape.spec.layers) +
         size_t(shape.spec.width);
}

CpuTensor RandomEncoder::forward(CpuOps& ops, CpuTensor x_TD, const AttentionPlan& plan) const {
  const std::array<int32_t, 2> bounds = {0, x_TD.rows()};
  for (const Block<CpuOps>& block : blocks) x_TD = block.forward(ops, x_TD, {plan, bounds});
  return ops.rms_norm(x_TD, norm_1D, bounds, shape.spec.block.eps);
}

}  // namespace tutti::bench
