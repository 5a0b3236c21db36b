// tutti explain: which modality looks at which, layer by layer, while the model reads a prompt.
#include "explain.h"

#include "chart.h"
#include "command/inputs.h"
#include "command/models.h"
#include "command/outputs.h"
#include "command/process_exit.h"
#include "run_flags.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

struct ExplainOptions {
  ModelChoice model;
  PromptOptions prompt;
  TextOptions text;
  std::string output;
  bool json = false;
};

Json to_json(const AttentionShare& share) {
  Json layers = Json::array();
  for (size_t layer = 0; layer < share.layers.size(); ++layer) {
    Json attention = Json::object(), ran = Json::object();
    for (size_t q = 0; q < share.groups.size(); ++q) {
      if (share.routed[0][q] == 0) continue;
      for (size_t k = 0; k < share.groups.size(); ++k)
        attention[share.groups[q]][share.groups[k]] = share.layers[layer][q][k];
      ran[share.groups[q]] = share.routed[layer][q];
    }
    layers.push_back({{"attention", attention}, {"ran", ran}});
  }
  return layers;
}

Status explain(ExplainOptions& options, const CLI::App& verb) {
  const Asked asked{.prompt = options.prompt.kinds()};
  TUTTI_CHECK(check_flags(verb, asked));
  TUTTI_ASSIGN(options.text.language, language_of(asked, options.text.language));
  if (!options.output.empty()) TUTTI_CHECK(check_picture_path(options.output));
  if (options.output == "-" && options.json)
    return usage_error("--json and -o - both want standard output; give -o a file");
  TUTTI_ASSIGN(const Prompt prompt, options.prompt.read(verb));
  std::string model;
  TUTTI_ASSIGN(const Engine engine, options.model.load(&model));
  TUTTI_ASSIGN(const AttentionShare share, engine.explain(prompt, options.text));
  const Picture chart = attention_chart(share, "share of attention, by layer");
  TUTTI_ASSIGN(const std::string path,
               put_output(options.output, "attention.png",
                          [&](const std::string& file) { return put_picture(file, chart); }));
  if (options.json)
    print_line(json_line({{"model", model},
                          {"outputs", {{{"kind", "chart"}, {"path", path}}}},
                          {"layers", to_json(share)}}));
  else
    say_written(path);
  return {};
}

}  // namespace

void add_explain(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "explain",
      "Draw each modality's share of attention per layer while the model reads a prompt.");
  auto options = std::make_shared<ExplainOptions>();
  options->model.add_options(*verb);
  options->model.add_adapter_option(*verb);
  options->prompt.add_options(*verb);
  verb->add_option("--language", options->text.language, "of the caption asked for (default en)")
      ->type_name("TAG");
  verb->add_option("-o,--output", options->output,
                   "chart; - for standard output (default: a new attention.png)")
      ->type_name("FILE");
  verb->add_flag("--json", options->json, "the numbers as one JSON object");
  verb->callback(
      [options, verb, &chosen] { chosen = [options, verb] { return explain(*options, *verb); }; });
}

}  // namespace tutti
