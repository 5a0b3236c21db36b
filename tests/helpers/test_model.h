// Test helper: a model file of random weights, with a tokenizer that knows a few English words.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "format/package/save_model.h"
#include "format/text/tokenizer_trainer.h"
#include "model/model.h"
#include "model/spec/spec_json.h"
#include "runtime/ops/cpu_ops.h"
#include "tests/helpers/random_weights.h"
#include "tests/helpers/test_folder.h"

namespace tutti {

inline std::string tokenizer_bytes() {
  static const std::string bytes = [] {
    std::vector<std::string> sentences;
    for (int i = 0; i < 40; ++i)
      sentences.push_back("the quick brown fox number " + std::to_string(i) +
                          " jumps over a lazy dog and says h\u00e9llo w\u00f6rld again");
    return *train_tokenizer(sentences, 310);
  }();
  return bytes;
}

using ChangeWeight = std::function<void(const std::string& name, std::vector<float>& values)>;

// Writes a model of this process with every weight except `missing`, each as `change` leaves it.
inline std::string write_model(const std::string& name, const ModelSpec& config,
                               const std::string& missing = "", const ChangeWeight& change = {}) {
  std::vector<std::pair<TensorView, std::vector<float>>> weights;
  WeightSource source([&](const std::string& tensor, int rows, int cols) {
    auto values = weight_values(tensor, rows, cols);
    if (change) change(tensor, values);
    TensorView view{tensor, DType::f32, {rows, cols}, nullptr, values.size() * sizeof(float)};
    if (tensor != missing) weights.push_back({view, values});
    return Result<std::vector<float>>(std::move(values));
  });
  const Model<CpuOps> model(Scope(source, ""), config);
  std::vector<TensorView> tensors;
  for (auto& [view, values] : weights) {
    view.data = reinterpret_cast<const std::byte*>(values.data());
    tensors.push_back(view);
  }
  std::string path = own_file(name + ".safetensors");
  const std::string tokenizer = tokenizer_bytes();
  const Status saved = save_model(path, model_spec_json(config), "a test",
                                  std::as_bytes(std::span(tokenizer)), tensors, DType::f32);
  EXPECT_TRUE(saved) << saved.error().message();
  return path;
}

}  // namespace tutti
