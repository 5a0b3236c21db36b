#include "train/teacher.h"

namespace tutti {

Result<std::unique_ptr<Teacher>> Teacher::open(const std::string& path, torch::Device device,
                                               torch::ScalarType compute) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  TUTTI_ASSIGN(const ModelConfig config, parse_model_config(package.config_json));
  auto teacher = std::make_unique<Teacher>(config, device, compute);
  TUTTI_CHECK(teacher->weights.load(package));
  return teacher;
}

torch::Tensor head_values(TorchOps& ops, const Batch& batch, const torch::Tensor& x_ND, Kind kind,
                          const torch::Tensor& head) {
  const int begin = batch.kind_begin[int(kind)], end = batch.kind_begin[int(kind) + 1];
  if (begin == end) return {};
  return ops.linear(ops.rows(x_ND, begin, end), head).to(torch::kFloat);
}

}  // namespace tutti
