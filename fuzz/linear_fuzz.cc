// INT8 products of any bytes and shape: every instruction set gives the int32 of a plain loop, and
// weights are refused exactly when they hold -128.
//
// Input: rows, outputs, columns (two bytes), then weights and inputs, repeated as often as needed.
#include <algorithm>
#include <cstdlib>

#include "fuzz_target.h"
#include "runtime/kernels/isa.h"
#include "runtime/kernels/product.h"
#include "runtime/linear/packed_weights.h"

namespace {

using namespace tutti;

struct Case {
  int rows, outputs, cols;
  std::vector<int8_t> w;
  std::vector<uint8_t> x;  // with 128 added; the stride is padded with what follows
  size_t stride;
};

Case make_case(const uint8_t* data, size_t size) {
  Case c = {1 + data[0] % 14, 1 + data[1] % 70, 1 + (data[2] | data[3] << 8) % 300, {}, {}, 0};
  auto byte = [&, i = size_t(0)]() mutable { return data[4 + i++ % (size - 4)]; };
  c.w.resize(size_t(c.outputs) * c.cols);
  for (int8_t& w : c.w) w = int8_t(byte());
  c.stride = (size_t(c.cols) + 3) / 4 * 4;
  c.x.resize(size_t(c.rows) * c.stride);
  for (uint8_t& x : c.x) x = byte();
  return c;
}

int32_t plain_sum(const Case& c, int row, int output) {
  int32_t sum = 0;
  for (int k = 0; k < c.cols; ++k)
    sum += (int(c.x[size_t(row) * c.stride + k]) - 128) * c.w[size_t(output) * c.cols + k];
  return sum;
}

void check(const Case& c, const PackedWeights& w, const KernelTable& kernels) {
  const std::vector<float> ones(size_t(c.rows), 1.0f);
  std::vector<float> y(size_t(c.rows) * size_t(c.outputs));
  Product p = {};
  p.x = c.x.data(), p.x_stride = c.stride, p.x_scales = ones.data(), p.rows = c.rows;
  p.weights = w.panel(0), p.panels = w.panels(), p.steps = w.steps();
  p.panel_bytes = size_t(w.steps()) * kStepBytes;
  p.w_scales = w.scales(), p.offsets = w.offsets();
  p.columns = c.outputs, p.y = y.data(), p.y_stride = size_t(c.outputs);
  kernels.product[int(Precision::int8)](p);
  for (int r = 0; r < c.rows; ++r)
    for (int n = 0; n < c.outputs; ++n)
      if (y[size_t(r) * c.outputs + n] != float(plain_sum(c, r, n))) std::abort();
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string values = "\x7f\x81\x01\xff\x20\xe0";
  std::vector<std::string> seeds;
  for (const char* shape : {"\x01\x01\x01\x01", "\x06\x3f\x40\x01", "\x0d\x11\x82\x01"})
    seeds.push_back(std::string(shape, 4) + values);
  seeds.push_back(std::string("\x05\x21\x43\x01\x80", 5));  // -128
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 5) return 0;
  Case c = make_case(data, size);
  // An input is in [-127, 127]; 0 would be -128, which |x| of AVX2 cannot hold.
  for (uint8_t& x : c.x) x = std::max<uint8_t>(x, 1);
  const std::vector<float> ones(size_t(c.outputs), 1.0f);
  const auto w = PackedWeights::from_int8(c.outputs, c.cols, c.w, ones);
  const bool low = std::find(c.w.begin(), c.w.end(), int8_t(-128)) != c.w.end();
  if (bool(w) == low) std::abort();
  if (!w) return 0;
  for (const std::string& isa : available_isas()) check(c, *w, *find_kernels(isa));
  return 0;
}
