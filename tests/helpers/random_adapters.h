// Test helper: low-rank adapters of random values, put into a model file that is there already.
#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "format/package/save_model.h"

namespace tutti {

// One entry of a manifest's list, with its tensors.
struct AdapterPair {
  Manifest::Adapter entry;
  std::vector<int64_t> down_shape, up_shape;
  std::vector<float> down, up;
};

// A pair for each product of the trunk; `size` is the deviation of what `up` holds.
inline std::vector<AdapterPair> random_pairs(const ModelPackage& package, const std::string& name,
                                             int rank, double size) {
  std::vector<AdapterPair> pairs;
  for (const TensorView& tensor : package.file.tensors()) {
    const std::string last = tensor.name.substr(tensor.name.rfind('.') + 1);
    const bool product = last == "query" || last == "key_value" || last == "output" ||
                         last.starts_with("up") || last.starts_with("down");
    if (!tensor.name.starts_with("trunk.layer_") || !product || tensor.shape.size() != 2) continue;
    const std::string at = "adapters." + name + "." + tensor.name;
    AdapterPair pair{{name, tensor.name, at + ".down", at + ".up", 0.5},
                     {rank, tensor.shape[1]},
                     {tensor.shape[0], rank},
                     {},
                     {}};
    Rng rng(std::hash<std::string>()(at));
    for (int64_t i = 0; i < rank * tensor.shape[1]; ++i) pair.down.push_back(float(rng.normal()));
    for (int64_t i = 0; i < rank * tensor.shape[0]; ++i)
      pair.up.push_back(float(size * rng.normal()));
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

// Writes the file anew with these beside those that it has.
inline Status add_pairs(const std::string& path, const std::vector<AdapterPair>& pairs) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path, Hold::copied));
  KeptParts kept = kept_parts(package);
  std::vector<TensorView> tensors;
  for (const TensorView& tensor : package.file.tensors())
    if (tensor.name != package.manifest.tokenizer.tensor) tensors.push_back(tensor);
  const auto add = [&](const std::string& name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
    tensors.push_back({name, DType::f32, shape, reinterpret_cast<const std::byte*>(values.data()),
                       values.size() * sizeof(float)});
  };
  for (const AdapterPair& pair : pairs) {
    kept.manifest.adapters.push_back(pair.entry);
    if (!pair.down.empty()) add(pair.entry.down, pair.down_shape, pair.down);
    if (!pair.up.empty()) add(pair.entry.up, pair.up_shape, pair.up);
  }
  return save_model(path, package.config_json, package.card, package.tokenizer, tensors, DType::f32,
                    kept);
}

// Random adapters that change what the model says; each reaches the whole trunk.
inline Status add_adapters(const std::string& path, const std::vector<std::string>& names,
                           double size = 0.3) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path, Hold::copied));
  std::vector<AdapterPair> all;
  for (const std::string& name : names)
    for (AdapterPair& pair : random_pairs(package, name, 3 + int(name.size()), size))
      all.push_back(std::move(pair));
  return add_pairs(path, all);
}

}  // namespace tutti
