#include "train/backend/parameter_store.h"

#include <cassert>
#include <set>

#include "base/rng.h"
#include "model/spec/spec_json.h"

namespace tutti {
namespace {

// FNV-1a: stable across machines, unlike std::hash.
uint64_t hash_name(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : name) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

torch::Tensor initial(const std::string& name, int rows, int cols, Init init, uint64_t seed) {
  if (init.kind == Init::Kind::zeros) return torch::zeros({rows, cols});
  if (init.kind == Init::Kind::ones) return torch::ones({rows, cols});
  torch::Tensor values = torch::empty({rows, cols});
  Rng rng(seed ^ hash_name(name));
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = float(rng.normal()) * init.stddev;
  return values;
}

// The regions of a parameter that `placement` holds; empty: it does not divide.
std::vector<Region> regions_of(int rows, int cols, const Layout& layout, Placement placement) {
  const Region all{{0, 0}, {rows, cols}};
  if (placement.ranks == 1 || layout.shard == Axis::none) return {all};
  const bool by_rows = layout.shard == Axis::rows;
  const size_t axis = by_rows ? 0 : 1;
  const int parts = by_rows ? layout.row_parts : layout.col_parts;
  const int64_t length = all.size[axis], piece = length / (int64_t(parts) * placement.ranks);
  if (piece * parts * placement.ranks != length) return {};
  std::vector<Region> regions(size_t(parts), all);
  for (int part = 0; part < parts; ++part) {
    regions[size_t(part)].first[axis] = part * (length / parts) + placement.rank * piece;
    regions[size_t(part)].size[axis] = piece;
  }
  return regions;
}

torch::Tensor piece_of(const torch::Tensor& whole, const std::vector<Region>& regions, Axis axis) {
  std::vector<torch::Tensor> parts;
  for (const Region& b : regions)
    parts.push_back(whole.narrow(0, b.first[0], b.size[0]).narrow(1, b.first[1], b.size[1]));
  return torch::cat(parts, axis == Axis::cols ? 1 : 0);
}

}  // namespace

torch::Tensor Parameter::region(const torch::Tensor& piece, size_t b) const {
  const int64_t axis = spec.layout.shard == Axis::cols ? 1 : 0;
  const int64_t length = regions[b].size[size_t(axis)];
  return piece.narrow(axis, int64_t(b) * length, length);
}

torch::Tensor ParameterStore::get(const std::string& name, int rows, int cols,
                                  const ParamSpec& spec) {
  std::vector<Region> regions = regions_of(rows, cols, spec.layout, placement_);
  if (regions.empty()) {
    if (indivisible_.empty()) indivisible_ = name;
    regions = {{{0, 0}, {rows, cols}}};
  }
  torch::Tensor value = initial(name, rows, cols, spec.init, seed_);
  if (value.size(0) != regions[0].size[0] || value.size(1) != regions[0].size[1])
    value = piece_of(value, regions, spec.layout.shard);
  value = value.to(device_).set_requires_grad(true);
  parameters_.push_back(
      {name, spec, {rows, cols}, std::move(regions), value, value.detach().clone(), {}});
  return value;
}

Status ParameterStore::check_placement() const {
  if (indivisible_.empty()) return {};
  return bad_input("\"" + indivisible_ + "\" does not divide into " +
                   std::to_string(placement_.ranks) +
                   " equal pieces; use a number that divides the model's sizes");
}

int64_t ParameterStore::values() const {
  int64_t sum = 0;
  for (const Parameter& parameter : parameters_) sum += parameter.value.numel();
  return sum;
}

bool ParameterStore::train_only(const std::vector<std::string>& parts) {
  std::set<std::string> found;
  for (Parameter& parameter : parameters_) {
    bool trained = false;
    for (const std::string& part : parts)
      if (parameter.name.find(part) != std::string::npos) {
        trained = true;
        found.insert(part);
      }
    parameter.value.set_requires_grad(trained);
  }
  return found.size() == std::set<std::string>(parts.begin(), parts.end()).size();
}

void ParameterStore::update_average(double decay) {
  torch::NoGradGuard no_grad;
  for (Parameter& parameter : parameters_) parameter.average.lerp_(parameter.value, 1.0 - decay);
}

Status ParameterStore::load(const ModelPackage& package) {
  assert(placement_.ranks == 1);
  torch::NoGradGuard no_grad;
  for (Parameter& parameter : parameters_) {
    TUTTI_ASSIGN(
        std::vector<float> values,
        package.read_f32(parameter.name, {parameter.value.size(0), parameter.value.size(1)}));
    parameter.value.copy_(torch::from_blob(values.data(), parameter.value.sizes(), torch::kFloat));
    parameter.average.copy_(parameter.value);
  }
  return {};
}

Status ParameterStore::save(const std::string& path, const ModelSpec& config,
                            const std::string& card, std::span<const std::byte> tokenizer,
                            DType dtype, const KeptParts& kept) const {
  assert(placement_.ranks == 1);
  std::set<std::string_view> stay;
  for (const TensorView& tensor : kept.tensors) stay.insert(tensor.name);
  std::vector<torch::Tensor> host;
  std::vector<TensorView> views;
  for (const Parameter& parameter : parameters_) {
    if (stay.contains(parameter.name)) continue;
    host.push_back(parameter.average.to(torch::kCPU).contiguous());
    views.push_back({parameter.name,
                     DType::f32,
                     {parameter.average.size(0), parameter.average.size(1)},
                     static_cast<const std::byte*>(host.back().data_ptr()),
                     size_t(host.back().numel()) * sizeof(float)});
  }
  return save_model(path, model_spec_json(config), card, tokenizer, std::move(views), dtype, kept);
}

}  // namespace tutti
