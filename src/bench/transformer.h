// A plain transformer of random weights, on the runtime's kernels: what `tutti bench` times beside
// other engines, which run nothing but plain transformers. Nothing of the product depends on it.
//
//   ThreadPool threads(2);
//   TUTTI_ASSIGN(Transformer model, Transformer::random(threads, trunk_125m(), Precision::int8));
//   TUTTI_ASSIGN(TransformerSession session, model.session(threads, 640, 1));
//   session.prefill(tokens);                        // logits() of the last one
//   session.decode(token);
//
// Pre-norm blocks (RMS norm), heads of 64, no biases. A trunk is causal with rotary positions,
// grouped keys where kv_heads < heads, SwiGLU, and the embedding table as its head. An encoder sees
// all of its tokens and has a GELU layer instead.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/linear/linear.h"
#include "runtime/linear/packed_attention.h"

namespace tutti::bench {

struct TransformerShape {
  std::string name;
  int width, layers, heads, kv_heads, ffn;
  int vocabulary = 0;  // 0: an encoder
  int tokens = 0;      // of an encoder's sequence

  bool causal() const { return vocabulary > 0; }
  int qkv_columns() const { return (heads + 2 * kv_heads) * kHeadColumns; }
  // Multiply-adds of one layer's products for a token, and of attention for `tokens` of a sequence.
  double layer_products() const;
  double attention_products(double tokens) const;
};

// The one named, or a usage_error that lists those there are.
Result<TransformerShape> find_shape(const std::string& name, bool causal);
std::vector<std::string> shape_names(bool causal);

class TransformerSession;

// Immutable once made.
class Transformer {
 public:
  static Result<Transformer> random(const TransformerShape& shape, Precision precision,
                                    uint64_t seed = 1);

  const TransformerShape& shape() const { return shape_; }
  Precision precision() const { return precision_; }
  size_t parameters() const;
  // Read for every token that is decoded.
  size_t weight_bytes() const;

 private:
  friend class TransformerSession;
  struct Layer {
    std::vector<float> attention_norm, ffn_norm;
    PackedWeights qkv, out, up, down;
  };

  TransformerShape shape_;
  Precision precision_ = Precision::f32;
  std::vector<Layer> layers_;
  std::vector<float> norm_;
  PackedWeights table_;  // embedding and head
};

// `batch` sequences of up to `capacity` tokens. The model and the pool must outlive it; not
// thread-safe. Allocates nothing once created.
class TransformerSession {
 public:
  static Result<TransformerSession> create(const Transformer& model, ThreadPool& threads,
                                           int capacity, int batch = 1);

  // A trunk of one sequence.
  void clear() { length_ = 0; }
  // Goes back to the first `tokens`, as if no others had been read.
  void keep(int tokens) { length_ = std::min(length_, tokens); }
  int length() const { return length_; }
  void prefill(std::span<const int32_t> tokens);
  void decode(int32_t token) { prefill({&token, 1}); }
  std::span<const float> logits() const { return {logits_.data(), logits_.size()}; }

  // An encoder: batch x tokens rows of `width`, replaced by the normalised last layer's.
  void encode(Matrix x_TD);

 private:
  const float* rope(int position) const { return rope_.data() + size_t(position) * kHeadColumns; }
  void layers(Matrix x_TD, int rows_each);
  void attention(int layer, int rows_each);
  void between(ThreadPool& pool, int thread, int layer, Matrix x_TD, int first, int rows_each);
  void store_rows(int layer, int rows_each, int sequence, int first, int count);
  void attend_rows(int layer, int rows_each);
  void attend_one(int layer);

  // From so many rows on, threads take rows; with fewer, columns of each product.
  int rows_apart() const { return 48 * threads_->size(); }

  const Transformer* model_ = nullptr;
  ThreadPool* threads_ = nullptr;
  std::vector<std::unique_ptr<ThreadPool>> alone_;  // of one thread each
  int batch_ = 1, length_ = 0;
  Precision kept_ = Precision::f32;  // of queries, keys and values
  std::vector<PackedKv> kv_;         // a layer; head s * kv_heads + h is sequence s
  AlignedFloats rope_, x_, qkv_, queries_, attended_, inputs_, hidden_, scratch_, logits_;
  size_t inputs_stride_ = 0, hidden_stride_ = 0, scratch_stride_ = 0;
};

}  // namespace tutti::bench
