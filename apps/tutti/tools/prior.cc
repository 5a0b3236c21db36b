// tutti data prior: counts training texts, and writes a copy of a model that holds the counts, for
// PrefixBeam. Requests do not use them yet.
#include "prior.h"

#include <cstdio>

#include "../command/models.h"
#include "../command/outputs.h"
#include "../command/values.h"
#include "data/build/data_root.h"
#include "data/build/spoken_texts.h"
#include "format/package/set_prior.h"
#include "format/text/ngram_maker.h"

namespace tutti {
namespace {

// docs/experiments/speech.md says on what they were chosen.
constexpr double kWeight = 1, kBonus = 1.5;
constexpr double kEnglishShare = 2.0 / 3;  // of the bytes

struct PriorOptions {
  std::string model, output, data, licences = "all";
  double megabytes = 3.6, weight = kWeight, bonus = kBonus;
  int order = 6;
};

Status make_prior(const PriorOptions& options) {
  const std::string data = data_folder(options.data);
  if (data.empty()) return usage_error("say where the raw sets are, with --data or TUTTI_DATA");
  TUTTI_ASSIGN(const std::string model, find_model(options.model));
  TUTTI_ASSIGN(const DataRoot root, DataRoot::open(data));
  TUTTI_ASSIGN(const RawData raw,
               read_raw_data(root, options.licences == "open" ? Licences::open : Licences::all));
  NewPrior prior{options.weight, options.bonus, {}};
  for (const auto& [family, texts] : spoken_texts(raw)) {
    const double share = family == "en" ? kEnglishShare : 1 - kEnglishShare;
    const NgramOptions wanted{options.order, size_t(options.megabytes * 1e6 * share)};
    TUTTI_ASSIGN(std::string bytes, make_ngram_table(texts, wanted));
    std::printf("%-6s %zu texts, %.2f MB\n", family.c_str(), texts.size(),
                double(bytes.size()) / 1e6);
    prior.tables.push_back({family, std::move(bytes)});
  }
  TUTTI_CHECK(set_prior(model, options.output, prior));
  say_written(options.output);
  return {};
}

}  // namespace

void add_prior(CLI::App& data, Verb& chosen) {
  CLI::App* verb = data.add_subcommand(
      "prior",
      "Count what speech is likely to say; write a copy of a model that holds it. Transcription "
      "does not use it yet.");
  auto options = std::make_shared<PriorOptions>();
  verb->add_option("--model", options->model, "model file (default: as for run)")
      ->type_name("FILE");
  verb->add_option("-o,--output", options->output, "the new model file")
      ->required()
      ->type_name("FILE");
  verb->add_option("--data", options->data,
                   "folder of raw sets: NAME/ or NAME.tar.zst; else $TUTTI_DATA")
      ->type_name("FOLDER");
  verb->add_option("--licences", options->licences, "all, the default, adds research-only sets")
      ->check(one_of({"open", "all"}))
      ->type_name("WHICH");
  verb->add_option("--megabytes", options->megabytes, "size of the tables (default 3.6)")
      ->check(between(0.01, 1000.0));
  verb->add_option("--order", options->order, "longest run of bytes that is counted (default 6)")
      ->check(whole(2, 8));
  verb->add_option("--weight", options->weight, "of a text's likelihood (default 1)")
      ->check(between(0.0, 100.0));
  verb->add_option("--bonus", options->bonus, "nats for each byte of a text (default 1.5)")
      ->check(between(-100.0, 100.0));
  verb->callback([options, &chosen] { chosen = [options] { return make_prior(*options); }; });
}

}  // namespace tutti
