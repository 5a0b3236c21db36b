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

bool int8_is_exact(Rng& rng, ThreadPool& threads, const Shape& s, bool extremes) {
  const auto x = bytes(rng, size_t(s.rows) * s.cols, extremes);
  const auto w = bytes(rng, size_t(s.outputs) * s.cols, extremes);
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
