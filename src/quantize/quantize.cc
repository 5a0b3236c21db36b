#include "quantize/quantize.h"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>

#include "base/rounding.h"
#include "engine/session.h"
#include "format/number_formats.h"
#include "format/package/model_package.h"
#include "format/package/save_model.h"

namespace tutti {
namespace {

// A short run of every task that the model has. Answers do not matter, only what flows through the
// layers.
class Rehearsal {
 public:
  Rehearsal(const Engine& engine, const CalibrationSet& set) : engine_(engine), set_(set) {}

  Status run() {
    for (size_t i = 0; i < set_.pictures.size(); ++i) TUTTI_CHECK(picture(i));
    for (const auto& clip : set_.clips) TUTTI_CHECK(describe({Part::of_clip(clip)}));
    for (size_t i = 0; i < set_.sounds.size(); ++i) TUTTI_CHECK(sound(i));
    for (const Rows& one : set_.rows) TUTTI_CHECK(rows(one));
    for (size_t i = 0; i < set_.texts.size(); ++i) TUTTI_CHECK(text(i));
    return {};
  }

 private:
  static constexpr int kTokens = 8, kSteps = 4;
  static constexpr size_t kGenerated = 6;  // paintings and sayings: each is several passes

  Status describe(const Prompt& prompt, TextOptions options = {}) {
    options.max_tokens = kTokens;
    return discard(engine_.describe(prompt, options));
  }

  Status picture(size_t i) {
    const Part part = Part::of_picture(set_.pictures[i]);
    TUTTI_CHECK(describe({part}));
    if (i < set_.questions.size()) TUTTI_CHECK(describe({part, Part::of_text(set_.questions[i])}));
    TUTTI_CHECK(discard(engine_.embed(part)));
    return discard(engine_.matte(part.picture));
  }

  Status rows(const Rows& rows) {
    const Part part = Part::of_rows(rows);
    TUTTI_CHECK(describe({part}));
    return discard(engine_.embed(part));
  }

  Status sound(size_t i) {
    const Part part = Part::of_audio(set_.sounds[i]);
    TUTTI_CHECK(describe({part}));
    TUTTI_CHECK(discard(engine_.transcribe(part.mel)));
    if (i >= kGenerated) return {};
    TUTTI_CHECK(discard(engine_.vocode(part.mel)));
    return discard(engine_.paint({part}, {.steps = kSteps}));
  }

  Status text(size_t i) {
    const std::string& text = set_.texts[i];
    TUTTI_CHECK(describe({Part::of_text(text)}));
    TUTTI_CHECK(discard(engine_.embed(Part::of_text(text))));
    if (i >= kGenerated) return {};
    TUTTI_CHECK(discard(engine_.paint({Part::of_text(text)}, {.steps = kSteps, .seed = i})));
    const bool vocoder = engine_.config().has(HeadSpec::Kind::vocoder);
    return discard(engine_.speak(text, {.steps = kSteps, .seed = i, .griffin_lim = !vocoder}));
  }

  template <class T>
  static Status discard(const Result<T>& result) {
    const bool fine = result || result.error().code() == ErrorCode::unsupported;
    return fine ? Status() : Status(result.error());
  }

  const Engine& engine_;
  const CalibrationSet& set_;
};

struct Rehearsed {
  Activations seen;
  std::set<std::string> products;  // the matrices that products read
};

Result<Rehearsed> rehearse(const std::string& model, const CalibrationSet& set, int threads) {
  TUTTI_ASSIGN(Engine engine,
               Engine::load(model, {.threads = threads, .dtype = EngineOptions::Dtype::f32}));
  Rehearsed rehearsed;
  Activations& activations = rehearsed.seen;
  for (const Weight& weight : engine.model()->weights.matrices)
    rehearsed.products.insert(weight.name);
  engine.observe(&activations);
  const Status status = Rehearsal(engine, set).run();
  engine.observe(nullptr);
  if (activations.broken())
    return bad_input("the input of layer " + *activations.broken() +
                     " is NaN or infinite on the calibration set; the model diverged in training, "
                     "so quantize an earlier checkpoint");
  if (!status) return status.error();
  return rehearsed;
}

// Everything that is written, and the memory behind it.
class Output {
 public:
  void keep(const TensorView& tensor) { tensors_.push_back(tensor); }

