// CpuOps' convolution on packed weights: an implicit matrix product. Pixels are rounded to the
// weights' precision once, not once for each of the nine patches they are in, and only the patches
// of a few output pixels exist at a time. INT8 has one scale an image, because a patch's pixels
// must share theirs and a picture's result must not depend on others in the batch.
#include <algorithm>
#include <cstring>

#include "runtime/kernels/elementwise.h"
#include "runtime/linear/inputs.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {
namespace {

constexpr int kPatchRows = 48;  // of a tile: with K = 1152 INT8 patches, 54 KB

// Pixels in the weights' precision, and the geometry of what slides over them.
struct Pixels {
  const uint8_t* data;
  size_t bytes, stride;  // of a pixel; INT8 pixels are padded to whole steps
  uint8_t zero;          // every byte of a pixel outside
  Grid grid;
  int kernel, step, padding, height, width;  // of the output

  int image_of(int pixel) const { return pixel / (height * width); }
};

size_t pixel_bytes(Precision precision) {
  return precision == Precision::int8 ? 1 : precision == Precision::bf16 ? 2 : 4;
}

// The row of a kernel that lies over input row `y`, from column `left` on.
void copy_patch_row(const Pixels& p, const uint8_t* image, int y, int left, uint8_t* out) {
  const int begin = std::max(left, 0), end = std::min(left + p.kernel, p.grid.width);
  const bool inside = y >= 0 && y < p.grid.height;
  if (!inside || end - begin < p.kernel) std::memset(out, p.zero, p.kernel * p.bytes);
  if (!inside) return;
  const uint8_t* from = image + (size_t(y) * p.grid.width + begin) * p.stride;
  out += size_t(begin - left) * p.bytes;
  if (p.bytes == p.stride) {
    std::memcpy(out, from, size_t(end - begin) * p.bytes);
    return;
  }
  for (int x = begin; x < end; ++x, from += p.stride, out += p.bytes)
    std::memcpy(out, from, p.bytes);
}

// The patch under an output pixel, in (ky, kx, channel) order.
void copy_patch(const Pixels& p, int pixel, uint8_t* out) {
  const int place = pixel % (p.height * p.width);
  const int top = place / p.width * p.step - p.padding;
  const int left = place % p.width * p.step - p.padding;
  const uint8_t* image =
      p.data + size_t(p.image_of(pixel)) * p.grid.height * p.grid.width * p.stride;
  for (int ky = 0; ky < p.kernel; ++ky, out += p.kernel * p.bytes)
    copy_patch_row(p, image, top + ky, left, out);
}

}  // namespace

// Rounds rows of x into `out`, `stride` bytes apart. scales: one an image; scratch: one a row.
void CpuOps::round_pixels(const Tensor& x, const Weight& w, int images, float* scales,
                          float* scratch, uint8_t* out, size_t stride) {
  const int per_image = x.rows() / std::max(images, 1);
  const bool int8 = w.packed.precision() == Precision::int8;
  if (int8 && !w.input_scales[0]) {
    parallel(x.rows(), size_t(x.cols()),
             [&](int begin, int end) { kernels::row_peaks(x.matrix(), scratch, begin, end); });
    for (int i = 0; i < images; ++i)
      scales[i] = *std::max_element(scratch + i * per_image, scratch + (i + 1) * per_image) / 127;
  } else {
    std::fill_n(scales, images, w.input_scales[0]);
  }
  parallel(x.rows(), size_t(x.cols()), [&](int begin, int end) {
    for (int r = begin; r < end; ++r)
      if (int8)
        kernels::quantize_rows(x.matrix(), scales[r / per_image], out, stride, scratch, r, r + 1);
      else
        kernels::round_rows_bf16(x.matrix(), out, stride, r, r + 1);
  });
}

CpuTensor CpuOps::packed_conv(const Tensor& x, const Weight& w, Grid grid, int kernel, int step) {
  const Precision precision = w.packed.precision();
  const size_t element = pixel_bytes(precision), bytes = element * size_t(x.cols());
  Pixels p{nullptr,
           bytes,
           (bytes + 3) / 4 * 4,
           uint8_t(precision == Precision::int8 ? 128 : 0),
           grid,
           kernel,
           step,
           (kernel - 1) / 2,
           0,
           0};
  p.height = (grid.height + 2 * p.padding - kernel) / step + 1;
  p.width = (grid.width + 2 * p.padding - kernel) / step + 1;
  const int outputs = grid.images * p.height * p.width, columns = w.packed.cols();
  const size_t patch_stride = (element * size_t(columns) + 63) / 64 * 64;

  Tensor y = make(outputs, w.packed.rows());
  Tensor rounded = make(1, int(size_t(x.rows()) * p.stride / 4));
  Tensor scales = make(1, grid.images), scratch = make(1, x.rows());
  Tensor patches = make(threads_->size() * kPatchRows, int(patch_stride / 4));
  Tensor patch_scales = make(threads_->size(), kPatchRows);
  if (!computing_ || !outputs) return y;

  float* image_scales = scales.mutable_matrix().data;
  p.data = reinterpret_cast<const uint8_t*>(rounded.mutable_matrix().data);
  if (precision == Precision::f32)
    p.data = reinterpret_cast<const uint8_t*>(x.matrix().data), p.stride = x.matrix().stride * 4;
  else
    round_pixels(x, w, grid.images, image_scales, scratch.mutable_matrix().data,
                 const_cast<uint8_t*>(p.data), p.stride);

  const Matrix out = y.mutable_matrix(), tiles = patches.mutable_matrix();
  const auto run_tile = [&](int thread, int first) {
    const int count = std::min(kPatchRows, outputs - first);
    auto* rows = reinterpret_cast<uint8_t*>(tiles.row(thread * kPatchRows));
    float* row_scales = patch_scales.mutable_matrix().row(thread);
    for (int i = 0; i < count; ++i) {
      copy_patch(p, first + i, rows + i * patch_stride);
      row_scales[i] = image_scales[p.image_of(first + i)];
    }
    const InputRows in{precision, count, columns, rows, patch_stride, row_scales};
    if (observer)
      observer->see(w, {reinterpret_cast<const float*>(rows), count, columns, patch_stride / 4},
                    {});
    static ThreadPool alone(1);
    tutti::linear(alone, in, w.packed, {}, {out.row(first), count, out.cols, out.stride});
  };
  const int count = (outputs + kPatchRows - 1) / kPatchRows;
  const auto run_tiles = [&](int thread, int begin, int end) {
    for (int tile = begin; tile < end; ++tile) run_tile(thread, tile * kPatchRows);
  };
  if (observer)
    run_tiles(0, 0, count);
  else
    threads_->run(count, run_tiles);
  return y;
}

}  // namespace tutti
