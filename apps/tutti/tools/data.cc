// tutti data build: raw sets to the compact shards that training reads.
#include "data.h"

#include <unistd.h>

#include <cstdio>

#include "../command/outputs.h"
#include "../command/process_exit.h"
#include "../command/values.h"
#include "data/build/build_shards.h"
#include "prior.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

struct DataOptions {
  std::string root, output, tokenizer_of, licences = "all";
  double budget_mb = 60, hours = 3;
  bool json = false;
};

void show_progress(const std::string& source, double done) {
  const bool terminal = isatty(STDERR_FILENO);
  std::fprintf(stderr, "%s%3.0f %% %s%s", terminal ? "\r\033[K" : "", done * 100, source.c_str(),
               terminal ? "" : "\n");
}

Json to_json(const ShardSummary& made) {
  Json sources = Json::array();
  for (const SourceSummary& s : made.sources)
    sources.push_back({{"name", s.name},
                       {"kind", s.kind},
                       {"split", s.split},
                       {"records", s.records},
                       {"left_out", s.left_out},
                       {"seconds", s.seconds},
                       {"bytes", s.bytes}});
  return {{"sources", sources},
          {"missing", made.missing},
          {"train_bytes", made.train_bytes},
          {"eval_bytes", made.eval_bytes}};
}

void print_table(const ShardSummary& made) {
  std::printf("%-5s %-18s %-8s %9s %9s %9s %9s\n", "split", "source", "kind", "records", "left out",
              "seconds", "MB");
  for (const SourceSummary& s : made.sources)
    std::printf("%-5s %-18s %-8s %9zu %9zu %9.0f %9.3f\n", s.split.c_str(), s.name.c_str(),
                s.kind.c_str(), s.records, s.left_out, s.seconds, double(s.bytes) / 1e6);
  std::printf("training %.2f MB, held out %.2f MB\n", double(made.train_bytes) / 1e6,
              double(made.eval_bytes) / 1e6);
  for (const std::string& name : made.missing)
    std::fprintf(stderr, "not in the data folder, left out: %s\n", name.c_str());
}

Status build(DataOptions options) {
  options.root = data_folder(options.root);
  if (options.root.empty())
    return usage_error("say where the raw sets are, with --data or TUTTI_DATA");
  BuildOptions build;
  build.licences = options.licences == "open" ? Licences::open : Licences::all;
  build.budget_bytes = uint64_t(options.budget_mb * 1e6);
  build.synthetic_hours = options.hours;
  build.tokenizer_of = options.tokenizer_of;
  build.progress = show_progress;
  const auto made = build_shards(options.root, options.output, build);
  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r\033[K");
  if (!made) return made.error();
  if (options.json)
    print_line(json_line(to_json(*made)));
  else
    print_table(*made);
  return {};
}

}  // namespace

void add_data(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("data", "Work on data sets.");
  verb->require_subcommand(1);
  CLI::App* make = verb->add_subcommand(
      "build", "Turn raw data sets into compact shards for training and evaluation.");
  auto options = std::make_shared<DataOptions>();
  make->add_option("--data", options->root,
                   "folder of raw sets: NAME/ or NAME.tar.zst; else $TUTTI_DATA")
      ->type_name("FOLDER");
  make->add_option("-o,--output", options->output, "folder for the shards")
      ->required()
      ->type_name("FOLDER");
  make->add_option("--licences", options->licences, "all, the default, adds research-only sets")
      ->check(one_of({"open", "all"}))
      ->type_name("WHICH");
  make->add_option("--budget-mb", options->budget_mb, "size of the training shards (default 60)")
      ->check(between(1.0, 1e6));
  make->add_option("--hours", options->hours, "of synthesised speech (default 3; needs espeak-ng)")
      ->check(between(0.0, 1e4));
  make->add_option("--tokenizer-of", options->tokenizer_of,
                   "model file that is to learn more (default: a tokenizer is made of the sets)")
      ->type_name("FILE");
  make->add_flag("--json", options->json, "one JSON object");
  make->callback([options, &chosen] { chosen = [options] { return build(*options); }; });
  add_prior(*verb, chosen);
}

}  // namespace tutti
