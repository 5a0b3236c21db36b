// tutti eval: the evaluation suite on held-out data, or on a folder of one's own.
#include "eval.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "../command/models.h"
#include "../command/outputs.h"
#include "../command/process_exit.h"
#include "../command/values.h"
#include "base/atomic_file.h"
#include "eval/report.h"
#include "eval/suite.h"

namespace tutti {
namespace {

struct EvalOptions {
  ModelChoice model;
  std::string data, judge, output;
  std::vector<std::string> tasks;
  int limit = 300, steps = 0, repeat = 1;
  float guidance = -1;
  bool all = false, json = false, list = false;
};

// --judge, or judge.safetensors beside the model; without one, what needs it is skipped.
Result<std::unique_ptr<Referee>> load_judge(const EvalOptions& options) {
  std::string path = options.judge;
  if (path.empty()) {
    TUTTI_ASSIGN(const std::string model, find_model(options.model.path));
    path = (std::filesystem::path(model).parent_path() / "judge.safetensors").string();
    std::error_code problem;
    if (!std::filesystem::exists(path, problem)) return std::unique_ptr<Referee>();
  }
  return Referee::load(path, options.model.threads);
}

void list_tasks() {
  for (const auto& [name, what] : suite_tasks())
    std::printf("%-18s %s\n", name.c_str(), what.c_str());
}

Status evaluate(EvalOptions options) {
  if (options.list) return list_tasks(), Status();
  options.data = data_folder(options.data);
  if (options.data.empty())
    return usage_error("say what to evaluate on, with --data or TUTTI_DATA");
  TUTTI_CHECK(check_tasks(options.tasks));
  std::optional<AtomicFile> output;  // before the work, which may take hours
  if (!options.output.empty()) {
    TUTTI_ASSIGN(output, AtomicFile::create(options.output));
  }
  std::string model;
  TUTTI_ASSIGN(const Engine engine, options.model.load(&model));
  TUTTI_ASSIGN(const auto judge, load_judge(options));
  EvalDataOptions wanted{.all = options.all, .limit = options.limit};
  if (judge) wanted.training_labels = {judge->labels().begin(), judge->labels().end()};
  TUTTI_ASSIGN(const EvalData data, open_eval_data(options.data, wanted));
  SuiteOptions suite{.tasks = options.tasks,
                     .limit = options.limit,
                     .steps = options.steps,
                     .guidance = options.guidance,
                     .repeat = options.repeat};
  suite.progress = [](const std::string& task) {
    std::fprintf(stderr, "evaluating %s\n", task.c_str());
  };
  TUTTI_ASSIGN(const EvalReport report, run_suite(engine, data, judge.get(), suite));
  const std::string json = report_json(report, model, data.what + ": " + options.data);
  if (output) {
    TUTTI_CHECK(output->write(json + "\n"));
    TUTTI_CHECK(output->commit());
  }
  print_line(options.json ? json : report_table(report));
  return {};
}

}  // namespace

void add_eval(CLI::App& app, Verb& chosen) {
  CLI::App* verb =
      app.add_subcommand("eval", "Measure a model on held-out data, or on a folder of your own.");
  auto options = std::make_shared<EvalOptions>();
  options->model.add_options(*verb);
  options->model.add_adapter_option(*verb);
  verb->add_option("--data", options->data,
                   "shards, the raw sets, or any folder with captions.tsv, labels.tsv, "
                   "transcripts.tsv, masks.tsv, "
                   "qa.tsv or statements.tsv in it or in its folders; else $TUTTI_DATA")
      ->type_name("FOLDER");
  verb->add_option("--tasks", options->tasks, "only these, separated by commas (see --list)")
      ->type_name("NAMES")
      ->delimiter(',');
  verb->add_option("--limit", options->limit, "samples per task or set (default 300); 0: all")
      ->check(whole(0, std::numeric_limits<int>::max()));
  verb->add_option("--steps", options->steps, "of painting and speaking (default: the model's own)")
      ->check(whole(1, 1000));
  verb->add_option("--guidance", options->guidance,
                   "how closely pictures and speech follow the prompt (default: the model's own)")
      ->check(between(0.0, 100.0));
  verb->add_option("--repeat", options->repeat,
                   "pictures painted and readings spoken of each text (default 1)")
      ->check(whole(1, 1000));
  verb->add_option(
          "--judge", options->judge,
          "judge of generated pictures and speech (default judge.safetensors beside the model)")
      ->type_name("FILE");
  verb->add_flag("--all", options->all, "raw sets: also the records of the training split");
  verb->add_flag("--list", options->list, "list the tasks");
  verb->add_option("-o,--output", options->output, "also write the JSON object to this file")
      ->type_name("FILE");
  verb->add_flag("--json", options->json, "one JSON object instead of a table");
  verb->callback([options, &chosen] { chosen = [options] { return evaluate(*options); }; });
}

}  // namespace tutti
