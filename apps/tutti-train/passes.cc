#include "passes.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "../tutti/command/values.h"
#include "exit.h"
#include "format/package/model_package.h"
#include "model/spec/spec_json.h"
#include "model/task_passes.h"
#include "train/backend/parameter_store.h"
#include "train/backend/torch_errors.h"
#include "train/backend/torch_ops.h"

namespace tutti {
namespace {

constexpr int kRuns = 5;

// One run to warm up, then the median of five, as `tutti bench` times its own.
template <class Run>
double median_seconds(const Run& run) {
  std::vector<double> seconds;
  for (int i = 0; i <= kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    if (i > 0) seconds.push_back(time.count());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[kRuns / 2];
}

Result<std::string> time_passes(const std::string& path, int threads) {
  at::set_num_threads(threads > 0 ? threads : int(std::thread::hardware_concurrency()));
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  TUTTI_ASSIGN(const ModelSpec config, parse_model_spec(package.config_json));
  torch::NoGradGuard no_grad;
  ParameterStore weights(0, torch::kCPU);
  const Model<TorchOps> model(Scope(weights, ""), config);
  TUTTI_CHECK(weights.load(package));
  TorchOps ops(torch::kCPU, torch::kFloat);
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const bench::Pass& pass : bench::task_passes(config))
    json[pass.name] = median_seconds([&] { bench::run_pass(ops, model, pass); });
  return json.dump();
}

}  // namespace

int passes_main(int argc, char** argv) {
  CLI::App app("Times single forward passes in libtorch, FP32; `tutti bench model` runs this.",
               "tutti-train passes");
  std::string model;
  int threads = 0;
  app.add_option("--model", model, "model file")->required();
  app.add_option("--threads", threads, "0: one a core")->check(whole(0, 1024));
  if (const auto code = parse_or_end(app, argc, argv)) return *code;
  const auto times =
      errors_of_torch("timing the passes", [&] { return time_passes(model, threads); });
  return times ? answer(*times) : fail(times.error());
}

}  // namespace tutti
