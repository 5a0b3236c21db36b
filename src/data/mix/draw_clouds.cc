#include "data/mix/draw_clouds.h"

#include "media/points/cloud_rows.h"

namespace tutti::draw {

void cloud(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const bool generated = rng.uniform() < pools.shares.generated_clouds;
  const LabelledCloud drawn = (generated ? pools.shape_clouds : pools.clouds).draw(rng);
  const bool captioned = rng.uniform() < pools.shares.captioned_clouds;
  const int pair = int(out.size());
  out.push_back(described(pools, rows_segment(cloud_rows(drawn.cloud, /*seed=*/0)), Task::caption,
                          captioned ? token_caption : token_name, "en",
                          ids(pools, captioned ? drawn.caption : drawn.name)));
  out.back().pair = pair;
  // Always by its name: two texts for one thing would be each other's negatives.
  out.push_back(text_alone(ids(pools, drawn.name), pair));
}

}  // namespace tutti::draw
