// How near the linear layers come to the machine's ceilings, which are measured in the same run.
//
//   linear_bench [THREADS]
//
// Shapes of a transformer's layers at 512 rows (prefill) and 1 to 16 rows (decoding); medians of
// runs. With few rows, copies of the weights take turns so that they are read from memory.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/rng.h"
#include "runtime/ceilings.h"
#include "runtime/kernels/isa.h"
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

// Seconds of one product, inputs already prepared. `weights` take turns.
double seconds(ThreadPool& threads, const std::vector<PackedWeights>& weights, int rows) {
  const PackedWeights& first = weights[0];
  const int cols = first.cols(), outputs = first.rows();
  Rng rng(1);
  std::vector<float> in(size_t(rows) * cols), y(size_t(rows) * outputs);
  for (float& v : in) v = float(rng.uniform()) - 0.5f;
  auto memory = *AlignedFloats::allocate(input_floats(first.precision(), rows, cols) + 16);
  const InputRows x =
      prepare(threads, first.precision(), {in.data(), rows, cols, size_t(cols)}, memory.data());
  const size_t used = rows < 64 ? weights.size() : 1;
  std::vector<double> times;
  for (int run = 0; run <= kRuns; ++run) {
    const double start = now();
    for (size_t i = 0; i < used; ++i)
      linear(threads, x, weights[i], {}, {y.data(), rows, outputs, size_t(outputs)});
    if (run > 0) times.push_back((now() - start) / double(used));
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

std::vector<PackedWeights> cold_weights(const Layer& layer, Precision precision) {
  Rng rng(1);
  std::vector<float> values(size_t(layer.outputs) * layer.cols);
  for (float& v : values) v = float(rng.uniform()) - 0.5f;
  std::vector<PackedWeights> copies;
  for (size_t bytes = 0; bytes < kColdBytes; bytes += copies.back().bytes())
    copies.push_back(*PackedWeights::pack(
        {values.data(), layer.outputs, layer.cols, size_t(layer.cols)}, precision));
  return copies;
}

void measure(ThreadPool& threads, const Layer& layer, Precision precision,
             const Ceilings& ceilings) {
  const char* names[] = {"f32", "bf16", "int8"};
  const std::vector<PackedWeights> weights = cold_weights(layer, precision);
  for (int rows : {512, 16, 8, 4, 2, 1}) {
    const double s = seconds(threads, weights, rows);
    const double operations = 2.0 * rows * layer.outputs * layer.cols / s;
    const double bytes = double(layer.outputs) * layer.cols * 4 / step_columns(precision) / s;
    std::printf("%4d rows x %4d outputs x %4d  %-4s  %6.1f GOP/s %3.0f %%  %5.1f GB/s %3.0f %%\n",
                rows, layer.outputs, layer.cols, names[int(precision)], operations / 1e9,
                100 * operations / ceilings.operations[int(precision)], bytes / 1e9,
                100 * bytes / ceilings.read);
  }
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
  for (const Layer layer : {Layer{768, 768}, {2048, 768}, {768, 2048}, {4864, 896}, {896, 4864}})
    for (Precision precision : {Precision::int8, Precision::bf16, Precision::f32})
      measure(threads, layer, precision, *ceilings);
  return 0;
}
