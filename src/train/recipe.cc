#include "train/run/recipe.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <iomanip>
#include <set>
#include <sstream>
#include <type_traits>

#include "base/quote.h"

namespace tutti {
namespace {

std::string place(const toml::node& node) {
  return "line " + std::to_string(node.source().begin.line);
}

// What a number may be; `below`: the upper end is not included. Nothing that is not a number lies
// in a range.
struct Range {
  double low, high;
  bool below = false;

  bool holds(double value) const { return value >= low && (below ? value < high : value <= high); }
};
constexpr Range kShare = {0, 1};
constexpr Range kDecay = {0, 1, /*below=*/true};  // of a running mean: at 1 it would never move
constexpr Range kWeight = {0, 1e4};
constexpr Range kRate = {0, 1};
constexpr Range kGuidance = {0, 100};
constexpr int kMostExamples = 1 << 16;  // of a step

std::string shown(double value) {
  std::ostringstream text;
  text << std::setprecision(10) << value;
  return text.str();
}

// Reads one table: each call is a row of what is known, a key with its type and range; what is left
// over at the end is an error.
class Table {
 public:
  Table(const toml::table& root, const char* name) : name_(name) {
    if (const toml::node* node = root.get(name)) {
      table_ = node->as_table();
      if (!table_) fail(std::string("[") + name + "] is not a table (" + place(*node) + ")");
    }
  }

  Table& read(const char* key, std::string& value) {
    const toml::node* node = find(key);
    if (!node) return *this;
    const auto got = node->value<std::string>();
    if (!got)
      wrong(key, *node, "a text");
    else
      value = *got;
    return *this;
  }

  Table& read(const char* key, bool& value) {
    const toml::node* node = find(key);
    if (!node) return *this;
    const auto got = node->value_exact<bool>();  // 2 is not true
    if (!got)
      wrong(key, *node, "true or false");
    else
      value = *got;
    return *this;
  }

  // A text out of a few.
  Table& read(const char* key, std::string& value, std::initializer_list<const char*> known) {
    const toml::node* node = find(key);
    if (!node) return *this;
    const auto got = node->value<std::string>();
    std::string all;
    bool is_known = false;
    for (const char* one : known) {
      all += (all.empty() ? "" : ", ") + std::string(one);
      is_known = is_known || got == one;
    }
    if (!is_known)
      wrong(key, *node, "one of " + all);
    else
      value = *got;
    return *this;
  }

  // A number in a range: a whole one where `value` is an integer.
  template <class T>
  Table& read(const char* key, T& value, const Range& range) {
    const toml::node* node = find(key);
    if (!node) return *this;
    using Read = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
    const auto got = node->is_number() ? node->value<Read>() : std::nullopt;
    if (!got || !range.holds(double(*got)))
      wrong(key, *node,
            (std::is_integral_v<T> ? "an integer from " : "a number from ") + shown(range.low) +
                (range.below ? " to below " : " to ") + shown(range.high));
    else
      value = T(*got);
    return *this;
  }

  Table& read_list(const char* key, std::vector<std::string>& values) {
    const toml::node* node = find(key);
    if (!node) return *this;
    values.clear();
    if (const toml::array* list = node->as_array())
      for (const toml::node& item : *list)
        if (const auto text = item.value<std::string>()) values.push_back(*text);
    if (!node->as_array() || values.size() != node->as_array()->size())
      wrong(key, *node, "a list of texts");
    return *this;
  }

