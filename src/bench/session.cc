// The forward pass. x_TD is tokens x width; rows of sequence s are [s * rows_each, ...).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/transformer.h"
#include "runtime/linear/inputs.h"

namespace tutti::bench {
namespace {

Norm norm_of(const std::vector<float>& gain) {
  Norm norm;
  norm.gain = {gain.data(), 1, int(gain.size()), gain.size()};
  return norm;
}

}  // namespace

Result<TransformerSession> TransformerSession::create(const Transformer& model, ThreadPool& threads,
                                                      int capacity, int batch) {
  TransformerSession s;
  s.model_ = &model;
  s.threads_ = &threads;
  s.batch_ = batch;
  s.kept_ = model.precision() == Precision::f32 ? Precision::f32 : Precision::bf16;
  const TransformerShape& shape = model.shape();
  const Precision precision = model.precision();
  const int rows = capacity * batch, inner = shape.heads * kHeadColumns;
  for (int l = 0; l < shape.layers; ++l) {
    TUTTI_ASSIGN(PackedKv kv, PackedKv::create(batch * shape.kv_heads, capacity, s.kept_));
    s.kv_.push_back(std::move(kv));
  }
  TUTTI_ASSIGN(s.rope_, AlignedFloats::allocate(size_t(capacity) * kHeadColumns));
  for (int position = 0; position < capacity; ++position)
    for (int i = 0; i < kHeadColumns / 2; ++i) {
      const double angle = position * std::pow(10000.0, -2.0 * i / kHeadColumns);
      float* row = s.rope_.data() + size_t(position) * kHeadColumns;
      row[i] = float(std::cos(angle));
      row[i + kHeadColumns / 2] = float(std::sin(angle));
    }
  const FeedForward ffn{model.layers_[0].up, Activation::none, model.layers_[0].down};
  const size_t inputs = std::max(
      {norm_floats(threads, precision, rows, shape.width), input_floats(precision, rows, inner)});
  s.scratch_stride_ = (attention_floats(capacity) + 15) / 16 * 16;
  TUTTI_ASSIGN(s.x_, AlignedFloats::allocate(size_t(rows) * shape.width));
  TUTTI_ASSIGN(s.qkv_, AlignedFloats::allocate(size_t(rows) * shape.qkv_columns()));
  TUTTI_ASSIGN(s.queries_, AlignedFloats::allocate(size_t(rows) * inner));
  TUTTI_ASSIGN(s.attended_, AlignedFloats::allocate(size_t(rows) * inner));
  TUTTI_ASSIGN(s.inputs_, AlignedFloats::allocate(inputs));
  TUTTI_ASSIGN(s.hidden_, AlignedFloats::allocate(feed_forward_floats(threads, ffn, rows)));
  TUTTI_ASSIGN(s.scratch_, AlignedFloats::allocate(threads.size() * s.scratch_stride_));
  TUTTI_ASSIGN(s.logits_, AlignedFloats::allocate(size_t(shape.vocabulary)));
  return s;
}

void TransformerSession::prefill(std::span<const int32_t> tokens) {
  const int rows = int(tokens.size()), width = model_->shape().width;
  const Matrix x = {x_.data(), rows, width, size_t(width)};
  threads_->run(rows, [&](int, int begin, int end) {
    for (int r = begin; r < end; ++r) model_->table_.dequantize_row(tokens[r], x.row(r));
  });
  layers(x, rows);
  length_ += rows;
  const ConstMatrix last = {x.row(rows - 1), 1, width, size_t(width)};
  const InputRows in =
      prepare_norm(*threads_, model_->precision(), last, norm_of(model_->norm_), inputs_.data());
  const int vocabulary = model_->shape().vocabulary;
  linear(*threads_, in, model_->table_, {}, {logits_.data(), 1, vocabulary, size_t(vocabulary)});
}

void TransformerSession::encode(Matrix x) {
  layers(x, x.rows / batch_);
  const Norm norm = norm_of(model_->norm_);
  threads_->run(x.rows, [&](int, int begin, int end) {
    for (int r = begin; r < end; ++r)
      kernels::norm_rows({x.data, x.rows, x.cols, x.stride}, norm, x.row(r), 0, r, r + 1);
  });
}

void TransformerSession::layers(Matrix x, int rows_each) {
  const TransformerShape& shape = model_->shape();
  const Precision precision = model_->precision();
  const ConstMatrix read = {x.data, x.rows, x.cols, x.stride};
  Epilogue add;
  add.residual = x.data;
  add.residual_stride = x.stride;
  const int columns = shape.qkv_columns(), inner = shape.heads * kHeadColumns;
  for (int l = 0; l < shape.layers; ++l) {
    const Transformer::Layer& layer = model_->layers_[l];
    InputRows in =
        prepare_norm(*threads_, precision, read, norm_of(layer.attention_norm), inputs_.data());
    linear(*threads_, in, layer.qkv, {}, {qkv_.data(), x.rows, columns, size_t(columns)});
    attention(l, rows_each);
    in = prepare(*threads_, precision, {attended_.data(), x.rows, inner, size_t(inner)},
                 inputs_.data());
    linear(*threads_, in, layer.out, add, x);
    in = prepare_norm(*threads_, precision, read, norm_of(layer.ffn_norm), inputs_.data());
    const FeedForward ffn{layer.up, shape.causal() ? Activation::swiglu : Activation::gelu,
                          layer.down};
    feed_forward(*threads_, in, ffn, add, x, hidden_.data());
  }
}

// Of positions [first, first + count) of a sequence, at most 16: what a panel of keys holds.
// queries: batch x heads x rows_each rows of 64.
void TransformerSession::store_rows(int layer, int rows_each, int sequence, int first, int count) {
  const TransformerShape& shape = model_->shape();
  const size_t columns = size_t(shape.qkv_columns());
  const float* q = qkv_.data() + (size_t(sequence) * rows_each + first) * columns;
  const int at = shape.causal() ? length_ + first : 0, step = shape.causal() ? 1 : 0;
  alignas(64) float turned[kPanelRows * kHeadColumns];
  const auto rotate = [&](const float* from, float scale) {
    for (int r = 0; r < count; ++r) {
      const float* angles = rope(at + r * step);
      kernels::rope_head(from + r * columns, angles, angles + kHeadColumns / 2, scale,
                         turned + r * kHeadColumns);
    }
  };
  const size_t element = kept_ == Precision::bf16 ? 2 : 4;
  for (int h = 0; h < shape.heads; ++h, q += kHeadColumns) {
    rotate(q, 0.125f);
    uint8_t* to =
        reinterpret_cast<uint8_t*>(queries_.data()) +
        ((size_t(sequence) * shape.heads + h) * rows_each + first) * kHeadColumns * element;
    if (kept_ == Precision::f32)
      std::memcpy(to, turned, size_t(count) * kHeadColumns * element);
    else
      kernels::round_bf16(turned, count * kHeadColumns, to);
  }
  for (int h = 0; h < shape.kv_heads; ++h, q += kHeadColumns) {
    rotate(q, 1);
    kv_[layer].put(sequence * shape.kv_heads + h, length_ + first,
                   {turned, count, kHeadColumns, kHeadColumns},
                   {q + shape.kv_heads * kHeadColumns, count, kHeadColumns, columns});
  }
}

void TransformerSession::store_keys(int layer, int rows_each) {
  const int blocks = (rows_each + kPanelRows - 1) / kPanelRows;
  threads_->run(batch_ * blocks, [&](int, int begin, int end) {
    for (int b = begin; b < end; ++b) {
      const int first = b % blocks * kPanelRows;
      store_rows(layer, rows_each, b / blocks, first, std::min(kPanelRows, rows_each - first));
    }
  });
}

// The heads that share keys are rows of one block.
void TransformerSession::attend_one(int layer) {
  const TransformerShape& shape = model_->shape();
  const int group = shape.heads / shape.kv_heads;
  const size_t element = kept_ == Precision::bf16 ? 2 : 4;
  threads_->run(shape.kv_heads, [&](int thread, int begin, int end) {
    for (int h = begin; h < end; ++h) {
      const size_t first = size_t(h) * group * kHeadColumns;
      attend(kv_[layer],
             {.head = h,
              .queries = reinterpret_cast<uint8_t*>(queries_.data()) + first * element,
              .rows = group,
              .first_keys = length_ + 1,
              .y = attended_.data() + first,
              .y_stride = kHeadColumns},
             scratch_.data() + thread * scratch_stride_);
    }
  });
}

void TransformerSession::attend_rows(int layer, int rows_each) {
  const TransformerShape& shape = model_->shape();
  const int group = shape.heads / shape.kv_heads, inner = shape.heads * kHeadColumns;
  const int blocks = (rows_each + kAttentionRows - 1) / kAttentionRows;
  const size_t element = kept_ == Precision::bf16 ? 2 : 4;
  const auto work = [&](int thread, int begin, int end) {
    for (int task = begin; task < end; ++task) {
      const int sequence = task / blocks / shape.heads, h = task / blocks % shape.heads;
      const int first = task % blocks * kAttentionRows;
      const size_t row = size_t(task / blocks) * rows_each + first;
      attend(kv_[layer],
             {.head = sequence * shape.kv_heads + h / group,
              .queries = reinterpret_cast<uint8_t*>(queries_.data()) + row * kHeadColumns * element,
              .rows = std::min(kAttentionRows, rows_each - first),
              .first_keys = shape.causal() ? length_ + first + 1 : rows_each,
              .causal = shape.causal(),
              .y = attended_.data() + (size_t(sequence) * rows_each + first) * size_t(inner) +
                   h * kHeadColumns,
              .y_stride = size_t(inner)},
             scratch_.data() + thread * scratch_stride_);
    }
  };
  threads_->run(batch_ * shape.heads * blocks, work);
}

void TransformerSession::attention(int layer, int rows_each) {
  store_keys(layer, rows_each);
  if (rows_each == 1 && batch_ == 1 && model_->shape().causal())
    attend_one(layer);
  else
    attend_rows(layer, rows_each);
}

}  // namespace tutti::bench
