#include "model/running_rows.h"

namespace tutti {

void RunningRows::select(std::span<const float> gates, const AttentionPlan& all,
                         std::span<const int32_t> all_bounds, std::span<const int32_t> all_noise,
                         int noisy) {
  place_.assign(size_t(all_bounds.back()), -1);
  rows.clear();
  bounds.assign(1, 0);
  noise_index.clear();
  first_noisy = 0;
  for (size_t g = 0; g + 1 < all_bounds.size(); ++g) {
    for (int32_t row = all_bounds[g]; row < all_bounds[g + 1]; ++row)
      if (gates.empty() || gates[size_t(row)] != 0) add(row, all_noise, noisy);
    bounds.push_back(int32_t(rows.size()));
  }
  select_queries(all);
}

void RunningRows::add(int32_t row, std::span<const int32_t> all_noise, int noisy) {
  place_[row] = int32_t(rows.size());
  rows.push_back(row);
  if (all_noise.empty() || row < noisy)
    first_noisy = int(rows.size());
  else
    noise_index.push_back(all_noise[size_t(row - noisy)]);
}

void RunningRows::select_queries(const AttentionPlan& all) {
  plan.key_offsets = all.key_offsets;
  plan.key_rows = all.key_rows;
  plan.key_positions = all.key_positions;
  plan.key_groups = all.key_groups;
  plan.past = all.past;
  plan.oldest = all.oldest;
  plan.slots = all.slots;
  plan.query_offsets.assign(1, 0);
  plan.query_rows.clear();
  plan.query_positions.clear();
  plan.query_groups.clear();
  plan.first_key.clear();
  plan.last_key.clear();
  for (int s = 0; s < all.sequences(); ++s) {
    for (int i = all.query_offsets[s]; i < all.query_offsets[s + 1]; ++i) {
      const int32_t place = place_[all.query_rows[i]];
      if (place < 0) continue;
      plan.query_rows.push_back(place);
      plan.query_positions.push_back(all.query_positions[i]);
      plan.query_groups.push_back(all.query_groups[i]);
      plan.first_key.push_back(all.first_key[i]);
      plan.last_key.push_back(all.last_key[i]);
    }
    plan.query_offsets.push_back(int32_t(plan.query_rows.size()));
  }
}

}  // namespace tutti