  void add_bf16(const TensorView& like, std::span<const float> values) {
    std::vector<uint16_t>& halves = halves_.emplace_back();
    for (float value : values) halves.push_back(to_bf16(value));
    add(like.name, DType::bf16, like.shape, halves.data(), halves.size() * 2);
  }
  void add_int8(const TensorView& like, std::span<const int8_t> values,
                const std::vector<float>& scales) {
    const auto& bytes = bytes_.emplace_back(values.begin(), values.end());
    add(like.name, DType::i8, like.shape, bytes.data(), bytes.size());
    add_f32(like.name + ".scale", scales);
  }
  void add_f32(const std::string& name, const std::vector<float>& values) {
    const auto& kept = floats_.emplace_back(values);
    add(name, DType::f32, {int64_t(kept.size())}, kept.data(), kept.size() * sizeof(float));
  }

  const std::vector<TensorView>& tensors() const { return tensors_; }

 private:
  void add(const std::string& name, DType dtype, const std::vector<int64_t>& shape,
           const void* data, size_t bytes) {
    tensors_.push_back({name, dtype, shape, static_cast<const std::byte*>(data), bytes});
  }

  std::vector<TensorView> tensors_;
  std::deque<std::vector<uint16_t>> halves_;
  std::deque<std::vector<int8_t>> bytes_;
  std::deque<std::vector<float>> floats_;
};

bool is_paired(const ModelPackage::Int8Matrix& matrix, int rows, int cols) {
  for (int r = 0; r < rows; ++r)
    if (!PackedWeights::is_paired(matrix.values.subspan(size_t(r) * cols, cols))) return false;
  return true;
}

// A matrix as INT8; one that is INT8 already, and such as is wanted, keeps its values to the bit.
struct Int8Copy {
  ModelPackage::Int8Matrix stored;
  Int8Rows rounded;  // behind `stored`, where it is new

