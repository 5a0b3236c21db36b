// How near the linear layers come to the machine's ceilings, which are measured in the same run.
//
//   linear_bench [THREADS]
//
// Shapes of a transformer's layers at 512 rows (prefill), 1 to 16 rows (decoding); medians of runs,
// alternating between a layer's precisions. Weights take turns so that decoding reads from memory.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/rng.h"
#include "runtime/ceilings.h"
#include "runtime/linear/isa.h"
#include "runtime/linear/linear.h"

namespace {

using namespace tutti;

constexpr int kRuns = 9;
constexpr size_t kColdBytes = size_t(160) << 20;  // of weights that take turns: more than a cache

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Layer {
  int outputs, cols;
};

// Seconds of one product, inputs already prepared.
double seconds(ThreadPool& threads, Precision precision, const Layer& layer, int rows) {
  Rng rng(1);
  std::vector<float> values(size_t(layer.outputs) * layer.cols), in(size_t(rows) * layer.cols);
  for (float& v : values) v = float(rng.uniform()) - 0.5f;
  for (float& v : in) v = float(rng.uniform()) - 0.5f;
  std::vector<PackedWeights> copies;
  size_t bytes = 0;
  do {
    copies.push_back(*PackedWeights::pack(
        {values.data(), layer.outputs, layer.cols, size_t(layer.cols)}, precision));
    bytes += copies.back().bytes();
  } while (rows < 64 && bytes < kColdBytes);
  auto memory = *AlignedFloats::allocate(input_floats(precision, rows, layer.cols) + 16);
  auto y = *AlignedFloats::allocate(size_t(rows) * layer.outputs);
  const InputRows x =
      prepare(threads, precision, {in.data(), rows, layer.cols, size_t(layer.cols)}, memory.data());
  std::vector<double> times;
  for (int run = 0; run <= kRuns; ++run) {
    const double start = now();
    for (const PackedWeights& w : copies)
      linear(threads, x, w, {}, {y.data(), rows, layer.outputs, size_t(layer.outputs)});
    if (run > 0) times.push_back((now() - start) / double(copies.size()));
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (const Status status = select_isa(); !status) {
    std::fprintf(stderr, "%s\n", status.error().message().c_str());
    return 2;
  }
  ThreadPool threads(argc > 1 ? std::atoi(argv[1]) : 0);
  const auto ceilings = measure_ceilings(threads);
  if (!ceilings) {
    std::fprintf(stderr, "%s\n", ceilings.error().message().c_str());
    return 1;
  }
  std::printf("%s, %d threads; ceilings: FP32 %.0f, bf16 %.0f, INT8 %.0f GOP/s, reads %.1f GB/s\n",
              isa_name(), threads.size(), ceilings->operations[0] / 1e9,
              ceilings->operations[1] / 1e9, ceilings->operations[2] / 1e9, ceilings->read / 1e9);
  const char* names[] = {"f32", "bf16", "int8"};
  for (const Layer layer : {Layer{768, 768}, {2048, 768}, {768, 2048}, {4864, 896}, {896, 4864}})
    for (int rows : {512, 1, 2, 4, 8, 16})
      for (Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
        const double s = seconds(threads, precision, layer, rows);
        const double operations = 2.0 * rows * layer.outputs * layer.cols / s;
        const double bytes = double(layer.outputs) * layer.cols * 4 / step_columns(precision) / s;
        std::printf(
            "%4d rows x %4d outputs x %4d  %-4s  %6.1f GOP/s %3.0f %%  %5.1f GB/s %3.0f %%\n", rows,
            layer.outputs, layer.cols, names[int(precision)], operations / 1e9,
            100 * operations / ceilings->operations[int(precision)], bytes / 1e9,
            100 * bytes / ceilings->read);
      }
  return 0;
}
