// Where the runtime's Model gets its weights: FP32 tensors, read once when the model is loaded.
//
//   WeightSource source([&](const std::string& name, int rows, int cols) {
//     return package.read_f32(name, {rows, cols});
//   });
//   Model<CpuOps> model(Scope(source, ""), config);
//   TUTTI_CHECK(source.status());
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/params.h"
#include "runtime/tensor.h"

namespace tutti {

// A ParameterSource. Tensors that it hands out live as long as take() keeps their storage.
class WeightSource {
 public:
  using Read =
      std::function<Result<std::vector<float>>(const std::string& name, int rows, int cols)>;

  explicit WeightSource(Read read) : read_(std::move(read)) {}

  // After the first error all tensors are empty; status() tells.
  CpuTensor get(const std::string& name, int rows, int cols, Init);

  Status status() const { return error_ ? Status(*error_) : Status(); }
  size_t bytes() const { return bytes_; }
  std::vector<AlignedFloats> take() { return std::move(storage_); }

 private:
  Read read_;
  std::vector<AlignedFloats> storage_;
  std::optional<Error> error_;
  size_t bytes_ = 0;
};

}  // namespace tutti