  static Result<Int8Copy> of(const ModelPackage& package, const TensorView& tensor,
                             std::span<const float> exact, Int8Weights weights) {
    const int rows = int(tensor.shape[0]), cols = int(tensor.shape[1]);
    Int8Copy copy;
    if (tensor.dtype == DType::i8) {
      TUTTI_ASSIGN(copy.stored, package.read_int8(tensor.name, rows, cols));
      if (weights == Int8Weights::plain || is_paired(copy.stored, rows, cols)) return copy;
    }
    copy.rounded = quantize_rows(exact, size_t(rows), size_t(cols), weights);
    copy.stored = {copy.rounded.values, copy.rounded.scales};
    return copy;
  }
};

struct Rounded {
  Int8Copy copy;
  LayerChoice choice;
};

// One matrix in such weights, and what is best for it then.
Result<Rounded> round_layer(const ModelPackage& package, const TensorView& tensor,
                            std::span<const float> exact, Int8Weights weights,
                            const SeenInputs& seen, const QuantizeOptions& options,
                            ThreadPool& threads) {
  const int rows = int(tensor.shape[0]), cols = int(tensor.shape[1]);
  TUTTI_ASSIGN(Int8Copy copy, Int8Copy::of(package, tensor, exact, weights));
  TUTTI_ASSIGN(const PackedWeights int8,
               PackedWeights::from_int8(rows, cols, copy.stored.values, copy.stored.scales));
  TUTTI_ASSIGN(LayerChoice choice,
               choose_layer(tensor.name, {exact.data(), rows, cols, size_t(cols)}, int8, seen,
                            options.most_error, threads));
  return Rounded{std::move(copy), std::move(choice)};
}

// Chooses for one matrix and writes it: paired weights, which are faster, where the limit allows.
Result<LayerChoice> quantize_layer(const ModelPackage& package, const TensorView& tensor,
                                   const SeenInputs& seen, const QuantizeOptions& options,
                                   ThreadPool& threads, Output& output) {
  TUTTI_ASSIGN(const std::vector<float> exact, package.read_f32(tensor.name, tensor.shape));
  const auto round = [&](Int8Weights weights) {
    return round_layer(package, tensor, exact, weights, seen, options, threads);
  };
  TUTTI_ASSIGN(Rounded rounded, round(Int8Weights::paired));
  if (rounded.choice.precision == Precision::bf16) {
    TUTTI_ASSIGN(rounded, round(Int8Weights::plain));
  }
  LayerChoice& layer = rounded.choice;
  const auto& stored = rounded.copy.stored;
  for (const std::string& part : options.keep)
    if (tensor.name.find(part) != std::string::npos) {
      layer.precision = Precision::bf16;
      layer.reason = "kept: its name holds " + part;
    }
  if (layer.precision == Precision::bf16) {
    output.add_bf16(tensor, exact);
    return layer;
  }
  output.add_int8(tensor, stored.values, stored.scales);
  if (!layer.is_static()) return layer;
  output.add_f32(tensor.name + ".input_scale", layer.input_scales);
  return layer;
}

bool is_scale(const std::string& name) {
  return name.ends_with(".scale") || name.ends_with(".input_scale");
}

// Whether routing closed this layer of the trunk to all rows of its group: they reached the same
// matrix of the first layer, which always runs.
bool is_passed_by(const std::string& name, const Activations& seen) {
  constexpr std::string_view kLayer = "trunk.layer_";
  if (!name.starts_with(kLayer) || seen.by_weight().contains(name)) return false;
  const size_t after = name.find('.', kLayer.size());
  return after != name.npos &&
         seen.by_weight().contains(std::string(kLayer) + "0" + name.substr(after));
}

// INT8 without a measured range: each row of inputs will have a scale of its own.
Result<LayerChoice> quantize_passed_by(const ModelPackage& package, const TensorView& tensor,
                                       Output& output) {
  TUTTI_ASSIGN(const std::vector<float> exact, package.read_f32(tensor.name, tensor.shape));
  TUTTI_ASSIGN(const Int8Copy copy, Int8Copy::of(package, tensor, exact, Int8Weights::paired));
  output.add_int8(tensor, copy.stored.values, copy.stored.scales);
  LayerChoice layer;
  layer.paired = true;
  layer.name = tensor.name;
  layer.rows = int(tensor.shape[0]);
  layer.cols = int(tensor.shape[1]);
  layer.reason = "no calibration row ran it: the gate passes it by";
  return layer;
}

// A product that no sample reached cannot be judged, unless the gate leaves it out.
Status check_reached(const TensorView& tensor, const Rehearsed& rehearsed) {
  const Activations& seen = rehearsed.seen;
  if (!rehearsed.products.contains(tensor.name) || tensor.shape[1] < kPanelRows ||
      seen.by_weight().contains(tensor.name) || is_passed_by(tensor.name, seen))
    return {};
  return bad_input("no calibration sample reached layer " + tensor.name +
                   "; the set lacks its modality or task");
}

std::string quantization_json(const QuantizeReport& report) {
  nlohmann::ordered_json json = {{"calibration", report.calibration},
                                 {"most_error", report.most_error}};
  for (const LayerChoice& layer : report.layers)
    if (layer.precision == Precision::bf16) json["bf16"][layer.name] = layer.reason;
  return json.dump();
}

bool is_of_adapter(const Manifest& manifest, const std::string& tensor) {
  return std::any_of(manifest.adapters.begin(), manifest.adapters.end(), [&](const auto& adapter) {
    return adapter.down == tensor || adapter.up == tensor;
  });
}

// A part of a name that no layer has is a slip of the pen.
Status check_kept(const ModelPackage& package, const std::vector<std::string>& keep) {
  for (const std::string& part : keep) {
    const auto has = [&](const TensorView& tensor) {
      return tensor.name.find(part) != tensor.name.npos;
    };
    if (std::none_of(package.file.tensors().begin(), package.file.tensors().end(), has))
      return usage_error("no layer's name holds \"" + part +
                         "\", which is to stay in bf16; `tutti inspect --tensors` lists the names");
  }
  return {};
}

size_t bytes_of(const ModelPackage& package) {
  size_t bytes = 0;
  for (const SafetensorsFile& file : package.file.files()) bytes += file.bytes().size();
  return bytes;
}

}  // namespace

Result<QuantizeReport> quantize_model(const std::string& input, const std::string& output_path,
                                      const CalibrationSet& set, const QuantizeOptions& options) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(input));
  if (package.file.metadata().contains("tutti.quantization"))
    return bad_input(input + " is calibrated already; quantize the checkpoint that it was made of");
  TUTTI_CHECK(check_kept(package, options.keep));
  TUTTI_CHECK(check_complete(set));
  const auto say = [&](const std::string& what) {
    if (options.progress) options.progress(what);
  };
  say("calibrating on " + set.what);
  TUTTI_ASSIGN(const Rehearsed rehearsed, rehearse(input, set, options.threads));
  const Activations& seen = rehearsed.seen;

  say("choosing");
  QuantizeReport report{set.what, options.most_error, {}, 0, 0};
  ThreadPool threads(options.threads);
  Output output;
  for (const TensorView& tensor : package.file.tensors()) {
    if (tensor.name == package.manifest.tokenizer.tensor || is_scale(tensor.name)) continue;
    if (is_of_adapter(package.manifest, tensor.name)) {
      output.keep(tensor);
      continue;
    }
    TUTTI_CHECK(check_reached(tensor, rehearsed));
    const auto inputs = seen.by_weight().find(tensor.name);
    if (inputs != seen.by_weight().end()) {
      TUTTI_ASSIGN(LayerChoice layer,
                   quantize_layer(package, tensor, inputs->second, options, threads, output));
      report.layers.push_back(std::move(layer));
    } else if (is_passed_by(tensor.name, seen)) {
      TUTTI_ASSIGN(LayerChoice layer, quantize_passed_by(package, tensor, output));
      report.layers.push_back(std::move(layer));
    } else if (tensor.dtype == DType::i8) {
      TUTTI_ASSIGN(const auto matrix,
                   package.read_int8(tensor.name, tensor.shape[0], tensor.shape[1]));
      output.add_int8(tensor, matrix.values, matrix.scales);
    } else {
      TUTTI_ASSIGN(const auto values, package.read_f32(tensor.name, tensor.shape));
      output.add_bf16(tensor, values);
    }
  }
  KeptParts kept = kept_parts(package);
  kept.metadata["tutti.quantization"] = quantization_json(report);
  TUTTI_CHECK(save_model(output_path, package.config_json, package.card, package.tokenizer,
                         output.tensors(), DType::f32, kept));
  TUTTI_ASSIGN(const ModelPackage written, ModelPackage::open(output_path));
  report.bytes_before = bytes_of(package);
  report.bytes_after = bytes_of(written);
  return report;
}

std::string quantize_report_json(const QuantizeReport& report) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerChoice& layer : report.layers)
    layers.push_back({{"name", layer.name},
                      {"rows", layer.rows},
                      {"cols", layer.cols},
                      {"inputs", layer.inputs},
                      {"peak", layer.peak},
                      {"error_dynamic", layer.error_dynamic},
                      {"error_static", layer.error_static},
                      {"error_bf16", layer.error_bf16},
                      {"precision", layer.precision == Precision::bf16 ? "bf16" : "i8"},
                      {"ranges", layer.precision == Precision::bf16 ? "none"
                                 : layer.is_static()                ? "static"
                                                                    : "dynamic"},
                      {"weights", layer.precision == Precision::bf16 ? "bf16"
                                  : layer.paired                     ? "paired"
                                                                     : "plain"},
                      {"input_scales", layer.input_scales},
                      {"reason", layer.reason}});
  return nlohmann::ordered_json{{"calibration", report.calibration},
                                {"most_error", report.most_error},
                                {"bytes_before", report.bytes_before},
                                {"bytes_after", report.bytes_after},
                                {"layers", layers}}
      .dump();
}

}  // namespace tutti
