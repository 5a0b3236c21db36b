// The rows of a batch that run a routed layer, and what that layer must know about them alone.
//
// A row that passes a layer by still offers its keys and values to the others (that is how the
// model was trained), so only queries are selected.
#pragma once

#include <span>
#include <vector>

#include "model/layout.h"

namespace tutti {

struct RunningRows {
  std::vector<int32_t> rows;         // ascending, of the whole batch
  std::vector<int32_t> bounds;       // of the modality groups, within `rows`
  AttentionPlan plan;                // queries: places in `rows`; keys as in the whole
  std::vector<int32_t> noise_index;  // of the rows from first_noisy on
  int first_noisy = 0;               // place in `rows`

  // Selects the rows whose gate is not 0; all of them where `gates` is empty. all_noise is the
  // noise index of the rows from `noisy` on. Keeps the memory it has.
  void select(std::span<const float> gates, const AttentionPlan& all,
              std::span<const int32_t> all_bounds, std::span<const int32_t> all_noise, int noisy);

 private:
  void add(int32_t row, std::span<const int32_t> all_noise, int noisy);
  void select_queries(const AttentionPlan& all);

  std::vector<int32_t> place_;  // in `rows`, of every row; -1 if it does not run
};

}  // namespace tutti
