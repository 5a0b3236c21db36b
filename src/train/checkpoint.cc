#include "train/checkpoint.h"

#include <charconv>
#include <limits>

#include "base/quote.h"
#include "format/safetensors.h"

namespace tutti {
namespace {

struct Named {
  std::string name;
  torch::Tensor tensor;
};

std::vector<Named> all_tensors(const Weights& weights, const Optimizer& optimizer) {
  std::vector<Named> all;
  for (const auto& entry : weights.entries()) {
    all.push_back({"weight." + entry.name, entry.value.detach()});
    all.push_back({"average." + entry.name, entry.average});
  }
  for (const auto& state : optimizer.state()) all.push_back({state.name, state.value});
  return all;
}

DType file_type(const torch::Tensor& t) {
  return t.scalar_type() == torch::kLong ? DType::i64 : DType::f32;
}

// The whole text, as the number of steps done.
std::optional<int> steps_of(const std::string& text) {
  int steps = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), steps);
  if (problem != std::errc() || end != text.data() + text.size() || steps < 0) return std::nullopt;
  return steps;
}

// A stranger's numbers could end the run later, with NaN or a division by nothing.
Status check_values(const std::string& path, const TensorView& view) {
  if (view.dtype == DType::f32) {
    const Status finite = validate_finite(view);
    if (!finite) return finite.error().with_context(path);
    return {};
  }
  for (size_t i = 0; i + sizeof(int64_t) <= view.bytes; i += sizeof(int64_t)) {
    int64_t value = 0;
    std::memcpy(&value, view.data + i, sizeof value);
    if (value < 0 || value > std::numeric_limits<int>::max())
      return bad_input(path + ": \"" + view.name + "\" is " + std::to_string(value) +
                       "; expected a number of steps");
  }
  return {};
}

}  // namespace

Status save_checkpoint(const std::string& path, int step, const Weights& weights,
                       const Optimizer& optimizer) {
  std::vector<Named> all = all_tensors(weights, optimizer);
  std::vector<TensorView> views;
  for (Named& named : all) {
    named.tensor = named.tensor.to(torch::kCPU).contiguous();
    views.push_back({named.name, file_type(named.tensor), named.tensor.sizes().vec(),
                     static_cast<const std::byte*>(named.tensor.data_ptr()),
                     named.tensor.nbytes()});
  }
  return write_safetensors(path, {{"tutti.step", std::to_string(step)}}, views);
}

Result<int> load_checkpoint(const std::string& path, Weights& weights, Optimizer& optimizer) {
  TUTTI_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  const std::vector<Named> all = all_tensors(weights, optimizer);
  for (const Named& named : all) {
    const TensorView* view = file.find(named.name);
    if (!view || view->dtype != file_type(named.tensor) ||
        view->shape != named.tensor.sizes().vec())
      return bad_input(
          path + ": tensor \"" + named.name +
          "\" is missing or of another shape than the recipe's model; train into another "
          "run.output, or delete this checkpoint");
    TUTTI_CHECK(check_values(path, *view));
  }
  const auto step = file.metadata().find("tutti.step");
  if (step == file.metadata().end())
    return bad_input(path + ": no step is noted; not a checkpoint");
  const auto steps = steps_of(step->second);
  if (!steps)
    return bad_input(path + ": tutti.step is " + quote(step->second) +
                     "; expected the number of steps done; delete this checkpoint");
  torch::NoGradGuard no_grad;
  for (const Named& named : all) {
    const TensorView* view = file.find(named.name);
    torch::Tensor target = named.tensor;
    target.copy_(torch::from_blob(const_cast<std::byte*>(view->data), named.tensor.sizes(),
                                  torch::TensorOptions(named.tensor.scalar_type())));
  }
  return *steps;
}

}  // namespace tutti
