// tutti-train: the training verbs, in a binary of their own because they need libtorch.
//
//   tutti-train RECIPE.toml [--steps N] [--shards DIR] [--output DIR]
//   tutti-train judge --shards DIR -o models/judge.safetensors [--steps N]
//   tutti-train passes --model FILE [--threads N]
//
// `tutti train` finds and runs this program.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../tutti/command/cut_files.h"
#include "../tutti/command/values.h"
#include "data/mix/mixer.h"
#include "exit.h"
#include "judge.h"
#include "memory.h"
#include "passes.h"
#include "train/run/trainer.h"

namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int) {
  interrupted = 1;
}

// One line that overwrites itself on a terminal, one line a report elsewhere.
void print_report(const tutti::StepReport& r) {
  std::string losses;
  for (const auto& [name, value] : r.losses) {
    if (name.find('.') != name.npos) continue;  // parts of another: in log.jsonl
    char text[48];
    std::snprintf(text, sizeof text, " %s %.3f", name.c_str(), value);
    losses += text;
  }
  const bool terminal = isatty(STDERR_FILENO);
  std::fprintf(stderr, "%s%d/%d %3.0f%% |%s | %.0f tokens/s %.0f GFLOP/s norm %.2f%s",
               terminal ? "\r\033[K" : "", r.step, r.steps, 100.0 * r.step / r.steps,
               losses.c_str(), r.tokens_per_second, r.gflops, r.gradient_norm,
               terminal ? "" : "\n");
}

// The card that the recipe names, with the licences that the shards were built with.
tutti::Result<std::string> read_card(const tutti::Recipe& recipe) {
  const std::string made = "Made by tutti-train with licences = \"" + recipe.licences + "\".\n";
  if (recipe.card.empty()) return made;
  std::ifstream file(recipe.card);
  if (!file)
    return tutti::bad_input("data.card: cannot read " + recipe.card +
                            "; name a markdown file, or leave the key out");
  std::ostringstream text;
  text << file.rdbuf() << "\n" << made;
  return text.str();
}

tutti::Status train(const tutti::Recipe& recipe) {
  TUTTI_ASSIGN(const tutti::ShardSet shards,
               tutti::ShardSet::open(recipe.shards, tutti::Split::train));
  if (recipe.licences == "open" && shards.licences() != "open")
    return tutti::bad_input("the recipe asks for licences = \"open\", but " + recipe.shards +
                            " was built with \"" + shards.licences() +
                            "\"; rebuild it with --licences open");
  if (shards.pieces().size() > recipe.model.vocabulary)
    return tutti::bad_input("model.vocabulary is " + std::to_string(recipe.model.vocabulary) +
                            ", but the tokenizer of " + recipe.shards + " has " +
                            std::to_string(shards.pieces().size()) + " pieces; use that number");
  TUTTI_ASSIGN(const tutti::Mixer mixer, tutti::Mixer::create(shards, recipe.mix));
  tutti::TrainerInputs inputs;
  inputs.examples = [&mixer](int, tutti::Rng& rng) { return mixer.draw(rng); };
  inputs.report = [](const tutti::StepReport& r) {
    print_report(r);
    tutti::return_unused_memory(r.step);
  };
  inputs.tokenizer = std::as_bytes(std::span(shards.tokenizer_model()));
  TUTTI_ASSIGN(inputs.card, read_card(recipe));
  TUTTI_ASSIGN(const auto trainer, tutti::Trainer::create(recipe, std::move(inputs)));
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return trainer->run([] { return interrupted != 0; });
}

int tutti_train(int argc, char** argv) {
  using tutti::fail;
  if (argc > 1 && std::string(argv[1]) == "judge") return tutti::judge_main(argc - 1, argv + 1);
  if (argc > 1 && std::string(argv[1]) == "passes") return tutti::passes_main(argc - 1, argv + 1);
  CLI::App app("Trains a Tutti model. A run that was stopped goes on where its last checkpoint is.",
               "tutti-train");
  std::string recipe_path, shards, output;
  int steps = 0;
  app.add_option("recipe", recipe_path, "recipe (TOML)")->required();
  app.add_option("--steps", steps, "instead of run.steps")
      ->check(tutti::whole(1, tutti::kMostSteps));
  app.add_option("--shards", shards, "instead of data.shards");
  app.add_option("--output", output, "instead of run.output");
  if (const auto code = tutti::parse_or_end(app, argc, argv)) return *code;
  if (!std::filesystem::is_regular_file(recipe_path))
    return fail(tutti::bad_input("there is no recipe " + recipe_path + "; name a TOML file"));
  auto recipe = tutti::read_recipe(recipe_path);
  if (!recipe) return fail(recipe.error());
  if (steps > 0) recipe->steps = steps;
  if (!shards.empty()) recipe->shards = shards;
  if (!output.empty()) recipe->output = output;
  const tutti::Status status = train(*recipe);
  return status ? 0 : fail(status.error());
}

}  // namespace

int main(int argc, char** argv) {
  tutti::end_where_files_are_cut("tutti-train");
  try {
    return tutti_train(argc, argv);
  } catch (const std::exception& problem) {
    return tutti::fail(tutti::failed(problem.what()));
  }
}
