#include "train/distill.h"

#include <cmath>

#include "train/run/optimizer.h"

namespace tutti {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Matrices that are several side by side: each is sliced by itself.
struct Parts {
  int rows = 1, cols = 1;
};
Parts parts_of(const std::string& name) {
  if (ends_with(name, ".key_value")) return {2, 1};
  if (ends_with(name, "_modulation")) return {4, 1};
  if (name == "picture.merge") return {1, 4};
  if (name == "image_summary.merge") return {1, kImageMerge};
  if (name == "clip_summary.merge") return {1, kClipMerge};
  if (name == "audio_summary.merge") return {1, kAudioMerge};
  if (name == "audio.token") return {1, 3};
  if (name == "picture.conv_32" || name == "picture.conv_down" || name == "picture.conv_16")
    return {1, 9};
  if (name == "speech_text.conv_1" || name == "speech_text.conv_2") return {1, 5};
  if (name == "heads.matte.up_16" || name == "heads.matte.up_32") return {4, 1};
  if (name == "heads.matte.norm_32" || name == "heads.matte.pixels") return {1, 2};
  if (name == "heads.matte.conv_32") return {2, 18};
  return {};
}

// Layer i of `count` as a layer of `of`, spread evenly, the first and the last kept.
int spread(int i, int count, int of) {
  return count > 1 ? int(std::lround(double(i) * (of - 1) / (count - 1))) : 0;
}

struct Depths {
  const char* prefix;
  int student, teacher;
  bool mirrored;  // second half in the order of the first, backwards
};

// The teacher's name for a student's tensor.
std::string inherited_name(const std::string& name, const std::vector<Depths>& all) {
  for (const Depths& depth : all) {
    const std::string prefix = depth.prefix;
    if (name.rfind(prefix, 0) != 0) continue;
    const size_t end = name.find('.', prefix.size());
    const int i = std::atoi(name.substr(prefix.size(), end - prefix.size()).c_str());
    const int half = depth.student / 2;
    int layer = spread(i, depth.student, depth.teacher);
    if (depth.mirrored)
      layer = i < half ? spread(i, half, depth.teacher / 2)
                       : depth.teacher - 1 - spread(depth.student - 1 - i, half, depth.teacher / 2);
    return prefix + std::to_string(layer) + name.substr(end);
  }
  return name;
}

// Leading rows and columns of each part; both sizes must be multiples of the parts.
bool slice(const torch::Tensor& from, Parts parts, torch::Tensor& to) {
  const int64_t rows = to.size(0), cols = to.size(1);
  if (rows % parts.rows || cols % parts.cols || from.size(0) % parts.rows ||
      from.size(1) % parts.cols || from.size(0) < rows || from.size(1) < cols)
    return false;
  const auto split = [&](const torch::Tensor& x) {
    return x.reshape({parts.rows, x.size(0) / parts.rows, parts.cols, x.size(1) / parts.cols});
  };
  const torch::Tensor leading =
      split(from).narrow(1, 0, rows / parts.rows).narrow(3, 0, cols / parts.cols);
  to.copy_(leading.reshape({rows, cols}));
  return true;
}

}  // namespace

TeacherTargets teacher_targets(Teacher& teacher, const TrainBatch& train) {
  torch::NoGradGuard no_grad;
  TeacherTargets targets;
  const Batch& batch = train.batch;
  if (!batch.rows()) return targets;
  TorchOps& ops = teacher.ops;
  const auto& model = teacher.model;
  const auto out = model.forward(ops, batch);
  if (!train.predict_rows.empty())
    targets.text_logits = model.heads.text_logits(
        ops, ops.gather_rows(out.trunk.x_ND, train.predict_rows), model.pieces);
  targets.paint = head_values(ops, batch, out.trunk.x_ND, Kind::paint, model.heads.paint);
  targets.speak = head_values(ops, batch, out.trunk.x_ND, Kind::speak, model.heads.speak);
  if (train.pair_left.size() >= 2) {
    const torch::Tensor e =
        model.heads.embeddings(ops, out.trunk.x_ND, train.pool_rows, train.pool_bounds);
    targets.relations = torch::mm(e, e.t());
  }
  return targets;
}

Status inherit_weights(Weights& student, const ModelConfig& config, const ModelPackage& teacher) {
  TUTTI_ASSIGN(const ModelConfig large, parse_model_config(teacher.config_json));
  const std::vector<Depths> depths = {
      {"trunk.layer_", config.layers, large.layers, true},
      {"picture.block_8_", config.image_blocks, large.image_blocks, false},
      {"audio.block_", config.audio_blocks, large.audio_blocks, false},
      {"vocoder.block_", config.vocoder_blocks, large.vocoder_blocks, false}};
  torch::NoGradGuard no_grad;
  for (Weights::Entry& entry : student.entries()) {
    const std::string name = inherited_name(entry.name, depths);
    const TensorView* view = teacher.file.find(name);
    if (!view || view->shape.size() != 2) continue;  // a gate of a layer that has none, say
    TUTTI_ASSIGN(std::vector<float> values,
                 teacher.read_f32(name, {view->shape[0], view->shape[1]}));
    const torch::Tensor from =
        torch::from_blob(values.data(), {view->shape[0], view->shape[1]}, torch::kFloat);
    if (!slice(from, parts_of(entry.name), entry.value))
      return bad_input("distill.teacher: \"" + name + "\" is smaller than the student's; make " +
                       "the student's sizes no larger than the teacher's, or set inherit = false");
    if (Optimizer::is_hidden_matrix(entry.name, entry.value))
      entry.value.mul_(std::sqrt(double(from.size(1)) / double(entry.value.size(1))));
    entry.average.copy_(entry.value);
  }
  return {};
}

}  // namespace tutti
