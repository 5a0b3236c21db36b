// tutti inspect: what is in a model file, and what it needs to run.
#include "inspect.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "base/printable.h"
#include "command/models.h"
#include "command/outputs.h"
#include "command/process_exit.h"
#include "format/package/model_package.h"
#include "format/package/verify_package.h"
#include "model/spec/spec_json.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

struct InspectOptions {
  std::string model, dtype = "auto";
  bool tensors = false, card = false, verify = false, json = false;
};

struct PartSize {
  int64_t parameters = 0;
  size_t bytes = 0;
  int tensors = 0;
  std::set<std::string> dtypes;
};

int64_t elements(const TensorView& tensor) {
  int64_t count = 1;
  for (int64_t side : tensor.shape) count *= side;
  return count;
}

// "trunk.layer_3.query" belongs to "trunk".
std::map<std::string, PartSize> part_sizes(const ModelPackage& package) {
  std::map<std::string, PartSize> parts;
  for (const TensorView& tensor : package.file.tensors()) {
    if (tensor.name == package.manifest.tokenizer.tensor) continue;
    PartSize& part = parts[tensor.name.substr(0, tensor.name.find('.'))];
    part.parameters += elements(tensor);
    part.bytes += tensor.bytes;
    part.dtypes.insert(std::string(dtype_name(tensor.dtype)));
    ++part.tensors;
  }
  return parts;
}

std::string joined_names(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "+") + name;
  return text;
}

// By name: the rank of the pair for each target.
Json adapters_json(const ModelPackage& package) {
  Json adapters = Json::object();
  for (const Manifest::Adapter& adapter : package.manifest.adapters)
    adapters[adapter.name][adapter.target] = package.file.find(adapter.down)->shape[0];
  return adapters;
}

Json to_json(const std::string& path, const ModelPackage& package, const Engine& engine,
             const Engine::MemoryPlan& plan) {
  Json parts = Json::object();
  int64_t total = 0;
  for (const auto& [name, part] : part_sizes(package)) {
    parts[name] = {{"parameters", part.parameters},
                   {"bytes", part.bytes},
                   {"tensors", part.tensors},
                   {"dtypes", part.dtypes}};
    total += part.parameters;
  }
  size_t file_bytes = 0;
  for (const SafetensorsFile& file : package.file.files()) file_bytes += file.bytes().size();
  return {
      {"model", path},
      {"name", engine.config().name},
      {"parameters", total},
      {"format", package.manifest.format},
      {"file_bytes", file_bytes},
      {"shards", package.manifest.shards.size()},
      {"adapters", adapters_json(package)},
      {"tokenizer_bytes", package.tokenizer.size()},
      {"parts", parts},
      {"memory",
       {{"weights", plan.weight_bytes}, {"caches", plan.cache_bytes}, {"arena", plan.arena_bytes}}},
      {"config", Json::parse(model_spec_json(engine.config()))},
      {"card", package.card}};
}

std::string shown(const Json& text) {
  return printable(text.get_ref<const std::string&>());
}

// A line each: its ranks, and how many layers' matrices of each kind it is for.
void print_adapters(const Json& adapters) {
  for (const auto& [name, pairs] : adapters.items()) {
    std::map<std::string, int> layers;
    int64_t least = std::numeric_limits<int64_t>::max(), most = 0;
    for (const auto& [target, rank] : pairs.items()) {
      ++layers[target.substr(target.rfind('.') + 1)];
      least = std::min(least, rank.get<int64_t>());
      most = std::max(most, rank.get<int64_t>());
    }
    std::string ranks = std::to_string(least), kinds;
    if (most > least) ranks += " to " + std::to_string(most);
    for (const auto& [kind, count] : layers)
      kinds += (kinds.empty() ? "" : ", ") + kind + " x " + std::to_string(count);
    std::printf("adapter %s: rank %s, for %s\n", printable(name).c_str(), ranks.c_str(),
                printable(kinds).c_str());
  }
}

