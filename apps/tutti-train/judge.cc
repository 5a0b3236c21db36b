#include "judge.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "../tutti/command/values.h"
#include "exit.h"
#include "memory.h"
#include "train/run/judge_trainer.h"

namespace tutti {
namespace {

struct JudgeOptions {
  JudgeRecipe recipe;
  std::string shards = "shards", output;
};

Result<std::string> train(const JudgeOptions& options) {
  TUTTI_ASSIGN(const ShardSet shards, ShardSet::open(options.shards, Split::train));
  TUTTI_ASSIGN(const ShardSet held_out, ShardSet::open(options.shards, Split::eval));
  return train_judge(shards, held_out, options.recipe, options.output, [](const JudgeProgress& p) {
    std::fprintf(stderr, "%d/%d | eye %.3f ear %.3f | %.0f s\n", p.step, p.steps, p.eye_loss,
                 p.ear_loss, p.seconds);
    return_unused_memory(p.step);
  });
}

}  // namespace

int judge_main(int argc, char** argv) {
  CLI::App app(
      "Trains the judge: a classifier of pictograms and an independent ear. Prints its card "
      "(JSON).",
      "tutti-train judge");
  JudgeOptions options;
  app.add_option("--shards", options.shards, "folder of shards (default shards)")
      ->type_name("FOLDER");
  app.add_option("-o,--output", options.output, "judge file")->required()->type_name("FILE");
  app.add_option("--steps", options.recipe.steps, "default 2000")->check(whole(1, 10000000));
  app.add_option("--seed", options.recipe.seed, "default 1")->check(seed());
  app.add_option("--threads", options.recipe.threads, "0: all cores")->check(whole(0, 1024));
  if (const auto code = parse_or_end(app, argc, argv)) return *code;
  const auto card = train(options);
  return card ? answer(*card) : fail(card.error());
}

}  // namespace tutti
