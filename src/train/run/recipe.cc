#include "train/run/recipe.h"

#include <algorithm>

#include "model/spec/spec_json.h"
#include "train/run/idle_keys.h"

namespace tutti {
namespace {

constexpr Range kRate = {0, 1};
constexpr int kMostExamples = 1 << 16;  // of a step
constexpr int kMostMicroBatches = 1024;

Status read_model(const RecipeFile& file, Recipe& r) {
  const std::string json = file.json("model");
  if (json.empty()) return {};
  auto config = parse_model_spec(json);
  if (!config) return config.error().with_context("[model]");
  r.model = *config;
  return {};
}

Status read_data(const RecipeFile& file, Recipe& r) {
  return file.table("data")
      .read("shards", r.shards)
      .read("licences", r.licences, {"open", "all"})
      .read("card", r.card)
      .finish();
}

Status read_run(const RecipeFile& file, Recipe& r) {
  constexpr double kMostCount = 1e8;
  return file.table("run")
      .read("output", r.output)
      .read("start_from", r.start_from)
      .read("seed", r.seed, {0, 0x1p53})
      .read("train_only", r.train_only)
      .read("steps", r.steps, {1, kMostSteps})
      .read("warmup", r.warmup, kShare)
      .read("decay", r.decay, kShare)
      .read("average_decay", r.average_decay, kDecay)
      .read("precision", r.precision, {"auto", "bf16", "fp32"})
      .read("store", r.store, {"i8", "bf16", "f32"})
      .read("checkpoint_minutes", r.checkpoint_minutes, {1, 1e5})
      .read("log_every", r.log_every, {1, kMostCount})
      .read("sample_every", r.sample_every, {1, kMostCount})
      .read("threads", r.threads, {0, 1024})
      .read("micro_batches", r.micro_batches, {1, kMostMicroBatches})
      .finish();
}

Status read_optimizer(const RecipeFile& file, Recipe& r) {
  OptimizerOptions& o = r.optimizer;
  return file.table("optimizer")
      .read("muon_rate", o.muon_rate, kRate)
      .read("adam_rate", o.adam_rate, kRate)
      .read("momentum", o.momentum, kDecay)
      .read("beta1", o.beta1, kDecay)
      .read("beta2", o.beta2, kDecay)
      .read("weight_decay", o.weight_decay, kShare)
      .read("adam_weight_decay", o.adam_weight_decay, kShare)
      .read("clip", o.clip, {1e-6, 1e6})
      .finish();
}

Status read_noise(const RecipeFile& file, Recipe& r) {
  return file.table("noise")
      .read("drop_text", r.noise.drop_text, kShare)
      .read("mean", r.noise.mean, {-20, 20})
      .read("spread", r.noise.spread, {0, 20})
      .finish();
}

Status read_quantize(const RecipeFile& file, Recipe& r) {
  return file.table("quantize")
      .read("weights", r.quantize.weights)
      .read("activations", r.quantize.activations)
      .finish();
}

Status read_mix(const RecipeFile& file, Recipe& r) {
  return file.table("mix").read_counts(r.mix.counts, kMostExamples).finish();
}

Status read_scene_kinds(const RecipeFile& file, Recipe& r) {
  return file.table("scene_kinds").read_counts(r.mix.scene_kinds, kMostExamples).finish();
}

Status read_shares(const RecipeFile& file, Recipe& r) {
  RecipeTable table = file.table("shares");
  for (const ShareKey& key : kShareKeys) table.read(key.name, r.mix.shares.*key.share, kShare);
  return table.finish();
}

Status read_sources(const RecipeFile& file, Recipe& r) {
  RecipeTable table = file.table("sources");
  for (const SourceKey& key : kSourceKeys) table.read(key.name, r.mix.sources.*key.names);
  return table.finish();
}

// The tables of a recipe beside those of the objectives, and who reads each.
constexpr struct {
  const char* name;
  Status (*read)(const RecipeFile& file, Recipe& r);
} kTables[] = {{"data", read_data},
               {"mix", read_mix},
               {"model", read_model},
               {"noise", read_noise},
               {"optimizer", read_optimizer},
               {"quantize", read_quantize},
               {"run", read_run},
               {"scene_kinds", read_scene_kinds},
               {"shares", read_shares},
               {"sources", read_sources}};

Status read_all(const RecipeFile& file, Recipe& r) {
  std::vector<std::string> known = ObjectiveOptions::tables();
  for (const auto& table : kTables) known.emplace_back(table.name);
  TUTTI_CHECK(file.check_names(known));
  for (const auto& table : kTables) TUTTI_CHECK(table.read(file, r));
  return r.objectives.read(file, r.model);
}

// What no single key can be wrong about.
Status check(const Recipe& r) {
  if (r.warmup + r.decay > 1)
    return bad_input("run.warmup and run.decay are shares of the steps and add up to " +
                     shown(r.warmup + r.decay) + "; expected at most 1");
  int64_t examples = 0;
  for (const auto& [kind, count] : r.mix.counts) examples += count;
  if (examples < 1)
    return bad_input("[mix] is empty; say how many examples of each task a step holds");
  if (examples > kMostExamples)
    return bad_input("[mix] holds " + std::to_string(examples) +
                     " examples a step; expected 1 to " + std::to_string(kMostExamples));
  return r.objectives.check(r.model);
}

}  // namespace

Result<Recipe> read_recipe(const std::string& path) {
  TUTTI_ASSIGN(const RecipeFile file, RecipeFile::open(path));
  Recipe r;
  Status status = read_all(file, r);
  if (status) status = check_idle_keys(file, r);
  if (status) status = check(r);
  if (!status) return status.error().with_context(path);
  r.objectives.settle(r.model, r.noise);
  return r;
}

double rate_at(const Recipe& recipe, int step) {
  const double warmup = recipe.warmup * recipe.steps, decay = recipe.decay * recipe.steps;
  const double up = warmup > 0 ? std::min(1.0, (step + 1) / warmup) : 1.0;
  const double down = decay > 0 ? std::min(1.0, (recipe.steps - step) / decay) : 1.0;
  return std::max(0.0, std::min(up, down));
}

}  // namespace tutti