void print_table(const Json& all) {
  std::printf("%s: %s, %.2f million parameters, %.2f MB\n\n", shown(all["model"]).c_str(),
              shown(all["name"]).c_str(), all["parameters"].get<double>() / 1e6,
              all["file_bytes"].get<double>() / 1e6);
  std::printf("%-16s %12s %10s %8s  %s\n", "part", "parameters", "kB", "tensors", "stored as");
  for (const auto& [name, part] : all["parts"].items())
    std::printf("%-16s %12lld %10.1f %8d  %s\n", printable(name).c_str(),
                (long long)part["parameters"].get<int64_t>(), part["bytes"].get<double>() / 1e3,
                part["tensors"].get<int>(),
                joined_names(part["dtypes"].get<std::set<std::string>>()).c_str());
  std::printf("%-16s %12s %10.1f\n\n", "tokenizer", "", all["tokenizer_bytes"].get<double>() / 1e3);
  std::printf("file format: version %d, %zu shards, %zu adapters%s\n", all["format"].get<int>(),
              all["shards"].get<size_t>(), all["adapters"].size(),
              all.contains("verified") ? "; every tensor matches its hash" : "");
  print_adapters(all["adapters"]);
}

// What the network is, in a line; --json has all of it.
void print_shape(const ModelSpec& spec) {
  std::string reads;
  for (const ModalitySpec& modality : spec.modalities)
    if (!modality.noisy()) reads += (reads.empty() ? "" : ", ") + modality.name;
  std::printf("network: %d layers of width %d, context %d; reads %s\n", spec.layers, spec.width,
              spec.context, reads.c_str());
}

void print_card(const std::string& card, bool whole) {
  if (whole)
    std::printf("\n%s\n", card.empty() ? "The file has no card." : printable(card).c_str());
  else if (!card.empty())
    std::printf("its card says what it was taught, and its licences: tutti inspect --card\n");
}

// Before anything is loaded.
void print_plan(const Engine::MemoryPlan& plan) {
  std::printf("memory to run: weights %.1f MB, caches up to %.1f MB, arena up to %.1f MB\n",
              double(plan.weight_bytes) / 1e6, double(plan.cache_bytes) / 1e6,
              double(plan.arena_bytes) / 1e6);
  (void)!flush_output();  // main() looks again
}

void print_tensors(const ModelPackage& package) {
  std::printf("\n");
  for (const TensorView& tensor : package.file.tensors())
    std::printf("%-44s %-5s %s\n", printable(tensor.name).c_str(),
                std::string(dtype_name(tensor.dtype)).c_str(), shape_text(tensor.shape).c_str());
}

Status inspect_package(const InspectOptions& options, const std::string& path,
                       const ModelPackage& package) {
  if (options.verify) TUTTI_CHECK(verify_package(package));
  const EngineOptions engine_options{.threads = 1, .dtype = dtype_named(options.dtype)};
  TUTTI_ASSIGN(const Engine::MemoryPlan plan, Engine::plan_memory(package, engine_options));
  if (!options.json) print_plan(plan);
  // What cannot be loaded is an error here too.
  TUTTI_ASSIGN(const Engine engine, Engine::load(package, engine_options));
  Json all = to_json(path, package, engine, plan);
  if (options.verify) all["verified"] = true;
  if (!options.json) {
    print_table(all);
    print_shape(engine.config());
    print_card(package.card, options.card);
    if (options.tensors) print_tensors(package);
    return {};
  }
  if (options.tensors)
    for (const TensorView& tensor : package.file.tensors())
      all["tensors"][tensor.name] = {{"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}};
  print_line(json_line(all));
  return {};
}

// The file is opened once, so that all that is said is about the same one.
Status inspect(const InspectOptions& options) {
  TUTTI_ASSIGN(const std::string path, find_model(options.model));
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));  // its errors name the file
  if (const Status done = inspect_package(options, path, package); !done)
    return done.error().with_context("the model " + path);
  return {};
}

}  // namespace

void add_inspect(CLI::App& app, Verb& chosen) {
  CLI::App* verb =
      app.add_subcommand("inspect", "Show a model's parts, sizes and memory plan, and its card.");
  auto options = std::make_shared<InspectOptions>();
  verb->add_option("model", options->model, kModelHelp)->type_name("FILE");
  add_dtype_option(*verb, options->dtype);
  verb->add_flag("--card", options->card,
                 "also print the model's card: its use, data and licences");
  verb->add_flag("--tensors", options->tensors, "also list every tensor");
  verb->add_flag("--verify", options->verify, "compare every tensor with its hash first");
  verb->add_flag("--json", options->json, "one JSON object");
  verb->callback([options, &chosen] { chosen = [options] { return inspect(*options); }; });
}

}  // namespace tutti
