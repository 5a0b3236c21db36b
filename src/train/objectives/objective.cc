#include "train/objectives/objective.h"

#include <algorithm>

namespace tutti {

using torch::Tensor;

Pass::Pass(TorchOps& ops, const Model<TorchOps>& model, const std::shared_ptr<const Batch>& held)
    : ops(ops), model(model), batch(*held) {
  ops.hold(held);
  if (batch.rows() || batch.images) out = model.forward(ops, batch);
}

const Tensor& Pass::once(const std::string& name, const Targets* of,
                         const std::function<Tensor()>& make) {
  const auto [at, fresh] = known_.try_emplace({name, of});
  if (fresh) at->second = make();
  return at->second;
}

Tensor Pass::floats(const std::vector<float>& values) const {
  return torch::from_blob(const_cast<float*>(values.data()), {int64_t(values.size())},
                          torch::kFloat)
      .clone()
      .to(ops.device());
}

Tensor Pass::longs(const std::vector<int32_t>& values) const {
  return torch::tensor(at::ArrayRef<int32_t>(values), torch::kInt).to(ops.device(), torch::kLong);
}

Tensor head_values(TorchOps& ops, const Model<TorchOps>& model, const Batch& batch,
                   const Tensor& x_ND, int modality) {
  if (modality < 0 || !batch.rows() || !batch.rows_of(modality)) return {};
  const Tensor rows =
      ops.rows(x_ND, batch.row_begin[size_t(modality)], batch.row_begin[size_t(modality) + 1]);
  return ops.linear(rows, model.heads.values[size_t(modality)]).to(torch::kFloat);
}

bool Whole::first() const {
  const auto has = [](const Targets* t) { return t != nullptr; };
  return size_t(std::find_if(targets.begin(), targets.end(), has) - targets.begin()) == mine;
}

Status Objective::open(const ModelSpec&, torch::Device, torch::ScalarType) {
  return {};
}
Status Objective::begin_weights(ParameterStore&, const ModelSpec&) {
  return {};
}
void Objective::before(int, const std::shared_ptr<Batch>&, Targets&) {}
void Objective::after(Pass&, Batch&, Targets&) {}
std::vector<Tensor> Objective::statistics(Pass&, const Targets&) const {
  return {};
}

}  // namespace tutti
