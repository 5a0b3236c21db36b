// tutti quantize: a checkpoint in, a calibrated INT8 model out, and what that costs layer by layer.
#include "quantize.h"

#include <cstdio>
#include <filesystem>

#include "../command/inputs.h"
#include "../command/models.h"
#include "../command/outputs.h"
#include "../command/process_exit.h"
#include "../command/values.h"
#include "quantize_chart.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string model, output, data, chart;
  QuantizeOptions quantize;
  int samples = 24;
  bool json = false;
};

// The demo files lie beside the shipped model, and so beside the program.
Result<std::string> demo_folder(const std::string& model) {
  std::vector<std::string> places = {(fs::path(model).parent_path() / "demo").string()};
  for (const std::string& place : model_candidates())
    places.push_back((fs::path(place).parent_path() / "demo").string());
  std::error_code problem;
  for (const std::string& place : places)
    if (fs::exists(fs::path(place) / "speech.wav", problem)) return place;
  return bad_input(
      "the demo files (models/demo) were not found; give a calibration set with --data");
}

Result<CalibrationSet> built_in_set(const Options& options) {
  TUTTI_ASSIGN(CalibrationSet set, drawn_calibration(options.samples, 1));
  TUTTI_ASSIGN(const std::string demo, demo_folder(options.model));
  TUTTI_ASSIGN(Part speech, read_audio(demo + "/speech.wav"));
  set.sounds.push_back(std::move(speech.mel));
  TUTTI_ASSIGN(Part clip, read_video(demo + "/clip.mp4"));
  set.clips.push_back(std::move(clip.frames));
  return set;
}

Result<CalibrationSet> calibration_set(const Options& options) {
  const std::string data = data_folder(options.data);
  if (data.empty()) return built_in_set(options);
  TUTTI_ASSIGN(const EvalData records, open_eval_data(data, {.limit = options.samples}));
  return calibration_from(records, options.samples, 1);
}

void print_table(const QuantizeReport& report) {
  int fixed = 0, dynamic = 0, bf16 = 0, plain = 0;
  std::printf("%-34s %9s %8s %8s %8s %8s  %s\n", "layer", "size", "peak", "dynamic", "static",
              "bf16", "runs in");
  for (const LayerChoice& layer : report.layers) {
    const bool half = layer.precision == Precision::bf16;
    (half ? bf16 : layer.is_static() ? fixed : dynamic) += 1;
    plain += !half && !layer.paired;
    std::printf("%-34s %4dx%-4d %8.3g %7.2f%% %7.2f%% %7.2f%%  %s%s\n", layer.name.c_str(),
                layer.rows, layer.cols, double(layer.peak), 100 * layer.error_dynamic,
                100 * layer.error_static, 100 * layer.error_bf16,
                half                ? "bf16: "
                : layer.is_static() ? "i8, calibrated"
                                    : "i8, a scale a row",
                half ? layer.reason.c_str() : "");
  }
  std::printf(
      "\ncalibrated on %s\n%d layers in INT8 with calibrated scales, %d with a scale a row, %d of "
      "both with plain weights, which AVX2 multiplies more slowly, %d in bf16; %.2f MB -> %.2f "
      "MB\n",
      report.calibration.c_str(), fixed, dynamic, plain, bf16, double(report.bytes_before) / 1e6,
      double(report.bytes_after) / 1e6);
}

Status quantize(Options options) {
  TUTTI_ASSIGN(options.model, find_model(options.model));
  if (options.chart == "-")
    return usage_error("--chart - and the report both want standard output; give --chart a file");
  if (!options.chart.empty()) TUTTI_CHECK(check_picture_path(options.chart));
  TUTTI_ASSIGN(const CalibrationSet set, calibration_set(options));
  options.quantize.progress = [](const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
  };
  TUTTI_ASSIGN(const QuantizeReport report,
               quantize_model(options.model, options.output, set, options.quantize));
  const Picture chart = quantize_chart(report);
  TUTTI_ASSIGN(const std::string chart_file,
               put_output(options.chart, options.output + ".png",
                          [&](const std::string& path) { return put_picture(path, chart); }));
  if (options.json)
    print_line(quantize_report_json(report));
  else
    print_table(report);
  say_written(options.output);
  say_written(chart_file);
  return {};
}

}  // namespace

void add_quantize(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "quantize", "Calibrate a checkpoint and store it in INT8; reports each layer's error.");
  auto options = std::make_shared<Options>();
  verb->add_option("model", options->model, "checkpoint")->required()->type_name("FILE");
  verb->add_option("-o,--output", options->output, "the INT8 model")->required()->type_name("FILE");
  verb->add_option("--data", options->data,
                   "what to calibrate on, as for eval; else $TUTTI_DATA, else drawn scenes and the "
                   "demo files")
      ->type_name("FOLDER");
  verb->add_option("--samples", options->samples, "of each kind (default 24)")
      ->check(whole(4, 1000));
  verb->add_option("--max-error", options->quantize.most_error,
                   "layers that INT8 would change by more stay in bf16 (default 0.02)")
      ->check(between(0.0, 1.0));
  verb->add_option("--keep", options->quantize.keep,
                   "parts of layers' names, separated by commas: these layers stay in bf16")
      ->type_name("NAMES")
      ->delimiter(',');
  verb->add_option("--chart", options->chart, "picture of the errors (default: a new OUTPUT.png)")
      ->type_name("FILE");
  verb->add_option("--threads", options->quantize.threads, "0, the default: one per core")
      ->check(whole(0, 1024));
  verb->add_flag("--json", options->json, "one JSON object");
  verb->callback([options, &chosen] { chosen = [options] { return quantize(*options); }; });
}

}  // namespace tutti
