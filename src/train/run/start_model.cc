#include "train/run/start_model.h"

#include <algorithm>
#include <numeric>

#include "base/quote.h"
#include "base/rounding.h"
#include "format/number_formats.h"

namespace tutti {
namespace {

template <class Value>
std::vector<std::byte> bytes_of(std::span<const Value> values) {
  const auto bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

bool belongs_to(const std::string& tensor, const std::string& parameter) {
  return tensor == parameter || tensor == parameter + ".scale" ||
         tensor == parameter + ".input_scale";
}

}  // namespace

Result<StartModel> StartModel::open(const std::string& path, const ModelSpec& spec) {
  TUTTI_ASSIGN(ModelPackage package, ModelPackage::open(path));
  auto shared = SharedParameters::of(package, spec);
  if (!shared) return shared.error().with_context(path);
  return StartModel(path, std::move(package), *std::move(shared));
}

std::vector<int64_t> StartModel::rows_of(const Parameter& parameter) const {
  return shared_.rows_of(parameter.name, parameter.whole[0]);
}

Result<std::vector<float>> StartModel::values_of(const std::string& name) const {
  const auto& shape = shared_.shapes().at(name);
  auto values = package_.read_f32(name, {shape[0], shape[1]});
  if (!values) return values.error().with_context("run.start_from: " + path_);
  return values;
}

Status StartModel::load(ParameterStore& store) const {
  torch::NoGradGuard no_grad;
  for (Parameter& parameter : store.parameters()) {
    if (!shared_.shapes().contains(parameter.name)) continue;
    const std::vector<int64_t> rows = rows_of(parameter);
    TUTTI_ASSIGN(std::vector<float> values, values_of(parameter.name));
    const auto& shape = shared_.shapes().at(parameter.name);
    const torch::Tensor file = torch::from_blob(values.data(), {shape[0], shape[1]}, torch::kFloat);
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i] >= 0) parameter.value[int64_t(i)].copy_(file[rows[i]]);
    parameter.average.copy_(parameter.value);
  }
  return {};
}

Status StartModel::check_kept(const ParameterStore& store) const {
  for (const Parameter& parameter : store.parameters()) {
    if (trained_.contains(parameter.name)) continue;
    const std::vector<int64_t> rows = rows_of(parameter);
    TUTTI_ASSIGN(std::vector<float> values, values_of(parameter.name));
    const auto& shape = shared_.shapes().at(parameter.name);
    const torch::Tensor file = torch::from_blob(values.data(), {shape[0], shape[1]}, torch::kFloat);
    const torch::Tensor mine = parameter.value.detach().to(torch::kCPU);
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i] >= 0 && !mine[int64_t(i)].equal(file[rows[i]]))
        return bad_input("run.start_from: " + path_ +
                         " is not the file that this run began with: " + quote(parameter.name) +
                         " differs; train into another run.output");
  }
  return {};
}

bool StartModel::train_only(ParameterStore& store, const std::vector<std::string>& parts) {
  if (!store.train_only(parts)) return false;
  for (Parameter& parameter : store.parameters()) {
    const std::vector<int64_t> rows = rows_of(parameter);
    const auto fresh = std::count(rows.begin(), rows.end(), -1);
    if (parameter.value.requires_grad() || fresh == int64_t(rows.size())) {
      trained_.insert(parameter.name);
      parameter.value.set_requires_grad(true);
    } else if (fresh > 0) {
      torch::Tensor learns = torch::zeros({int64_t(rows.size()), 1});
      for (size_t i = 0; i < rows.size(); ++i) learns[int64_t(i)] = rows[i] < 0 ? 1.0f : 0.0f;
      learns = learns.to(parameter.value.device());
      parameter.value.set_requires_grad(true);
      parameter.value.register_hook(
          [learns](const torch::Tensor& gradient) { return gradient * learns; });
    }
  }
  return true;
}

Result<KeptParts> StartModel::kept(const ParameterStore& store) {
  bytes_.clear();
  KeptParts kept = kept_parts(package_);
  for (const TensorView& tensor : package_.file.tensors()) {
    const bool dropped = tensor.name == package_.manifest.tokenizer.tensor ||
                         std::any_of(trained_.begin(), trained_.end(), [&](const auto& name) {
                           return belongs_to(tensor.name, name);
                         });
    if (!dropped) kept.tensors.push_back(tensor);
  }
  for (const Parameter& parameter : store.parameters()) {
    if (trained_.contains(parameter.name)) continue;
    const std::vector<int64_t> rows = rows_of(parameter);
    std::vector<int64_t> in_order(size_t(shared_.shapes().at(parameter.name)[0]));
    std::iota(in_order.begin(), in_order.end(), 0);
    if (rows != in_order) TUTTI_CHECK(grow(parameter, rows, kept.tensors));
  }
  for (TensorView& tensor : kept.tensors) grow_input_scale(tensor);
  return kept;
}

TensorView* StartModel::find(std::vector<TensorView>& tensors, const std::string& name) {
  const auto at = std::find_if(tensors.begin(), tensors.end(),
                               [&](const TensorView& tensor) { return tensor.name == name; });
  return at == tensors.end() ? nullptr : &*at;
}

// `stored`: the whole table in the file's type, of which the rows that the file has are the file's.
void StartModel::replace(TensorView& tensor, std::vector<std::byte> stored,
                         const std::vector<int64_t>& rows) {
  const size_t row = stored.size() / rows.size();
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i] >= 0)
      std::copy_n(tensor.data + size_t(rows[i]) * row, row, stored.data() + i * row);
  bytes_.push_back(std::move(stored));
  tensor.shape[0] = int64_t(rows.size());
  tensor.data = bytes_.back().data();
  tensor.bytes = bytes_.back().size();
}

Status StartModel::grow(const Parameter& parameter, const std::vector<int64_t>& rows,
                        std::vector<TensorView>& tensors) {
  const torch::Tensor now = parameter.average.to(torch::kCPU).contiguous();
  const std::span<const float> values(now.data_ptr<float>(), size_t(now.numel()));
  TensorView& tensor = *find(tensors, parameter.name);
  if (tensor.dtype == DType::f32) {
    replace(tensor, bytes_of(values), rows);
  } else if (tensor.dtype == DType::bf16) {
    std::vector<uint16_t> halves(values.size());
    std::transform(values.begin(), values.end(), halves.begin(), to_bf16);
    replace(tensor, bytes_of(std::span<const uint16_t>(halves)), rows);
  } else if (TensorView* scales = find(tensors, parameter.name + std::string(scale_suffix));
             tensor.dtype == DType::i8 && scales) {
    const Int8Rows table = quantize_rows(values, rows.size(), size_t(parameter.whole[1]));
    replace(tensor, bytes_of(std::span<const int8_t>(table.values)), rows);
    replace(*scales, bytes_of(std::span<const float>(table.scales)), rows);
  } else {
    return start_differs("the table " + quote(parameter.name) + " is stored as " +
                         std::string(dtype_name(tensor.dtype)) +
                         ", to which no rows are added; store it as F32, BF16 or I8");
  }
  return {};
}

// One scale for each group; a new group's is 0: each row has one of its own.
void StartModel::grow_input_scale(TensorView& tensor) {
  if (!tensor.name.ends_with(".input_scale") ||
      tensor.shape != std::vector<int64_t>{shared_.groups_in_file()})
    return;
  if (shared_.groups_in_file() == 1) return;  // of all groups
  const std::vector<int64_t> rows = shared_.rows_of_groups();
  const std::vector<float> none(rows.size());
  replace(tensor, bytes_of(std::span<const float>(none)), rows);
}

}  // namespace tutti
