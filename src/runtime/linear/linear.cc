#include "runtime/linear/linear.h"

#include <algorithm>

#include "runtime/kernels/isa.h"
#include "runtime/kernels/product.h"
#include "runtime/linear/inputs.h"

namespace tutti {
namespace {

// Rows a thread takes at a time: a multiple of every instruction set's tile. With 12, a picture's
// 64 tokens would be 28 and 36 for two threads.
constexpr int kRowBlock = 6;
// With fewer rows for each thread, threads take panels. Those that take rows find them where they
// left them, and need not wait for each other within a feed-forward layer.
constexpr int kFewestRows = 30;
// Panels are dealt four at a time: what AVX-512 computes at once; gated activations need pairs.
constexpr int kPanelBlock = 4;

// Rows of a feed-forward layer that are hidden at a time: 2 MB of 4864 columns in FP32, for which
// the weights are read once.
constexpr int kHiddenRows = 108;

int blocks(int size, int block) {
  return (size + block - 1) / block;
}

// Whether threads take rows or, with few of them, panels.
bool by_rows(const ThreadPool& threads, int rows) {
  return rows >= kFewestRows * threads.size();
}

size_t whole_lines(size_t floats) {
  return (floats + 15) / 16 * 16;
}

// Bytes between prepared rows: whole cache lines, so that a row never shares one with a neighbour.
size_t row_bytes(Precision precision, int cols) {
  const size_t bytes = precision == Precision::f32    ? size_t(cols) * 4
                       : precision == Precision::bf16 ? size_t(cols) * 2
                                                      : size_t(cols);
  return (bytes + 63) / 64 * 64;
}

// Lays prepared rows into memory: scales first.
InputRows lay_out(Precision precision, int rows, int cols, float* memory) {
  const size_t scales = precision == Precision::int8 ? whole_lines(size_t(rows)) : 0;
  return {precision,
          rows,
          cols,
          reinterpret_cast<uint8_t*>(memory + scales),
          row_bytes(precision, cols),
          scales ? memory : nullptr};
}

// Rows [begin, end) of x into rows [at, ...) of `out`.
void convert(ConstMatrix x, const InputRows& out, float scale, int at) {
  auto* data = const_cast<uint8_t*>(out.data) + size_t(at) * out.stride;
  if (out.precision == Precision::int8)
    kernels::quantize_rows(x, scale, data, out.stride, const_cast<float*>(out.scales) + at, 0,
                           x.rows);
  else
    kernels::round_rows_bf16(x, data, out.stride, 0, x.rows);
}

// The product of all of x with panels [first, first + count) of w; two of them are as many columns
// as one where a gated activation joins them.
Product block_of(const InputRows& x, const PackedWeights& w, int first, int count, bool gated) {
  Product p = {};
  p.x = x.data;
  p.x_stride = x.stride;
  p.x_scales = x.scales;
  p.rows = x.rows;
  p.weights = w.panel(first);
  p.panels = count;
  p.steps = w.steps();
  p.panel_bytes = size_t(w.steps()) * kStepBytes;
  if (w.precision() == Precision::int8) {
    p.w_scales = w.scales() + size_t(first) * kPanelRows;
    p.offsets = w.offsets() + size_t(first) * kPanelRows;
    p.paired = w.paired();
  }
  const int columns = w.interleaved() && !gated ? 2 * w.rows() : w.rows();
  p.first_column = first * kPanelRows / (gated ? 2 : 1);
  p.columns = std::min(columns - p.first_column, count * kPanelRows / (gated ? 2 : 1));
  return p;
}

void multiply(const InputRows& x, const PackedWeights& w, int first, int count, int first_row,
              const Epilogue& epilogue, Matrix y) {
  Product p = block_of(x, w, first, count, is_gated(epilogue.activation));
  p.first_row = first_row;
  p.epilogue = epilogue;
  p.y = y.row(first_row) + p.first_column;
  p.y_stride = y.stride;
  active_kernels().product[int(w.precision())](p);
}

}  // namespace

size_t input_floats(Precision precision, int rows, int cols) {
  if (precision == Precision::f32) return 0;
  const size_t scales = precision == Precision::int8 ? whole_lines(size_t(rows)) : 0;
  return scales + size_t(rows) * row_bytes(precision, cols) / 4;
}

InputRows prepare(ThreadPool& threads, Precision precision, ConstMatrix x, float* memory,
                  float scale) {
  if (precision == Precision::f32)
    return {precision,    x.rows, x.cols, reinterpret_cast<const uint8_t*>(x.data),
            x.stride * 4, nullptr};
  const InputRows out = lay_out(precision, x.rows, x.cols, memory);
  threads.run(x.rows, [&](int, int begin, int end) {
    convert({x.row(begin), end - begin, x.cols, x.stride}, out, scale, begin);
  });
  return out;
}

size_t norm_floats(const ThreadPool& threads, Precision precision, int rows, int cols) {
  if (precision == Precision::f32) return size_t(rows) * row_bytes(precision, cols) / 4;
  return input_floats(precision, rows, cols) + threads.size() * whole_lines(size_t(cols));
}

InputRows prepare_norm(ThreadPool& threads, Precision precision, ConstMatrix x, const Norm& norm,
                       float* memory, float scale) {
  const InputRows out = lay_out(precision, x.rows, x.cols, memory);
  float* rows = memory + input_floats(precision, x.rows, x.cols);  // one a thread
  threads.run(x.rows, [&](int thread, int begin, int end) {
    if (precision == Precision::f32)
      return kernels::norm_rows(x, norm, memory + size_t(begin) * (out.stride / 4), out.stride / 4,
                                begin, end);
    float* row = rows + thread * whole_lines(size_t(x.cols));
    for (int r = begin; r < end; ++r) {
      kernels::norm_rows(x, norm, row, 0, r, r + 1);
      convert({row, 1, x.cols, 0}, out, scale, r);
    }
  });
  return out;
}

void linear(ThreadPool& threads, const InputRows& x, const PackedWeights& w,
            const Epilogue& epilogue, Matrix y) {
  if (by_rows(threads, x.rows)) {
    threads.run(blocks(x.rows, kRowBlock), [&](int, int begin, int end) {
      const int first = begin * kRowBlock, last = std::min(end * kRowBlock, x.rows);
      multiply(x.slice(first, last), w, 0, w.panels(), first, epilogue, y);
    });
  } else {
    threads.run(blocks(w.panels(), kPanelBlock), [&](int, int begin, int end) {
      const int first = begin * kPanelBlock, last = std::min(end * kPanelBlock, w.panels());
      multiply(x, w, first, last - first, 0, epilogue, y);
    });
  }
}

namespace {

// Memory of one thread, or of all when each computes some columns: hidden rows, and as inputs.
size_t hidden_floats(const FeedForward& layer, int rows) {
  return size_t(rows) * whole_lines(size_t(layer.up.rows())) +
         input_floats(layer.down.precision(), rows, layer.up.rows());
}

// Between the memories of two threads: each rounds its scales up to a line of its own.
constexpr size_t kFloatsApart = 16;

// One thread's rows, a block at a time.
void feed_rows(const InputRows& x, const FeedForward& layer, int first_row,
               const Epilogue& epilogue, Matrix y, float* memory) {
  const int columns = layer.up.rows();
  const size_t stride = whole_lines(size_t(columns));
  Epilogue activation;
  activation.activation = layer.activation;
  const int each = blocks(blocks(x.rows, blocks(x.rows, kHiddenRows)), kRowBlock) * kRowBlock;
  for (int begin = 0; begin < x.rows; begin += each) {
    const int rows = std::min(each, x.rows - begin);
    const Matrix hidden = {memory, rows, columns, stride};
    multiply(x.slice(begin, begin + rows), layer.up, 0, layer.up.panels(), 0, activation, hidden);
    const ConstMatrix read = {memory, rows, columns, stride};
    InputRows in = {Precision::f32, rows,   columns, reinterpret_cast<const uint8_t*>(memory),
                    stride * 4,     nullptr};
    if (layer.down.precision() != Precision::f32) {
      in = lay_out(layer.down.precision(), rows, columns, memory + size_t(rows) * stride);
      convert(read, in, layer.scale, 0);
    }
    multiply(in, layer.down, 0, layer.down.panels(), first_row + begin, epilogue, y);
  }
}

}  // namespace

// In proportion to `rows`: a pass over some of the planned rows must fit what was planned.
size_t feed_forward_floats(const ThreadPool& threads, const FeedForward& layer, int rows) {
  return hidden_floats(layer, rows) + kFloatsApart * threads.size();
}

void feed_forward(ThreadPool& threads, const InputRows& x, const FeedForward& layer,
                  const Epilogue& epilogue, Matrix y, float* memory) {
  if (by_rows(threads, x.rows)) {
    threads.run(blocks(x.rows, kRowBlock), [&](int thread, int begin, int end) {
      const int first = begin * kRowBlock, last = std::min(end * kRowBlock, x.rows);
      feed_rows(x.slice(first, last), layer, first, epilogue, y,
                memory + hidden_floats(layer, first) + kFloatsApart * thread);
    });
    return;
  }
  const size_t stride = whole_lines(size_t(layer.up.rows()));
  const Matrix hidden = {memory, x.rows, layer.up.rows(), stride};
  linear(threads, x, layer.up, {.activation = layer.activation}, hidden);
  const InputRows in =
      prepare(threads, layer.down.precision(), {hidden.data, hidden.rows, hidden.cols, stride},
              memory + size_t(x.rows) * stride, layer.scale);
  linear(threads, in, layer.down, epilogue, y);
}

}  // namespace tutti
