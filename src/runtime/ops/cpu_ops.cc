#include "runtime/ops/cpu_ops.h"

#include <algorithm>
#include <limits>

#include "runtime/kernels/elementwise.h"
#include "runtime/kernels/gemm.h"
#include "runtime/kernels/rows.h"

namespace tutti {
namespace {

// Tiles of a product handed to one thread at a time: rows of x stay in the first-level cache while
// the columns' weights stream by.
constexpr int kRowTile = 32, kColumnTile = 64;
constexpr int kPatchTile = 16;  // output pixels of a convolution whose patches are held at once

int tiles(int size, int tile) {
  return (size + tile - 1) / tile;
}

std::string shape(const CpuTensor& x) {
  return std::to_string(x.rows()) + " x " + std::to_string(x.cols());
}

// Rows [row, row + rows) and columns [col, col + cols) of a matrix.
template <class M>
M part(const M& m, int row, int rows, int col, int cols) {
  return {m.data + size_t(row) * m.stride + col, rows, cols, m.stride};
}

}  // namespace

CpuTensor CpuOps::make(int rows, int cols) {
  if (rows < 0 || cols < 0) fail("a tensor of negative size");
  const int block = error_ ? -1 : arena_.allocate(size_t(rows) * size_t(cols));
  if (block >= 0) return Tensor(arena_, block, rows, cols);
  fail("the arena of " + std::to_string(arena_.capacity() >> 10) +
       " KiB is full: this pass was not planned");
  return Tensor::view(nullptr, rows, cols);
}

void CpuOps::fail(std::string message) {
  if (!error_) error_ = failed("internal error: " + std::move(message) + "; please report it");
  computing_ = false;
}

bool CpuOps::expect(bool condition, const char* op, const Tensor& x, const Tensor& y) {
  if (!condition) fail(std::string(op) + " of " + shape(x) + " and " + shape(y));
  return condition;
}

template <class Kernel>
CpuTensor CpuOps::each_row(const Tensor& x, size_t work, const Kernel& kernel) {
  Tensor y = make(x.rows(), x.cols());
  const Matrix out = y.mutable_matrix();
  parallel(x.rows(), work * x.cols(),
           [&](int begin, int end) { kernel(x.matrix(), out, begin, end); });
  return y;
}

CpuTensor CpuOps::constant(std::span<const float> values, int rows, int cols) {
  Tensor y = make(rows, cols);
  if (values.size() != size_t(y.rows()) * y.cols())
    fail("a constant of " + shape(y) + " from " + std::to_string(values.size()) + " values");
  if (computing_) std::copy(values.begin(), values.end(), y.mutable_matrix().data);
  return y;
}

CpuTensor CpuOps::plain_linear(const Tensor& x, const Tensor& w) {
  Tensor y = make(x.rows(), w.rows());
  const Matrix out = y.mutable_matrix();
  const int down = tiles(x.rows(), kRowTile), across = tiles(w.rows(), kColumnTile);
  const size_t work = size_t(std::min(x.rows(), kRowTile)) * std::min(w.rows(), kColumnTile);
  parallel(down * across, work * x.cols(), [&](int begin, int end) {
    for (int tile = begin; tile < end; ++tile) {
      const int row = tile / across * kRowTile, col = tile % across * kColumnTile;
      const int rows = std::min(kRowTile, x.rows() - row);
      const int cols = std::min(kColumnTile, w.rows() - col);
      kernels::gemm(part(x.matrix(), row, rows, 0, x.cols()),
                    part(w.matrix(), col, cols, 0, w.cols()), part(out, row, rows, col, cols));
    }
  });
  return y;
}

CpuTensor CpuOps::rms_norm(const Tensor& x, const Tensor& gain, RowIndex bounds, float eps) {
  expect(x.cols() == gain.cols() && int(bounds.size()) == gain.rows() + 1, "rms_norm", x, gain);
  return each_row(x, 3, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::rms_norm(in, gain.matrix(), bounds, eps, out, begin, end);
  });
}

CpuTensor CpuOps::layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift,
                             RowIndex bounds, float eps) {
  expect(x.cols() == gain.cols() && int(bounds.size()) == gain.rows() + 1, "layer_norm", x, gain);
  expect(shift.cols() == gain.cols() && shift.rows() == gain.rows(), "layer_norm", gain, shift);
  return each_row(x, 6, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::layer_norm(in, gain.matrix(), shift.matrix(), bounds, eps, out, begin, end);
  });
}

CpuTensor CpuOps::add(const Tensor& x, const Tensor& z) {
  expect(x.cols() == z.cols() && x.rows() == z.rows(), "add", x, z);
  return each_row(x, 1, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::add(in, z.matrix(), out, begin, end);
  });
}

CpuTensor CpuOps::add_scaled(const Tensor& x, const Tensor& z, const Tensor& scale) {
  expect(x.cols() == z.cols() && x.rows() == z.rows(), "add_scaled", x, z);
  expect(scale.rows() == 1 && scale.cols() == x.cols(), "add_scaled", x, scale);
  return each_row(x, 1, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::add_scaled(in, z.matrix(), scale.matrix(), out, begin, end);
  });
}

