// The trained tensors, by name, with their moving average. Also the ParameterSource that makes
// them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/package/model_package.h"
#include "model/config.h"
#include "model/params.h"
#include "train/torch.h"

namespace tutti {

// Deterministic: each tensor's initial values depend on the seed and its name alone.
class Weights {
 public:
  Weights(uint64_t seed, torch::Device device) : seed_(seed), device_(device) {}

  // ParameterSource: a leaf tensor, FP32, rows x cols; matrix(): of a product or a token table.
  torch::Tensor get(const std::string& name, int rows, int cols, Init init);
  torch::Tensor matrix(const std::string& name, int rows, int cols, Init init);

  struct Entry {
    std::string name;
    torch::Tensor value;    // master; requires grad unless it is to stay
    torch::Tensor average;  // exponential moving average of the master
    bool matrix = false;    // rather than a gain or a bias
  };
  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }
  int64_t parameters() const;

  // Only weights whose name holds one of these parts are trained from now on; the others stay as
  // they are. False: some part is in no name.
  bool train_only(const std::vector<std::string>& parts);

  // average <- decay * average + (1 - decay) * value
  void update_average(double decay);

  // Takes over values (masters and averages) from a model file of the same shape.
  Status load(const ModelPackage& package);
  // Writes the averages as a model file.
  Status save(const std::string& path, const ModelConfig& config, const std::string& card,
              std::span<const std::byte> tokenizer, DType dtype) const;

 private:
  uint64_t seed_;
  torch::Device device_;
  std::vector<Entry> entries_;
};

}  // namespace tutti
