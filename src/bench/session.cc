// The forward pass. x_TD is tokens x width; rows of sequence s are [s * rows_each, ...).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/transformer.h"
#include "runtime/linear/inputs.h"

namespace tutti::bench {
namespace {

// Rows that a thread takes from one attention to the next while they are in its cache: 102 rows of
// the widest hidden layer here are 2 MB in FP32, of the narrowest 0.4 MB.
constexpr int kBlockRows = 102;
// Rows of a kernel's tile, of which blocks are made.
constexpr int kTileRows = 6;
// 1 / sqrt(64)
constexpr float kScoreScale = 0.125f;

int blocks_of(int rows, int block) {
  return (rows + block - 1) / block;
}

size_t whole_lines(size_t floats) {
  return (floats + 15) / 16 * 16;
}

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
  for (int i = 0; i < threads.size(); ++i) s.alone_.push_back(std::make_unique<ThreadPool>(1));
  const FeedForward ffn{model.layers_[0].up, Activation::none, model.layers_[0].down};
  const auto inputs = [&](const ThreadPool& pool, int count) {
    return whole_lines(std::max(norm_floats(pool, precision, count, shape.width),
                                input_floats(precision, count, inner)));
  };
  const auto hidden = [&](const ThreadPool& pool, int count) {
    return whole_lines(feed_forward_floats(pool, ffn, count));
  };
  const int together = std::min(rows, s.rows_apart());
  s.inputs_stride_ = inputs(*s.alone_[0], kBlockRows);
  s.hidden_stride_ = hidden(*s.alone_[0], kBlockRows);
  s.scratch_stride_ = whole_lines(attention_floats(capacity, s.kept_));
  TUTTI_ASSIGN(s.x_, AlignedFloats::allocate(size_t(rows) * shape.width));
  TUTTI_ASSIGN(s.qkv_, AlignedFloats::allocate(size_t(rows) * shape.qkv_columns()));
  TUTTI_ASSIGN(s.queries_, AlignedFloats::allocate(size_t(rows) * inner));
  TUTTI_ASSIGN(s.attended_, AlignedFloats::allocate(size_t(rows) * inner));
  TUTTI_ASSIGN(s.inputs_, AlignedFloats::allocate(std::max(inputs(threads, together),
                                                           threads.size() * s.inputs_stride_)));
  TUTTI_ASSIGN(s.hidden_, AlignedFloats::allocate(std::max(hidden(threads, together),
                                                           threads.size() * s.hidden_stride_)));
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

// Attention apart, a row's way to the next attention needs no other row.
void TransformerSession::layers(Matrix x, int rows_each) {
  for (int l = -1; l < model_->shape().layers; ++l) {
    if (l >= 0) attention(l, rows_each);
    if (x.rows < rows_apart()) {
      between(*threads_, 0, l, x, 0, rows_each);
      continue;
    }
    // Values lie in pairs of positions, and a pair belongs to one thread.
    const auto whole_pairs = [&](int row) {
      return std::min(row + (length_ + row % rows_each) % 2, x.rows);
    };
    threads_->run(x.rows, [&](int thread, int begin, int end) {
      const int first = begin == 0 ? 0 : whole_pairs(begin), last = whole_pairs(end);
      const int count = blocks_of(last - first, kBlockRows);
      const int each = blocks_of(blocks_of(last - first, count), kTileRows) * kTileRows;
      for (int at = first; at < last; at += each)
        between(*alone_[thread], thread, l,
                {x.row(at), std::min(each, last - at), x.cols, x.stride}, at, rows_each);
    });
  }
}

// From attention `layer` to the next: -1 for what comes before the first. x: rows from `first` on.
void TransformerSession::between(ThreadPool& pool, int thread, int layer, Matrix x, int first,
                                 int rows_each) {
  const TransformerShape& shape = model_->shape();
  const Precision precision = model_->precision();
  const ConstMatrix read = {x.data, x.rows, x.cols, x.stride};
  float* inputs = inputs_.data() + thread * inputs_stride_;
  Epilogue add;
  add.residual = x.data;
  add.residual_stride = x.stride;
  const size_t columns = size_t(shape.qkv_columns()), inner = size_t(shape.heads) * kHeadColumns;
  if (layer >= 0) {
    const Transformer::Layer& done = model_->layers_[layer];
    InputRows in = prepare(pool, precision,
                           {attended_.data() + first * inner, x.rows, int(inner), inner}, inputs);
    linear(pool, in, done.out, add, x);
    in = prepare_norm(pool, precision, read, norm_of(done.ffn_norm), inputs);
    const FeedForward ffn{done.up, shape.causal() ? Activation::swiglu : Activation::gelu,
                          done.down};
    feed_forward(pool, in, ffn, add, x, hidden_.data() + thread * hidden_stride_);
  }
  if (layer + 1 == shape.layers) return;
  const Transformer::Layer& next = model_->layers_[layer + 1];
  const InputRows in = prepare_norm(pool, precision, read, norm_of(next.attention_norm), inputs);
  linear(pool, in, next.qkv, {}, {qkv_.data() + first * columns, x.rows, int(columns), columns});
  for (int row = first, last = first + x.rows; row < last;) {
    const int t = row % rows_each, at = (length_ + t) % kPanelRows;  // up to a panel's end
    const int count = std::min({kPanelRows - at, rows_each - t, last - row});
    store_rows(layer + 1, rows_each, row / rows_each, t, count);
    row += count;
  }
}

// Keys, values and queries of positions [first, first + count), at most 16, of a sequence; an
// encoder's have no rotary positions. queries: batch x heads x rows_each rows of 64.
void TransformerSession::store_rows(int layer, int rows_each, int sequence, int first, int count) {
  const TransformerShape& shape = model_->shape();
  const size_t columns = size_t(shape.qkv_columns());
  const float* q = qkv_.data() + (size_t(sequence) * rows_each + first) * columns;
  alignas(64) float turned[kPanelRows * kHeadColumns];
  const auto rotated = [&](const float* from) -> ConstMatrix {
    if (!shape.causal()) return {from, count, kHeadColumns, columns};
    for (int r = 0; r < count; ++r) {
      const float* angles = rope(length_ + first + r);
      kernels::rope_head(from + r * columns, angles, angles + kHeadColumns / 2, 1,
                         turned + r * kHeadColumns);
    }
    return {turned, count, kHeadColumns, kHeadColumns};
  };
  const size_t row_bytes = kHeadColumns * (kept_ == Precision::bf16 ? 2 : 4);
  for (int h = 0; h < shape.heads; ++h, q += kHeadColumns)
    kernels::put_queries(
        rotated(q), kScoreScale, kept_,
        reinterpret_cast<uint8_t*>(queries_.data()) +
            ((size_t(sequence) * shape.heads + h) * rows_each + first) * row_bytes);
  for (int h = 0; h < shape.kv_heads; ++h, q += kHeadColumns)
    kv_[layer].put(sequence * shape.kv_heads + h, length_ + first, rotated(q),
                   {q + shape.kv_heads * kHeadColumns, count, kHeadColumns, columns});
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
  if (rows_each == 1 && batch_ == 1 && model_->shape().causal())
    attend_one(layer);
  else
    attend_rows(layer, rows_each);
}

}  // namespace tutti::bench
