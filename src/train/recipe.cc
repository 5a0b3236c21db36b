#include "train/recipe.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <set>
#include <sstream>

namespace tutti {
namespace {

std::string place(const toml::node& node) {
  return "line " + std::to_string(node.source().begin.line);
}

// Reads one table: each call takes a known key; what is left over at the end is an error.
class Table {
 public:
  Table(const toml::table& root, const char* name) : name_(name) {
    if (const toml::node* node = root.get(name)) {
      table_ = node->as_table();
      if (!table_) fail(std::string("[") + name + "] is not a table (" + place(*node) + ")");
    }
  }

  template <class T>
  Table& read(const char* key, T& value) {
    known_.insert(key);
    const toml::node* node = table_ && !problem_ ? table_->get(key) : nullptr;
    if (!node) return *this;
    if constexpr (std::is_same_v<T, float>) {
      double wide = value;
      read(key, wide);
      value = float(wide);
    } else if (const auto got = node->value<T>()) {
      value = *got;
    } else {
      fail(full(key) + " has the wrong type (" + place(*node) + ")");
    }
    return *this;
  }

  Table& read_list(const char* key, std::vector<std::string>& values) {
    known_.insert(key);
    const toml::node* node = table_ && !problem_ ? table_->get(key) : nullptr;
    if (!node) return *this;
    values.clear();
    if (const toml::array* list = node->as_array())
      for (const toml::node& item : *list)
        if (const auto text = item.value<std::string>()) values.push_back(*text);
    if (!node->as_array() || values.size() != node->as_array()->size())
      fail(full(key) + " must be a list of texts (" + place(*node) + ")");
    return *this;
  }

  Table& read_counts(std::map<std::string, int>& counts) {
    if (!table_ || problem_) return *this;
    for (const auto& [key, node] : *table_) {
      known_.insert(std::string(key.str()));
      const auto count = node.value<int>();
      if (!count || *count < 0)
        fail(full(key.str()) + " must be a count of examples (" + place(node) + ")");
      else
        counts[std::string(key.str())] = *count;
    }
    return *this;
  }

  Status finish() {
    if (table_ && !problem_)
      for (const auto& [key, node] : *table_)
        if (!known_.count(std::string(key.str())))
          fail(full(key.str()) + " is not a known key (" + place(node) + "); known: " + list());
    if (problem_) return *problem_;
    return {};
  }

 private:
  std::string full(std::string_view key) const {
    return std::string(name_) + "." + std::string(key);
  }
  std::string list() const {
    std::string all;
    for (const auto& key : known_) all += (all.empty() ? "" : ", ") + key;
    return all;
  }
  void fail(std::string what) {
    if (!problem_) problem_ = bad_input(std::move(what));
  }

