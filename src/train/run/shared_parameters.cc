#include "train/run/shared_parameters.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/quote.h"
#include "model/model.h"
#include "model/spec/spec_json.h"
#include "train/backend/torch_ops.h"

namespace tutti {
namespace {

using Json = nlohmann::json;
using Shapes = std::map<std::string, std::array<int64_t, 2>>;

// A ParameterSource that notes what a model asks for.
struct ShapeNotes {
  Shapes shapes;
  torch::Tensor get(const std::string& name, int rows, int cols, const ParamSpec&) {
    shapes[name] = {rows, cols};
    return {};
  }
};

Shapes shapes_of(const ModelSpec& spec) {
  ShapeNotes notes;
  const Model<TorchOps> model(Scope<ShapeNotes>(notes, ""), spec);
  return std::move(notes.shapes);
}

int find_group(const ModelSpec& spec, const std::string& name) {
  const auto at = std::find_if(spec.groups.begin(), spec.groups.end(),
                               [&](const GroupSpec& group) { return group.name == name; });
  return at == spec.groups.end() ? -1 : int(at - spec.groups.begin());
}

bool has_head(const ModelSpec& spec, const std::string& name) {
  return std::any_of(spec.heads.begin(), spec.heads.end(),
                     [&](const HeadSpec& head) { return head.name == name; });
}

// `spec` without the groups, modalities and heads that `file` lacks.
ModelSpec shared_part(const ModelSpec& spec, const ModelSpec& file) {
  ModelSpec part = spec;
  std::erase_if(part.groups,
                [&](const GroupSpec& group) { return find_group(file, group.name) < 0; });
  std::erase_if(part.modalities,
                [&](const ModalitySpec& m) { return file.find(std::string_view(m.name)) < 0; });
  for (ModalitySpec& m : part.modalities)
    m.group = find_group(part, spec.groups[size_t(m.group)].name);
  std::erase_if(part.heads, [&](const HeadSpec& head) {
    return !has_head(file, head.name) ||
           (!head.from.empty() && part.find(std::string_view(head.from)) < 0);
  });
  return part;
}

// What no tensor's shape shows: weights under another norm, rotation or activation are of another
// model.
Status check_settings(const ModelSpec& spec, const ModelSpec& file) {
  const auto settings = [](const ModelSpec& of) {
    Json all = Json::parse(model_spec_json(of));
    for (const char* own : {"name", "context", "groups", "modalities", "heads"}) all.erase(own);
    return all.flatten();  // {"/block/eps": 1e-6, ...}
  };
  const Json ours = settings(spec), theirs = settings(file);
  for (const auto& [path, value] : ours.items()) {
    const Json there = theirs.value(path, Json());
    if (there == value) continue;
    std::string name = "model" + path;
    std::replace(name.begin(), name.end(), '/', '.');
    return start_differs(name + " is " + value.dump() + "; in the file it is " + there.dump());
  }
  return {};
}

Status check_groups(const ModelSpec& spec, const ModelSpec& file) {
  for (const GroupSpec& group : file.groups)
    if (find_group(spec, group.name) < 0)
      return start_differs("the file has the group " + quote(group.name) + ", which [model] lacks");
  for (const ModalitySpec& m : file.modalities) {
    const int here = spec.find(std::string_view(m.name));
    if (here < 0)
      return start_differs("the file has the modality " + quote(m.name) + ", which [model] lacks");
    const ModalitySpec& same = spec.modalities[size_t(here)];
    if (same.stem != m.stem ||
        spec.groups[size_t(same.group)].name != file.groups[size_t(m.group)].name)
      return start_differs("the modality " + quote(m.name) +
                           " has another stem or group in the file");
  }
  for (const HeadSpec& head : file.heads)
    if (!has_head(spec, head.name))
      return start_differs("the file has the head " + quote(head.name) + ", which [model] lacks");
  for (const HeadSpec& head : file.heads)
    if (!has_head(spec, head.name))
      return start_differs("the file has the head " + quote(head.name) + ", which [model] lacks");
  return {};
}

}  // namespace

Error start_differs(const std::string& what) {
  return bad_input("run.start_from: " + what +
                   "; only groups, modalities and heads may be added to [model]");
}

Result<SharedParameters> SharedParameters::of(const ModelPackage& package, const ModelSpec& spec) {
  TUTTI_ASSIGN(const ModelSpec file, parse_model_spec(package.config_json));
  SharedParameters shared;
  TUTTI_CHECK(shared.compare(package, spec, file));
  return shared;
}

Status SharedParameters::compare(const ModelPackage& package, const ModelSpec& spec,
                                 const ModelSpec& file) {
  TUTTI_CHECK(check_groups(spec, file));
  TUTTI_CHECK(check_settings(spec, file));
  for (const GroupSpec& group : spec.groups) group_in_file_.push_back(find_group(file, group.name));
  groups_in_file_ = int(file.groups.size());
  shapes_ = shapes_of(shared_part(spec, file));
  const Shapes whole = shapes_of(spec);
  for (const auto& [name, shape] : shapes_) {
    const TensorView* tensor = package.file.find(name);
    if (!tensor) return start_differs("the file lacks " + quote(name));
    if (tensor->shape != std::vector<int64_t>(shape.begin(), shape.end()))
      return start_differs("the file's " + quote(name) + " has the shape " +
                           shape_text(tensor->shape) + "; [model] asks for " + shape_text(shape));
    if (!whole.contains(name))
      return start_differs("the file has " + quote(name) + ", which [model] lacks");
  }
  // Tables have more rows in a model of one more group.
  ModelSpec more = spec;
  more.groups.push_back({"one more", 16});
  const auto groups = int64_t(spec.groups.size());
  for (const auto& [name, shape] : shapes_of(more))
    if (const auto at = whole.find(name); at != whole.end() && at->second != shape)
      tables_[name] = shape[0] == groups + 1 ? Table::of_groups : Table::of_pairs;
  return {};
}

std::vector<int64_t> SharedParameters::rows_of(const std::string& name, int64_t count) const {
  std::vector<int64_t> rows(size_t(count), -1);
  if (!shapes_.contains(name)) return rows;
  const auto table = tables_.find(name);
  if (table == tables_.end()) {
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }
  if (table->second == Table::of_groups) return rows_of_groups();
  auto row = rows.begin();
  for (const int query : group_in_file_)
    for (const int key : group_in_file_)
      *row++ = query < 0 || key < 0 ? -1 : query * groups_in_file_ + key;
  return rows;
}

}  // namespace tutti