CpuTensor CpuOps::modulate(const Tensor& x, const Tensor& modulation, RowIndex index, int first) {
  expect(x.cols() == modulation.cols() && int(index.size()) == x.rows() - first, "modulate", x,
         modulation);
  return each_row(x, 1, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::modulate(in, modulation.matrix(), index, first, out, begin, end);
  });
}

CpuTensor CpuOps::scale_rows(const Tensor& x, const Tensor& scale) {
  expect(x.rows() == scale.rows() && scale.cols() == 1, "scale_rows", x, scale);
  return each_row(x, 1, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::scale_rows(in, scale.matrix(), out, begin, end);
  });
}

CpuTensor CpuOps::gate(const Tensor& x) {
  return each_row(x, 1, kernels::gate);
}

// While planning no gate is known, so every row runs.
const RunningRows* CpuOps::running_rows(const Tensor& gate, const AttentionPlan& plan,
                                        RowIndex bounds, RowIndex noise_index, int first_noisy) {
  if (!routing) return nullptr;
  const auto known =
      computing_ ? std::span(gate.row(0), size_t(gate.rows())) : std::span<const float>();
  running_.select(known, plan, bounds, noise_index, first_noisy);
  return &running_;
}

CpuTensor CpuOps::replace_rows(const Tensor& x, RowIndex index, const Tensor& z) {
  expect(x.cols() == z.cols() && int(index.size()) == z.rows(), "replace_rows", x, z);
  Tensor y = make(x.rows(), x.cols());
  if (!computing_) return y;
  const Matrix out = y.mutable_matrix();
  int kept = 0;  // rows before it are there
  for (size_t i = 0; i < index.size(); kept = index[i++] + 1) {
    kernels::copy_rows(x.matrix(), out, kept, index[i]);
    std::copy_n(z.row(int(i)), z.cols(), out.row(index[i]));
  }
  kernels::copy_rows(x.matrix(), out, kept, x.rows());
  return y;
}

CpuTensor CpuOps::sigmoid(const Tensor& x) {
  return each_row(x, 10, kernels::sigmoid);
}

CpuTensor CpuOps::activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu2:
      return relu2(x);
    case Activation::silu:
      return silu(x);
    case Activation::gelu:
      return each_row(x, 12, kernels::gelu);
    case Activation::swiglu:
    case Activation::geglu:
      break;
  }
  const int half = x.cols() / 2;
  const Tensor gate = activate(
      cols(x, 0, half), activation == Activation::swiglu ? Activation::silu : Activation::gelu);
  const Tensor up = cols(x, half, x.cols());
  return each_row(gate, 1, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::multiply(in, up.matrix(), out, begin, end);
  });
}

CpuTensor CpuOps::relu2(const Tensor& x) {
  return each_row(x, 1, kernels::relu2);
}

CpuTensor CpuOps::silu(const Tensor& x) {
  return each_row(x, 10, kernels::silu);
}

CpuTensor CpuOps::softcap(const Tensor& x, float cap) {
  return each_row(x, 10, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::softcap(in, cap, out, begin, end);
  });
}

CpuTensor CpuOps::attention(const Tensor& q, const Tensor& kv,
                            const AttentionWeights<Tensor>& weights, const AttentionPlan& plan,
                            Cache* cache) {
  Tensor y = make(q.rows(), q.cols());
  AttentionPass pass(q, kv, weights, plan, cache, kept, *threads_, attention_lists_);
  if (!expect(pass.fits(!computing_), "attention", q, kv)) return y;
  const AttentionSizes sizes = pass.lay_out();
  Tensor keys = make(sizes.key_rows, sizes.key_columns);
  Tensor queries = make(sizes.query_rows, sizes.query_columns);
  Tensor scratch = make(threads_->size(), sizes.scratch_columns);
  if (computing_)
    pass.run({keys.mutable_matrix(), queries.mutable_matrix(), scratch.mutable_matrix()},
             y.mutable_matrix());
  return y;
}

// An implicit matrix product: the patches of a few pixels at a time, never of the whole image.
CpuTensor CpuOps::conv2d(const Tensor& x, const Tensor& w, Grid grid, int kernel, int stride) {
  const int padding = (kernel - 1) / 2, size = kernel * kernel * x.cols();
  expect(w.cols() == size && x.rows() == grid.images * grid.height * grid.width, "conv2d", x, w);
  const int height = (grid.height + 2 * padding - kernel) / stride + 1;
  const int width = (grid.width + 2 * padding - kernel) / stride + 1;
  const int pixels = grid.images * height * width;
  if (w.weight()) return packed_conv(x, *w.weight(), grid, kernel, stride);
  Tensor y = make(pixels, w.rows());
  Tensor patches = make(threads_->size() * kPatchTile, size);
  if (!computing_) return y;
  const Matrix out = y.mutable_matrix(), scratch = patches.mutable_matrix();
  threads_->run(tiles(pixels, kPatchTile), [&](int thread, int begin, int end) {
    const Matrix mine = part(scratch, thread * kPatchTile, kPatchTile, 0, size);
    for (int tile = begin; tile < end; ++tile) {
      const int first = tile * kPatchTile, count = std::min(kPatchTile, pixels - first);
      kernels::conv_patches(x.matrix(), grid, kernel, stride, first, first + count, mine.data);
      kernels::gemm({mine.data, count, size, size_t(size)}, w.matrix(),
                    part(out, first, count, 0, w.rows()));
    }
  });
  return y;
}

