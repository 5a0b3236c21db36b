#include "engine/model_adapters.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/joined.h"
#include "base/quote.h"
#include "base/short_number.h"
#include "engine/model_names.h"

namespace tutti {
namespace {

using Products = std::map<std::string, const CpuTensor*>;

// The weights of the products that adapters reach, by name.
Products products_of(const Model<CpuOps>& model) {
  Products products;
  const auto add = [&](const Linear<CpuTensor>& w) { products.emplace(w.name, &w.weight); };
  for (const auto& layer : model.trunk.layers) {
    const Block<CpuOps>& block = layer.block;
    for (const auto* w : {&block.query, &block.key_value, &block.output}) add(*w);
    for (const auto& w : block.up) add(w);
    for (const auto& w : block.down) add(w);
  }
  return products;
}

Status check_adapter_name(const std::string& name) {
  if (check_model_name(name) && name.find(':') == name.npos) return {};
  return bad_input("an adapter cannot be called " + quote(name, 40) +
                   "; rename it to what a model may be called, without a colon");
}

}  // namespace

// Reads one manifest's list.
struct ModelAdapters::Reader {
  const ModelPackage& package;
  const Products products;
  const bool values;
  ModelAdapters adapters;
  std::set<std::string> used;  // tensors

  Status add(const Manifest::Adapter& entry) {
    const std::string who = "the adapter " + quote(entry.name, 40);
    TUTTI_CHECK(check_adapter_name(entry.name));
    const auto product = products.find(entry.target);
    if (product == products.end())
      return bad_input(
          who + " is for " + quote(entry.target) +
          ", which adapters do not reach; they go with the trunk's products, such as " +
          products.begin()->first);
    TUTTI_ASSIGN(LowRank<CpuTensor> pair, read_pair(entry, *product->second));
    if (!own(entry.name).emplace(entry.target, std::move(pair)).second)
      return bad_input(who + " has two pairs for " + quote(entry.target) + "; keep one");
    return {};
  }

 private:
  Pairs& own(const std::string& name) {
    const auto [place, fresh] = adapters.index_.emplace(name, int(adapters.names_.size()));
    if (!fresh) return adapters.pairs_[size_t(place->second)];
    adapters.names_.push_back(name);
    Pairs& pairs = adapters.pairs_.emplace_back();
    adapters.list_.push_back(&pairs);
    return pairs;
  }

  // Of y_NM = x_NK w_MK^T.
  Result<LowRank<CpuTensor>> read_pair(const Manifest::Adapter& entry, const CpuTensor& w) {
    const TensorView* const down = package.file.find(entry.down);  // a matrix: it was checked
    const int64_t rank = down ? down->shape[0] : 0;
    if (rank < 1 || rank > std::min(w.rows(), w.cols()))
      return bad_input("tensor " + quote(entry.down) + " has rank " + std::to_string(rank) +
                       "; a pair for a matrix of " + std::to_string(w.rows()) + " x " +
                       std::to_string(w.cols()) + " has 1 to " +
                       std::to_string(std::min(w.rows(), w.cols())));
    LowRank<CpuTensor> pair;
    TUTTI_ASSIGN(pair.down_RK, read_matrix(entry.down, int(rank), w.cols(), 1));
    TUTTI_ASSIGN(pair.up_MR, read_matrix(entry.up, w.rows(), int(rank), entry.scale));
    return pair;
  }

  // Each tensor once: else a small file could ask for any amount of memory.
  Result<CpuTensor> read_matrix(const std::string& name, int rows, int cols, double scale) {
    if (!used.insert(name).second)
      return bad_input("tensor " + quote(name) +
                       " is in two pairs of adapters; give each tensors of its own");
    std::vector<float> read;
    if (values) {
      TUTTI_ASSIGN(read, package.read_f32(name, {rows, cols}));
    }
    for (float& value : read) {
      value = float(scale * double(value));
      if (!std::isfinite(value))
        return bad_input("tensor " + quote(name) + " times its scale of " + short_number(scale) +
                         " is not finite; save the adapter again");
    }
    return rows < kPanelRows ? keep_floats(read, rows, cols) : keep_panels(name, read, rows, cols);
  }

  // As the model's own weights are kept (runtime/memory/weights.h): what has the 16 rows of a panel
  // is packed.
  Result<CpuTensor> keep_floats(const std::vector<float>& read, int rows, int cols) {
    adapters.bytes_ += size_t(rows) * size_t(cols) * sizeof(float);
    if (!values) return CpuTensor::view(nullptr, rows, cols);
    TUTTI_ASSIGN(AlignedFloats memory, AlignedFloats::allocate(read.size()));
    std::copy(read.begin(), read.end(), memory.data());
    adapters.memory_.floats.push_back(std::move(memory));
    return CpuTensor::view(adapters.memory_.floats.back().data(), rows, cols);
  }
  Result<CpuTensor> keep_panels(const std::string& name, const std::vector<float>& read, int rows,
                                int cols) {
    Weight& weight = adapters.memory_.matrices.emplace_back();
    weight.name = name;
    weight.packed = PackedWeights::shape_only(rows, cols, Precision::f32);
    if (values) {
      TUTTI_ASSIGN(weight.packed, PackedWeights::f32({read.data(), rows, cols, size_t(cols)}));
    }
    adapters.bytes_ += weight.packed.bytes();
    return CpuTensor::of_weight(weight, rows, cols);
  }
};

Result<ModelAdapters> ModelAdapters::read(const ModelPackage& package, const Model<CpuOps>& model,
                                          bool values) {
  Reader reader{package, products_of(model), values, {}, {}};
  for (const Manifest::Adapter& entry : package.manifest.adapters) TUTTI_CHECK(reader.add(entry));
  return std::move(reader.adapters);
}

int ModelAdapters::find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? -1 : found->second;
}

Result<int> ModelAdapters::named(const std::string& name, const std::string& model) const {
  const int index = find(name);
  if (index >= 0) return index;
  return usage_error("the model " + model + " has no adapter " + quote(name, 40) + "; it has " +
                     (names_.empty() ? "none" : joined(names_)));
}

std::span<const ModelAdapters::Pairs* const> ModelAdapters::of(const Batch& batch) const {
  const auto& rows = batch.row_adapters;
  if (std::all_of(rows.begin(), rows.end(), [](int32_t which) { return which < 0; })) return {};
  return list_;
}

ModelAdapters::Pairs ModelAdapters::widest() const {
  Pairs widest;
  for (const Pairs& pairs : pairs_)
    for (const auto& [target, pair] : pairs) {
      LowRank<CpuTensor>& kept = widest[target];
      if (pair.down_RK.rows() > kept.down_RK.rows()) kept = pair;
    }
  return widest;
}

}  // namespace tutti
