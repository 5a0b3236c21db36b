#include "runtime/weights.h"

#include <algorithm>

namespace tutti {

CpuTensor WeightSource::get(const std::string& name, int rows, int cols, Init) {
  if (error_) return {};
  Result<std::vector<float>> values = read_(name, rows, cols);
  if (!values) {
    error_ = values.error();
    return {};
  }
  if (values->size() != size_t(rows) * size_t(cols)) {
    error_ = failed("weight " + name + " has " + std::to_string(values->size()) +
                    " values; expected " + std::to_string(rows) + " x " + std::to_string(cols));
    return {};
  }
  Result<AlignedFloats> memory = AlignedFloats::allocate(values->size());
  if (!memory) {
    error_ = memory.error().with_context("loading weight " + name);
    return {};
  }
  std::copy(values->begin(), values->end(), memory->data());
  storage_.push_back(*std::move(memory));
  bytes_ += values->size() * sizeof(float);
  return CpuTensor::view(storage_.back().data(), rows, cols);
}

}  // namespace tutti