  Table& read_counts(std::map<std::string, int>& counts) {
    if (!table_ || problem_) return *this;
    for (const auto& [key, node] : *table_)
      read(std::string(key.str()).c_str(), counts[std::string(key.str())], Range{0, kMostExamples});
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
  // The value of a key that is known from now on; nullptr: it is not there.
  const toml::node* find(const char* key) {
    known_.insert(key);
    return table_ && !problem_ ? table_->get(key) : nullptr;
  }

  std::string full(std::string_view key) const {
    return std::string(name_) + "." + std::string(key);
  }
  std::string list() const {
    std::string all;
    for (const auto& key : known_) all += (all.empty() ? "" : ", ") + key;
    return all;
  }
  void wrong(const char* key, const toml::node& node, const std::string& expected) {
    std::ostringstream value;
    if (const auto text = node.value<std::string>())
      value << *text;
    else
      node.visit([&](const auto& concrete) { value << concrete; });
    fail(full(key) + " is " + quote(value.str(), 60) + " (" + place(node) + "); expected " +
         expected);
  }
  void fail(std::string what) {
    if (!problem_) problem_ = bad_input(std::move(what));
  }

  const char* name_;
  const toml::table* table_ = nullptr;
  std::set<std::string> known_;
  std::optional<Error> problem_;
};

Status read_model(const toml::table& root, Recipe& r) {
  const toml::table* table = root["model"].as_table();
  if (!table) return {};
  std::ostringstream json;
  json << toml::json_formatter{*table};
  auto config = parse_model_config(json.str());
  if (!config) return config.error().with_context("[model]");
  r.model = *config;
  return {};
}

Status read_data(const toml::table& root, Recipe& r) {
  return Table(root, "data")
      .read("shards", r.shards)
      .read("licences", r.licences, {"open", "all"})
      .read("card", r.card)
      .finish();
}

Status read_run(const toml::table& root, Recipe& r) {
  constexpr double kMostCount = 1e8;
  return Table(root, "run")
      .read("output", r.output)
      .read("start_from", r.start_from)
      .read("seed", r.seed, {0, 0x1p53})
      .read_list("train_only", r.train_only)
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
      .finish();
}

Status read_optimizer(const toml::table& root, Recipe& r) {
  OptimizerOptions& o = r.optimizer;
  return Table(root, "optimizer")
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

Status read_loss(const toml::table& root, Recipe& r) {
  LossWeights& l = r.loss;
  Table loss(root, "loss");
  for (int g = 0; g < kGroups; ++g)
    loss.read((std::string("route_") + kGroupNames[g]).c_str(), l.route_target[g], kShare);
  return loss.read("text", l.text, kWeight)
      .read("paint", l.paint, kWeight)
      .read("speak", l.speak, kWeight)
      .read("contrast", l.contrast, kWeight)
      .read("ctc", l.ctc, kWeight)
      .read("matte", l.matte, kWeight)
      .read("duration", l.duration, kWeight)
      .read("vocoder", l.vocoder, kWeight)
      .read("route", l.route, kWeight)
      .read("locate", l.locate, kWeight)
      .read("answers", l.answers, kWeight)
      .finish();
}

Status read_noise(const toml::table& root, Recipe& r) {
  return Table(root, "noise")
      .read("drop_text", r.collate.drop_text, kShare)
      .read("mean", r.collate.noise_mean, {-20, 20})
      .read("spread", r.collate.noise_spread, {0, 20})
      .finish();
}

Status read_few_step(const toml::table& root, Recipe& r) {
  FewStepOptions& f = r.few_step;
  return Table(root, "few_step")
      .read("teacher", f.teacher)
      .read("steps", f.steps, {1, 100})
      .read("substeps", f.substeps, {1, 100})
      .read("paint_guidance", f.paint_guidance, kGuidance)
      .read("speak_guidance", f.speak_guidance, kGuidance)
      .finish();
}

Status read_distill(const toml::table& root, Recipe& r) {
  return Table(root, "distill")
      .read("teacher", r.distill.teacher)
      .read("inherit", r.distill.inherit)
      .read("logits", r.distill.weights.logits, kWeight)
      .read("flow", r.distill.weights.flow, kWeight)
      .read("relations", r.distill.weights.relations, kWeight)
      .finish();
}

Status read_quantize(const toml::table& root, Recipe& r) {
  return Table(root, "quantize")
      .read("weights", r.quantize.weights)
      .read("activations", r.quantize.activations)
      .finish();
}

Status read_mix(const toml::table& root, Recipe& r) {
  return Table(root, "mix").read_counts(r.mix).finish();
}

// The tables of a recipe, and who reads each.
constexpr struct {
  const char* name;
  Status (*read)(const toml::table& root, Recipe& r);
} kTables[] = {{"data", read_data},         {"distill", read_distill},
               {"few_step", read_few_step}, {"loss", read_loss},
               {"mix", read_mix},           {"model", read_model},
               {"noise", read_noise},       {"optimizer", read_optimizer},
               {"quantize", read_quantize}, {"run", read_run}};

Status check_names(const toml::table& root) {
  std::string known;
  for (const auto& table : kTables) known += (known.empty() ? "" : ", ") + std::string(table.name);
  for (const auto& [key, node] : root)
    if (std::none_of(std::begin(kTables), std::end(kTables),
                     [&](const auto& table) { return key.str() == table.name; }))
      return bad_input("[" + std::string(key.str()) + "] is not a known table (" + place(node) +
                       "); known: " + known);
  return {};
}

// What no single key can be wrong about.
Status check(const Recipe& r) {
  if (r.warmup + r.decay > 1)
    return bad_input("run.warmup and run.decay are shares of the steps and add up to " +
                     shown(r.warmup + r.decay) + "; expected at most 1");
  if (!r.few_step.teacher.empty() && !r.distill.teacher.empty())
    return bad_input(
        "few_step.teacher and distill.teacher exclude each other: distil first, then "
        "make the student a few-step model");
  int64_t examples = 0;
  for (const auto& [kind, count] : r.mix) examples += count;
  if (examples < 1)
    return bad_input("[mix] is empty; say how many examples of each task a step holds");
  if (examples > kMostExamples)
    return bad_input("[mix] holds " + std::to_string(examples) +
                     " examples a step; expected 1 to " + std::to_string(kMostExamples));
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
  Recipe r;
  Status status = check_names(parsed.table());
  for (const auto& table : kTables)
    if (status) status = table.read(parsed.table(), r);
  if (status) status = check(r);
  if (!status) return status.error().with_context(path);
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
