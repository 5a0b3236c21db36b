// What each product's inputs look like while a model works: a sample of rows by modality group, and
// their largest magnitude. Products show them to this observer (ProductObserver, cpu_ops.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {

struct SeenRows {
  long count = 0;           // rows seen
  float peak = 0;           // their largest magnitude
  std::vector<float> rows;  // a uniform sample of up to kMostRows, `cols` values each
};

struct SeenInputs {
  int cols = 0;
  // By modality group; one where the layer serves all alike.
  std::vector<SeenRows> groups = std::vector<SeenRows>(1);
};

class Activations : public ProductObserver {
 public:
  // Each group's sample, large enough for errors to within a few per cent of themselves.
  static constexpr int kMostRows = 96;

  void see(const Weight& weight, ConstMatrix inputs, RowIndex bounds) override;

  const std::map<std::string, SeenInputs>& by_weight() const { return seen_; }
  // The first layer whose input was NaN or infinite.
  const std::optional<std::string>& broken() const { return broken_; }

 private:
  void see_rows(SeenRows& rows, ConstMatrix inputs, int begin, int end);

  std::map<std::string, SeenInputs> seen_;
  std::optional<std::string> broken_;
  Rng rng_{1};
};

}  // namespace tutti
