#include "train/objectives/teach/inherit.h"

#include <cmath>

#include "model/spec/spec_json.h"

namespace tutti {
namespace {

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
bool slice(const torch::Tensor& from, const Layout& layout, torch::Tensor& to) {
  const int64_t rows = to.size(0), cols = to.size(1);
  if (rows % layout.row_parts || cols % layout.col_parts || from.size(0) % layout.row_parts ||
      from.size(1) % layout.col_parts || from.size(0) < rows || from.size(1) < cols)
    return false;
  const auto split = [&](const torch::Tensor& x) {
    return x.reshape({layout.row_parts, x.size(0) / layout.row_parts, layout.col_parts,
                      x.size(1) / layout.col_parts});
  };
  const torch::Tensor leading =
      split(from).narrow(1, 0, rows / layout.row_parts).narrow(3, 0, cols / layout.col_parts);
  to.copy_(leading.reshape({rows, cols}));
  return true;
}

}  // namespace

Status inherit_weights(ParameterStore& student, const ModelSpec& config,
                       const ModelPackage& teacher) {
  TUTTI_ASSIGN(const ModelSpec large, parse_model_spec(teacher.config_json));
  const std::vector<Depths> depths = {
      {"trunk.layer_", config.layers, large.layers, true},
      {"picture.block_8_", config.image_blocks, large.image_blocks, false},
      {"audio.block_", config.audio_blocks, large.audio_blocks, false},
      {"vocoder.block_", config.vocoder_blocks, large.vocoder_blocks, false}};
  torch::NoGradGuard no_grad;
  for (Parameter& entry : student.parameters()) {
    const std::string name = inherited_name(entry.name, depths);
    const TensorView* view = teacher.file.find(name);
    if (!view || view->shape.size() != 2) continue;  // a gate of a layer that has none, say
    TUTTI_ASSIGN(std::vector<float> values,
                 teacher.read_f32(name, {view->shape[0], view->shape[1]}));
    const torch::Tensor from =
        torch::from_blob(values.data(), {view->shape[0], view->shape[1]}, torch::kFloat);
    if (!slice(from, entry.spec.layout, entry.value))
      return bad_input("objective.distill.teacher: \"" + name +
                       "\" is smaller than the student's; make " +
                       "the student's sizes no larger than the teacher's, or set inherit = false");
    if (entry.spec.role == Role::hidden)
      entry.value.mul_(std::sqrt(double(from.size(1)) / double(entry.value.size(1))));
    entry.average.copy_(entry.value);
  }
  return {};
}

}  // namespace tutti
