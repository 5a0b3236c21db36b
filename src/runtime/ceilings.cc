#include "runtime/ceilings.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "runtime/kernels/isa.h"
#include "runtime/kernels/kernel.h"
#include "runtime/kernels/product.h"

namespace tutti {
namespace {

constexpr size_t kReadFloats = size_t(64) << 20;  // 256 MiB: eight times a large last-level cache
constexpr int kRuns = 5;
constexpr double kRunSeconds = 0.02;  // far above a thread's wake-up, far below a clock change

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The shortest of a few runs: what the processor does when nothing interferes.
template <class Run>
double shortest(const Run& run) {
  double best = 1e300;
  for (int i = 0; i < kRuns; ++i) {
    const double start = now();
    run();
    best = std::min(best, now() - start);
  }
  return best;
}

// Sums of lanes, so that the reads cannot be left out. Four streams that are fetched 2 KB ahead, as
// the product of a single row reads weights: a sixth faster than one stream that the processor
// foresees.
TUTTI_KERNEL(float, read_all, (const float* from, size_t count), (from, count)) {
  constexpr size_t kStreams = 4, kAhead = 512, kLine = 16;
  const size_t each = count / kStreams;
  constexpr int W = simd::lanes_of<V>;
  V sums[kStreams] = {};
  for (size_t i = 0; i + kLine <= each; i += kLine)
    for (size_t s = 0; s < kStreams; ++s) {
      __builtin_prefetch(from + s * each + i + kAhead, 0, 2);
      for (size_t lane = 0; lane < kLine; lane += W)
        sums[s] += simd::load<V>(from + s * each + i + lane);
    }
  return simd::sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

double operations_a_second(ThreadPool& threads, Precision precision) {
  const auto ceiling = active_kernels().ceiling[int(precision)];
  int64_t rounds = 1000, operations = 0;
  const auto run = [&] {
    std::atomic<int64_t> total = 0;
    threads.run(threads.size(), [&](int, int, int) { total += ceiling(rounds); });
    operations = total;
  };
  for (double seconds = 0; seconds < kRunSeconds; rounds *= 2) {
    const double start = now();
    run();
    seconds = now() - start;
  }
  const double seconds = shortest(run);
  return double(operations) / seconds;
}

}  // namespace

Result<double> measure_read(ThreadPool& threads) {
  TUTTI_ASSIGN(const AlignedFloats memory, AlignedFloats::allocate_shared(kReadFloats));
  // Pages that nobody has written to are all one page of zeros, which is read from the cache.
  std::fill_n(memory.data(), kReadFloats, 1.0f);
  std::atomic<float> sink = 0;
  std::array<double, kRuns> seconds;
  for (double& time : seconds) {
    const double start = now();
    threads.run(int(kReadFloats / 1024), [&](int, int begin, int end) {
      sink = read_all(memory.data() + size_t(begin) * 1024, size_t(end - begin) * 1024);
    });
    time = now() - start;
  }
  std::sort(seconds.begin(), seconds.end());
  return kReadFloats * sizeof(float) / seconds[kRuns / 2];
}

Result<Ceilings> measure_ceilings(ThreadPool& threads) {
  Ceilings ceilings = {};
  for (Precision p : {Precision::f32, Precision::bf16, Precision::int8})
    ceilings.operations[int(p)] = operations_a_second(threads, p);
  TUTTI_ASSIGN(ceilings.read, measure_read(threads));
  return ceilings;
}

}  // namespace tutti
