#include "train/weights.h"

#include <functional>
#include <set>

#include "base/rng.h"

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

}  // namespace

torch::Tensor Weights::get(const std::string& name, int rows, int cols, Init init) {
  torch::Tensor value = initial(name, rows, cols, init, seed_).to(device_).set_requires_grad(true);
  entries_.push_back({name, value, value.detach().clone()});
  return value;
}

torch::Tensor Weights::matrix(const std::string& name, int rows, int cols, Init init) {
  torch::Tensor value = get(name, rows, cols, init);
  entries_.back().matrix = true;
  return value;
}

int64_t Weights::parameters() const {
  int64_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.value.numel();
  return sum;
}

bool Weights::train_only(const std::vector<std::string>& parts) {
  std::set<std::string> found;
  for (Entry& entry : entries_) {
    bool trained = false;
    for (const std::string& part : parts)
      if (entry.name.find(part) != std::string::npos) {
        trained = true;
        found.insert(part);
      }
    entry.value.set_requires_grad(trained);
  }
  return found.size() == std::set<std::string>(parts.begin(), parts.end()).size();
}

void Weights::update_average(double decay) {
  torch::NoGradGuard no_grad;
  for (Entry& entry : entries_) entry.average.lerp_(entry.value, 1.0 - decay);
}

Status Weights::load(const ModelPackage& package) {
  torch::NoGradGuard no_grad;
  for (Entry& entry : entries_) {
    TUTTI_ASSIGN(std::vector<float> values,
                 package.read_f32(entry.name, {entry.value.size(0), entry.value.size(1)}));
    entry.value.copy_(torch::from_blob(values.data(), entry.value.sizes(), torch::kFloat));
    entry.average.copy_(entry.value);
  }
  return {};
}

Status Weights::save(const std::string& path, const ModelConfig& config, const std::string& card,
                     std::span<const std::byte> tokenizer, DType dtype) const {
  std::vector<torch::Tensor> host;
  std::vector<TensorView> views;
  for (const Entry& entry : entries_) {
    host.push_back(entry.average.to(torch::kCPU).contiguous());
    views.push_back({entry.name,
                     DType::f32,
                     {entry.average.size(0), entry.average.size(1)},
                     static_cast<const std::byte*>(host.back().data_ptr()),
                     size_t(host.back().numel()) * sizeof(float)});
  }
  return save_model(path, model_config_json(config), card, tokenizer, std::move(views), dtype);
}

}  // namespace tutti
