#include "convert.h"

#include "command/models.h"
#include "command/outputs.h"
#include "command/values.h"
#include "format/package/convert_model.h"

namespace tutti {
namespace {

struct ConvertOptions {
  std::string model, output;
  uint64_t megabytes = 0;  // of a file
};

Status convert(const ConvertOptions& options) {
  TUTTI_ASSIGN(const std::string path, find_model(options.model));
  TUTTI_CHECK(convert_model(path, options.output, options.megabytes * 1'000'000));
  say_written(options.output);
  return {};
}

}  // namespace

void add_convert(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "convert", "Write a model file of an earlier version as the newest one, weights unchanged.");
  auto options = std::make_shared<ConvertOptions>();
  verb->add_option("model", options->model, "model file")->required()->type_name("FILE");
  verb->add_option("-o,--output", options->output, "the new model file")
      ->required()
      ->type_name("FILE");
  verb->add_option("--shard-size", options->megabytes,
                   "megabytes of weights in a file, with more in files beside it (0: all in one)")
      ->check(whole(uint64_t(0), uint64_t(1'000'000)));
  verb->callback([options, &chosen] { chosen = [options] { return convert(*options); }; });
}

}  // namespace tutti
