// What a classifier of clouds is taught and asked, so that every one of them (the model, a PointNet
// beside it) sees the same clouds.
//
//   const CloudTask task = CloudTask::shapes();
//   const LabelledCloud example = task.draw(seed, step, i);
//   task.names()[size_t(example.label)];   // "cone on box"
//
// Thread-safety: immutable; draw() only reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "data/points/cloud_example.h"
#include "data/records.h"

namespace tutti {

struct LabelledCloud {
  std::vector<float> cloud;  // kCloudPoints x 3, of fit_cloud
  int label = 0;             // into names()
  std::string name;          // "cone on box", "chair"
  std::string caption;       // "a cone on a box", "a folding chair"
  std::string source;        // "shapes", "sweethome_points", "voxels"
};

// Training records that a kind of thing needs, to be among the names of models.
inline constexpr int kFewestModels = 8;

class CloudTask {
 public:
  CloudTask() = default;  // of nothing
  // Generated bodies and pairs of bodies: the names of the training split.
  static CloudTask shapes();
  // Kinds of things that at least `fewest` training records are of. Names are drawn equally often.
  static CloudTask models(std::vector<CloudRecord> records, int fewest);

  const std::vector<std::string>& names() const { return names_; }

  LabelledCloud draw(Rng& rng) const;
  // The i-th example of a training step. A pure function of its arguments.
  LabelledCloud draw(uint64_t seed, int step, int i) const;

  // Always the same: 1,500 shapes that no seed of draw() makes; or each held-out record as it is
  // seen from four sides.
  std::vector<LabelledCloud> held_out() const;

 private:
  LabelledCloud shape(Rng& rng) const;
  LabelledCloud view(const CloudRecord& record, Rng& rng) const;
  int label_of(const std::string& name) const;

  std::vector<std::string> names_;
  std::vector<CloudRecord> records_;
  std::vector<std::vector<size_t>> taught_;  // of each name, places in records_; empty: shapes
};

}  // namespace tutti