  const char* name_;
  const toml::table* table_ = nullptr;
  std::set<std::string> known_;
  std::optional<Error> problem_;
};

Status read_model(const toml::table& root, ModelConfig& model) {
  const toml::table* table = root["model"].as_table();
  if (!table) return {};
  std::ostringstream json;
  json << toml::json_formatter{*table};
  auto config = parse_model_config(json.str());
  if (!config) return config.error().with_context("[model]");
  model = *config;
  return {};
}

Status check(const Recipe& r) {
  if (r.steps < 1) return bad_input("run.steps is " + std::to_string(r.steps) + "; use at least 1");
  if (r.warmup < 0 || r.decay < 0 || r.warmup + r.decay > 1)
    return bad_input("run.warmup and run.decay are shares of the steps; their sum may not pass 1");
  if (r.precision != "auto" && r.precision != "bf16" && r.precision != "fp32")
    return bad_input("run.precision is \"" + r.precision + "\"; use auto, bf16 or fp32");
  if (r.store != "i8" && r.store != "bf16" && r.store != "f32")
    return bad_input("run.store is \"" + r.store + "\"; use i8, bf16 or f32");
  if (r.licences != "open" && r.licences != "all")
    return bad_input("data.licences is \"" + r.licences + "\"; use open or all");
  if (r.checkpoint_minutes < 1 || r.log_every < 1 || r.sample_every < 1)
    return bad_input("run.checkpoint_minutes, log_every and sample_every must be at least 1");
  if (r.few_step.steps < 1 || r.few_step.steps > 100 || r.few_step.substeps < 1 ||
      r.few_step.substeps > 100)
    return bad_input("few_step.steps and few_step.substeps must lie between 1 and 100");
  if (!r.few_step.teacher.empty() && !r.distill.teacher.empty())
    return bad_input(
        "few_step.teacher and distill.teacher exclude each other: distil first, then "
        "make the student a few-step model");
  if (r.mix.empty())
    return bad_input("[mix] is empty; say how many examples of each task a step holds");
  return {};
}

// A few-step model trains from noise as it will generate, always with its text, and says so in its
// file.
void set_few_step(Recipe& r) {
  if (r.few_step.teacher.empty()) return;
  r.collate.from_noise = true;
  r.collate.drop_text = 0;
  r.model.paint_steps = r.model.speak_steps = r.few_step.steps;
  r.model.paint_guidance = r.model.speak_guidance = 1;
}

}  // namespace

Result<Recipe> read_recipe(const std::string& path) {
  const toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    std::ostringstream what;
    what << path << ": " << parsed.error().description() << " (line "
         << parsed.error().source().begin.line << ")";
    return bad_input(what.str());
  }
  const toml::table& root = parsed.table();
  static const std::set<std::string> tables = {"model", "data",     "run",     "optimizer", "loss",
                                               "noise", "few_step", "distill", "quantize",  "mix"};
  for (const auto& [key, node] : root)
    if (!tables.count(std::string(key.str())))
      return bad_input(path + ": [" + std::string(key.str()) + "] is not a known table (" +
                       place(node) +
                       "); known: data, distill, few_step, loss, mix, model, noise, optimizer, " +
                       "quantize, run");
  Recipe r;
  const auto at = [&](Status status) -> Status {
    if (!status) return status.error().with_context(path);
    return status;
  };
  TUTTI_CHECK(at(read_model(root, r.model)));
  TUTTI_CHECK(at(Table(root, "data")
                     .read("shards", r.shards)
                     .read("licences", r.licences)
                     .read("card", r.card)
                     .finish()));
  TUTTI_CHECK(at(Table(root, "run")
                     .read("output", r.output)
                     .read("start_from", r.start_from)
                     .read("seed", r.seed)
                     .read_list("train_only", r.train_only)
                     .read("steps", r.steps)
                     .read("warmup", r.warmup)
                     .read("decay", r.decay)
                     .read("average_decay", r.average_decay)
                     .read("precision", r.precision)
                     .read("store", r.store)
                     .read("checkpoint_minutes", r.checkpoint_minutes)
                     .read("log_every", r.log_every)
                     .read("sample_every", r.sample_every)
                     .read("threads", r.threads)
                     .finish()));
  OptimizerOptions& o = r.optimizer;
  TUTTI_CHECK(at(Table(root, "optimizer")
                     .read("muon_rate", o.muon_rate)
                     .read("adam_rate", o.adam_rate)
                     .read("momentum", o.momentum)
                     .read("beta1", o.beta1)
                     .read("beta2", o.beta2)
                     .read("weight_decay", o.weight_decay)
                     .read("clip", o.clip)
                     .finish()));
  LossWeights& l = r.loss;
  Table loss(root, "loss");
  for (int g = 0; g < kGroups; ++g)
    loss.read((std::string("route_") + kGroupNames[g]).c_str(), l.route_target[g]);
  TUTTI_CHECK(at(loss.read("text", l.text)
                     .read("paint", l.paint)
                     .read("speak", l.speak)
                     .read("contrast", l.contrast)
                     .read("ctc", l.ctc)
                     .read("matte", l.matte)
                     .read("duration", l.duration)
                     .read("vocoder", l.vocoder)
                     .read("route", l.route)
                     .read("locate", l.locate)
                     .read("answers", l.answers)
                     .finish()));
  TUTTI_CHECK(at(Table(root, "noise")
                     .read("drop_text", r.collate.drop_text)
                     .read("mean", r.collate.noise_mean)
                     .read("spread", r.collate.noise_spread)
                     .finish()));
  FewStepOptions& f = r.few_step;
  TUTTI_CHECK(at(Table(root, "few_step")
                     .read("teacher", f.teacher)
                     .read("steps", f.steps)
                     .read("substeps", f.substeps)
                     .read("paint_guidance", f.paint_guidance)
                     .read("speak_guidance", f.speak_guidance)
                     .finish()));
  TUTTI_CHECK(at(Table(root, "distill")
                     .read("teacher", r.distill.teacher)
                     .read("inherit", r.distill.inherit)
                     .read("logits", r.distill.weights.logits)
                     .read("flow", r.distill.weights.flow)
                     .read("relations", r.distill.weights.relations)
                     .finish()));
  TUTTI_CHECK(at(Table(root, "quantize")
                     .read("weights", r.quantize.weights)
                     .read("activations", r.quantize.activations)
                     .finish()));
  TUTTI_CHECK(at(Table(root, "mix").read_counts(r.mix).finish()));
  TUTTI_CHECK(at(check(r)));
  set_few_step(r);
  return r;
}

double rate_at(const Recipe& recipe, int step) {
  const double warmup = recipe.warmup * recipe.steps, decay = recipe.decay * recipe.steps;
  const double up = warmup > 0 ? std::min(1.0, (step + 1) / warmup) : 1.0;
  const double down = decay > 0 ? std::min(1.0, (recipe.steps - step) / decay) : 1.0;
  return std::max(0.0, std::min(up, down));
}

}  // namespace tutti