CpuTensor CpuOps::norm_silu_conv(const Tensor& x, const Tensor& gain, const Tensor& w, Grid grid,
                                 int kernel, int stride) {
  expect(x.cols() == gain.cols() && gain.rows() == 1, "norm_silu_conv", x, gain);
  const Tensor h = each_row(x, 13, [&](ConstMatrix in, Matrix out, int begin, int end) {
    kernels::norm_silu(in, gain.matrix(), out, begin, end);
  });
  return conv2d(h, w, grid, kernel, stride);
}

CpuTensor CpuOps::depthwise(const Tensor& x, const Tensor& taps, RowIndex index) {
  expect(x.cols() == taps.cols() && index.size() % size_t(taps.rows()) == 0, "depthwise", x, taps);
  Tensor y = make(int(index.size()) / taps.rows(), x.cols());
  const Matrix out = y.mutable_matrix();
  parallel(y.rows(), size_t(taps.rows()) * x.cols(), [&](int begin, int end) {
    kernels::depthwise(x.matrix(), taps.matrix(), index, out, begin, end);
  });
  return y;
}

CpuTensor CpuOps::gather_rows(const Tensor& x, RowIndex index) {
  Tensor y = make(int(index.size()), x.cols());
  const Matrix out = y.mutable_matrix();
  parallel(y.rows(), x.cols(),
           [&](int begin, int end) { kernels::gather_rows(x.matrix(), index, out, begin, end); });
  return y;
}

CpuTensor CpuOps::concat_rows(std::span<const Tensor> parts) {
  int rows = 0;
  for (const Tensor& x : parts) {
    expect(x.cols() == parts[0].cols(), "concat_rows", parts[0], x);
    rows += x.rows();
  }
  Tensor y = make(rows, parts.empty() ? 0 : parts[0].cols());
  int row = 0;
  for (const Tensor& x : parts) {
    const Matrix out = part(y.mutable_matrix(), computing_ ? row : 0, x.rows(), 0, y.cols());
    parallel(x.rows(), x.cols(),
             [&](int begin, int end) { kernels::copy_rows(x.matrix(), out, begin, end); });
    row += x.rows();
  }
  return y;
}

CpuTensor CpuOps::concat_cols(const Tensor& x, const Tensor& z) {
  expect(x.rows() == z.rows(), "concat_cols", x, z);
  Tensor y = make(x.rows(), x.cols() + z.cols());
  const Matrix left = y.mutable_matrix();
  parallel(x.rows(), y.cols(), [&](int begin, int end) {
    kernels::copy_rows(x.matrix(), left, begin, end);
    kernels::copy_rows(z.matrix(), part(left, 0, z.rows(), x.cols(), z.cols()), begin, end);
  });
  return y;
}

CpuTensor CpuOps::rows(const Tensor& x, int begin, int end) {
  if (!expect(0 <= begin && begin <= end && end <= x.rows(), "rows", x, x))
    return make(std::max(0, end - begin), x.cols());
  return x.reshaped(size_t(begin) * x.matrix().stride, end - begin, x.cols(), x.matrix().stride);
}

CpuTensor CpuOps::cols(const Tensor& x, int begin, int end) {
  if (!expect(0 <= begin && begin <= end && end <= x.cols(), "cols", x, x))
    return make(x.rows(), std::max(0, end - begin));
  return x.reshaped(size_t(begin), x.rows(), end - begin, x.matrix().stride);
}

CpuTensor CpuOps::reshape(const Tensor& x, int rows, int cols) {
  expect(size_t(x.rows()) * x.cols() == size_t(rows) * cols, "reshape", x,
         Tensor::view(nullptr, rows, cols));
  if (x.contiguous()) return x.reshaped(0, rows, cols, size_t(cols));
  const Tensor copy = each_row(x, 1, kernels::copy_rows);
  return copy.reshaped(0, rows, cols, size_t(cols));
}

CpuTensor CpuOps::segment_mean(const Tensor& x, RowIndex index, RowIndex bounds) {
  Tensor y = make(int(bounds.size()) - 1, x.cols());
  const Matrix out = y.mutable_matrix();
  parallel(y.rows(), x.cols(), [&](int begin, int end) {
    kernels::segment_mean(x.matrix(), index, bounds, out, begin, end);
  });
  return y;
}

CpuTensor CpuOps::normalize_rows(const Tensor& x) {
  return each_row(x, 3, kernels::normalize_rows);
}

}  // namespace tutti
