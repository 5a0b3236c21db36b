// tutti bench model: every task of a model in FP32, bf16 and INT8, and single passes of its network
// beside the same passes in libtorch, where tutti-train is found.
#include "model.h"

#include <cstdio>
#include <filesystem>
#include <thread>

#include "../../command/machine.h"
#include "../../command/models.h"
#include "../../command/outputs.h"
#include "../../command/process_exit.h"
#include "../../command/values.h"
#include "model_passes.h"
#include "runtime/kernels/isa.h"

namespace tutti::bench {
namespace {

double number(const Json& json, const char* key) {
  return json.contains(key) ? json[key].get<double>() : 0;
}

// The figure that a task is known by, beside its latency.
std::string remark(const Json& figures) {
  char text[120] = "";
  if (figures.contains("first_token"))
    std::snprintf(text, sizeof text, "first token %.1f ms, then %.0f tokens/s",
                  1e3 * number(figures, "first_token"), number(figures, "tokens_per_second"));
  if (figures.contains("real_time_factor"))
    std::snprintf(text, sizeof text, "%.4f of real time", number(figures, "real_time_factor"));
  if (figures.contains("first_audio"))
    std::snprintf(text, sizeof text, "first audio %.0f ms, %.3f of real time",
                  1e3 * number(figures, "first_audio"), number(figures, "real_time_factor"));
  return text;
}

void print(const Json& json) {
  std::printf("%s on %s, %d threads\n\n%-24s %-5s %10s %10s\n",
              json["model"].get<std::string>().c_str(), json["isa"].get<std::string>().c_str(),
              json["threads"].get<int>(), "task", "dtype", "p50 ms", "p95 ms");
  for (const auto& [task, dtypes] : json["tasks"].items())
    for (const auto& [dtype, figures] : dtypes.items())
      std::printf("%-24s %-5s %10.1f %10.1f  %s\n", task.c_str(), dtype.c_str(),
                  1e3 * number(figures, "p50"), 1e3 * number(figures, "p95"),
                  remark(figures).c_str());
  std::printf("\n%-24s %9s %9s %9s %9s  INT8 against libtorch, FP32\n", "one pass, ms", "f32",
              "bf16", "int8", "libtorch");
  for (const auto& [pass, times] : json["passes"].items()) {
    std::printf("%-24s %9.2f %9.2f %9.2f", pass.c_str(), 1e3 * number(times, "f32"),
                1e3 * number(times, "bf16"), 1e3 * number(times, "int8"));
    if (times.contains("libtorch"))
      std::printf(" %9.2f  %.2fx", 1e3 * number(times, "libtorch"),
                  number(times, "libtorch") / number(times, "int8"));
    else
      std::printf(" %9s  -", "-");
    std::printf(", %.2fx\n", number(times, "f32") / number(times, "int8"));
  }
}

Status run(ModelOptions options) {
  TUTTI_ASSIGN(const TaskInputs inputs, options.open());
  const std::string& model = options.model;
  const int threads =
      options.threads ? options.threads : int(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<Engine> engines;
  for (const EngineOptions::Dtype dtype : kDtypes) {
    EngineOptions engine_options;
    engine_options.threads = threads;
    engine_options.dtype = dtype;
    TUTTI_ASSIGN(Engine engine, Engine::load(model, engine_options));
    engines.push_back(std::move(engine));
  }
  Json json = {{"bench", "model"}, {"model", model}, {"isa", isa_name()}, {"threads", threads}};
  TUTTI_ASSIGN(json["tasks"], time_tasks(engines, inputs));
  engines.clear();
  TUTTI_ASSIGN(json["passes"], time_passes(model, threads, find_trainer()));
  if (options.json)
    print_line(json_line(json));
  else
    print(json);
  return {};
}

}  // namespace

void ModelOptions::add_options(CLI::App& verb) {
  verb.add_option("-m,--model", model, kModelHelp)->type_name("FILE");
  verb.add_option(
          "--inputs", inputs,
          "folder of picture.png, clip.mp4 and speech.wav (default: demo, beside the model)")
      ->type_name("FOLDER");
  verb.add_option("--threads", threads, "0, the default: one per core")->check(whole(0, 1024));
  verb.add_flag("--json", json, "one JSON object");
}

Result<TaskInputs> ModelOptions::open() {
  TUTTI_ASSIGN(model, find_model(model));
  if (inputs.empty()) inputs = (std::filesystem::path(model).parent_path() / "demo").string();
  auto read = TaskInputs::read(inputs);
  if (!read) return read.error().with_context("the tasks' inputs (--inputs)");
  return read;
}

void add_model(CLI::App& verb, Verb& chosen) {
  CLI::App* model = verb.add_subcommand(
      "model", "Time each task of a model in every precision, and its passes beside libtorch's.");
  auto options = std::make_shared<ModelOptions>();
  options->add_options(*model);
  model->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace tutti::bench
