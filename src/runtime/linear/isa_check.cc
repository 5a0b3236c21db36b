// Every instruction set that this processor has against plain loops: INT8 sums bit for bit, FP32
// and bf16 within their rounding. A program without a test framework, so that it also runs
// cross-compiled under an emulator; see CMakeLists.txt. Prints a line an instruction set; exits
// with 1 on a difference.
//
//   isa_check [ISA that must be there]
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/rng.h"
#include "runtime/kernels/isa.h"
#include "runtime/linear/linear.h"

namespace {

using namespace tutti;

struct Shape {
  int rows, outputs, cols;
};

// Fills with every value of [-127, 127], or with the extremes alone.
std::vector<int8_t> bytes(Rng& rng, size_t count, bool extremes) {
  std::vector<int8_t> values(count);
  for (int8_t& v : values)
    v = extremes ? int8_t(rng.below(2) ? 127 : -127) : int8_t(int(rng.below(255)) - 127);
  return values;
}

// Pairs of weights at the edge of Int8Weights::paired.
constexpr int8_t kEdges[][2] = {{127, 1},   {1, 127},   {64, 64},   {127, -127},
                                {-127, -1}, {-1, -127}, {-64, -64}, {-127, 127}};

// Rows of paired weights, of any values or at the edge alone.
std::vector<int8_t> paired_bytes(Rng& rng, int rows, int cols, bool extremes) {
  std::vector<int8_t> values = bytes(rng, size_t(rows) * cols, extremes);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c + 1 < cols; c += 2) {
      int8_t* pair = values.data() + size_t(r) * cols + c;
      if (extremes)
        std::memcpy(pair, kEdges[rng.below(8)], 2);
      else if (!PackedWeights::is_paired({pair, 2}))
        pair[0] /= 2, pair[1] /= 2;
    }
  return values;
}

bool is_exact(ThreadPool& threads, const Shape& s, const std::vector<int8_t>& x,
              const std::vector<int8_t>& w) {
  const std::vector<float> ones(s.outputs, 1.0f);
  const PackedWeights packed = *PackedWeights::from_int8(s.outputs, s.cols, w, ones);
  std::vector<float> values(x.begin(), x.end()), y(size_t(s.rows) * s.outputs);
  const auto memory = *AlignedFloats::allocate(input_floats(Precision::int8, s.rows, s.cols));
  const InputRows in = prepare(threads, Precision::int8,
                               {values.data(), s.rows, s.cols, size_t(s.cols)}, memory.data(), 1);
  linear(threads, in, packed, {}, {y.data(), s.rows, s.outputs, size_t(s.outputs)});
  for (int r = 0; r < s.rows; ++r)
    for (int n = 0; n < s.outputs; ++n) {
      int64_t sum = 0;
      for (int k = 0; k < s.cols; ++k)
        sum += int(x[size_t(r) * s.cols + k]) * w[size_t(n) * s.cols + k];
      if (y[size_t(r) * s.outputs + n] != float(sum)) return false;
    }
  return true;
}

bool int8_is_exact(Rng& rng, ThreadPool& threads, const Shape& s, bool extremes) {
  const auto x = bytes(rng, size_t(s.rows) * s.cols, extremes);
  return is_exact(threads, s, x, bytes(rng, size_t(s.outputs) * s.cols, extremes)) &&
         is_exact(threads, s, x, paired_bytes(rng, s.outputs, s.cols, extremes));
}

// One step of a product, exhaustively: all inputs of -127 and 127 with all weights of them, and
// with all that are paired and at the edge.
bool edges_are_exact(ThreadPool& threads) {
  std::vector<int8_t> x, pairs;
  for (int row = 0; row < 16; ++row)
    for (int c = 0; c < 4; ++c) x.push_back(row >> c & 1 ? 127 : -127);
  for (const auto& low : kEdges)
    for (const auto& high : kEdges) pairs.insert(pairs.end(), {low[0], low[1], high[0], high[1]});
  return is_exact(threads, {16, 16, 4}, x, x) && is_exact(threads, {16, 64, 4}, x, pairs);
}

bool float_is_near(Rng& rng, ThreadPool& threads, const Shape& s, Precision precision) {
  // Multiples of 1/8 that bf16 holds, so that only the sums round.
  const auto x = bytes(rng, size_t(s.rows) * s.cols, false);
  const auto w = bytes(rng, size_t(s.outputs) * s.cols, false);
  std::vector<float> xf, wf, y(size_t(s.rows) * s.outputs);
  for (int8_t v : x) xf.push_back(float(v) / 8);
  for (int8_t v : w) wf.push_back(float(v) / 8);
  const PackedWeights packed =
      *PackedWeights::pack({wf.data(), s.outputs, s.cols, size_t(s.cols)}, precision);
  const auto memory = *AlignedFloats::allocate(input_floats(precision, s.rows, s.cols) + 1);
  const InputRows in =
      prepare(threads, precision, {xf.data(), s.rows, s.cols, size_t(s.cols)}, memory.data());
  linear(threads, in, packed, {}, {y.data(), s.rows, s.outputs, size_t(s.outputs)});
  for (int r = 0; r < s.rows; ++r)
    for (int n = 0; n < s.outputs; ++n) {
      double sum = 0, size = 0;
      for (int k = 0; k < s.cols; ++k) {
        const double product = double(xf[size_t(r) * s.cols + k]) * wf[size_t(n) * s.cols + k];
        sum += product, size += std::abs(product);
      }
      if (!(std::abs(y[size_t(r) * s.outputs + n] - sum) <= 1.2e-7 * s.cols * size)) return false;
    }
  return true;
}

bool check(const std::string& isa) {
  if (!use_isa(isa)) return false;
  Rng rng(1);
  ThreadPool threads(2);
  int shapes = 0;
  if (!edges_are_exact(threads)) {
    std::printf("%s differs at the edges\n", isa.c_str());
    return false;
  }
  for (int cols = 1; cols <= 130; ++cols)
    for (const Shape s : {Shape{1, 33, cols}, {7, 18, cols}, {10, 1, cols}}) {
      bool good = int8_is_exact(rng, threads, s, false) && int8_is_exact(rng, threads, s, true);
      for (Precision p : {Precision::f32, Precision::bf16})
        good = good && float_is_near(rng, threads, s, p);
      if (!good) {
        std::printf("%s differs at %d x %d x %d\n", isa.c_str(), s.rows, s.outputs, s.cols);
        return false;
      }
      ++shapes;
    }
  const bool longest = int8_is_exact(rng, threads, {2, 17, 1040}, true);  // sums below 2^24
  std::printf("%s: %d shapes %s\n", isa.c_str(), shapes,
              longest ? "agree" : "agree, the longest differs");
  return longest;
}

}  // namespace

int main(int argc, char** argv) {
  bool good = true, found = argc < 2;
  for (const std::string& isa : available_isas()) {
    good = check(isa) && good;
    found = found || isa == argv[1];
  }
  if (!found) std::printf("%s is not available\n", argv[1]);
  return good && found ? 0 : 1;
}
