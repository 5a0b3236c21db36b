// Time of one training step (forward, backward, update) of the reference trunk on plain text, and
// what the machine could do at best. bench/train_throughput.sh runs it beside the same network in
// PyTorch.
//
//   train_throughput [steps]     prints: milliseconds GFLOP/s ceiling_GFLOP/s peak_MiB loss
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "train/backend/parameter_store.h"
#include "train/run/micro_batch.h"
#include "train/run/optimizer.h"

extern "C" const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,thp:always";

namespace {

using namespace tutti;
using Clock = std::chrono::steady_clock;

constexpr int kSequences = 32, kLength = 128;

double seconds(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// bf16 product of 2048^3: the best that libtorch's GEMM does here.
double ceiling() {
  const torch::Tensor a = torch::randn({2048, 2048}).to(torch::kBFloat16);
  const torch::Tensor b = torch::randn({2048, 2048}).to(torch::kBFloat16);
  std::vector<double> rates;
  for (int i = 0; i < 6; ++i) {
    const auto start = Clock::now();
    torch::linear(a, b);
    if (i) rates.push_back(2.0 * 2048 * 2048 * 2048 / seconds(start) / 1e9);
  }
  return median(rates);
}

std::vector<DrawnExample> text_examples(const ModelSpec& config, Rng& rng) {
  std::vector<Example> examples;
  for (int s = 0; s < kSequences; ++s) {
    Example example;
    Segment segment;
    segment.target = true;
    for (int i = 0; i < kLength; ++i)
      segment.tokens.push_back(20 + rng.below(config.vocabulary - 20));
    example.segments = {segment};
    examples.push_back(example);
  }
  return draw_noise(std::move(examples), {}, rng);
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 8;
  torch::set_num_threads(int(std::thread::hardware_concurrency()));
  const double best = ceiling();
  ModelSpec config;
  TorchOps ops(torch::kCPU, torch::kBFloat16);
  ParameterStore weights(1, torch::kCPU);
  const Model<TorchOps> model(Scope<ParameterStore>(weights, ""), config);
  Optimizer optimizer(weights, {}, torch::kBFloat16);
  Rng rng(7);
  const ObjectiveList objectives = make_objectives({});
  const auto examples = text_examples(config, rng);
  auto batches = make_micro_batches(config, objectives, examples, 1);
  std::vector<double> times;
  double loss = 0;
  for (int step = 0; step < steps + 2; ++step) {
    ops.set_flops(0);
    const auto start = Clock::now();
    const StepLosses losses = learn(ops, model, objectives, batches);
    optimizer.step(1.0);
    if (step > 1) times.push_back(seconds(start));
    loss = losses.values.at("text");
  }
  const double time = median(times);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%.1f %.0f %.0f %ld %.3f\n", time * 1e3, 3 * ops.forward_flops() / time / 1e9, best,
              usage.ru_maxrss / 1024, loss);
}
