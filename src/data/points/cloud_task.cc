#include "data/points/cloud_task.h"

#include <algorithm>
#include <map>

#include "data/points/change_cloud.h"
#include "data/points/shape_cloud.h"
#include "data/split.h"
#include "media/points/point_patches.h"

namespace tutti {
namespace {

constexpr int kHeldOutShapes = 1500;
constexpr int kViews = 4;
constexpr double kStretch = 0.15;

std::vector<SpacePoint> points_of(const CloudRecord& record) {
  std::vector<SpacePoint> points(record.xyz.size() / 3);
  for (size_t i = 0; i < points.size(); ++i)
    for (size_t k = 0; k < 3; ++k) points[i][k] = record.xyz[3 * i + k];
  return points;
}

std::string with_article(const std::string& name) {
  const bool vowel = !name.empty() && std::string_view("aeiou").find(name[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + name;
}

}  // namespace

CloudTask CloudTask::shapes() {
  CloudTask task;
  task.names_ = shape_names(Split::train);
  return task;
}

CloudTask CloudTask::models(std::vector<CloudRecord> records, int fewest) {
  std::map<std::string, std::vector<size_t>> kinds;
  for (size_t i = 0; i < records.size(); ++i)
    if (records[i].split == Split::train) kinds[records[i].label].push_back(i);
  CloudTask task;
  for (auto& [name, places] : kinds) {
    if (int(places.size()) < fewest) continue;
    task.names_.push_back(name);
    task.taught_.push_back(std::move(places));
  }
  task.records_ = std::move(records);
  return task;
}

int CloudTask::label_of(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? -1 : int(found - names_.begin());
}

LabelledCloud CloudTask::shape(Rng& rng) const {
  const CloudExample example = make_shape_cloud(Split::train, rng);
  return {fit_cloud(example.xyz, rng.next()), label_of(example.name), example.name, example.caption,
          "shapes"};
}

LabelledCloud CloudTask::view(const CloudRecord& record, Rng& rng) const {
  std::vector<SpacePoint> points = turn_cloud(points_of(record), CloudTurn::upright, rng);
  stretch_cloud(points, kStretch, rng);
  wear_cloud(points, rng);
  return {fit_cloud(cloud_values(points), rng.next()), label_of(record.label), record.label,
          with_article(record.name), record.source};
}

LabelledCloud CloudTask::draw(uint64_t seed, int step, int i) const {
  Rng rng(stable_hash("draw/" + std::to_string(seed) + "/" + std::to_string(step) + "/" +
                      std::to_string(i)));
  return draw(rng);
}

LabelledCloud CloudTask::draw(Rng& rng) const {
  if (taught_.empty()) return shape(rng);
  const std::vector<size_t>& places = taught_[size_t(rng.below(int(taught_.size())))];
  return view(records_[places[size_t(rng.below(int(places.size())))]], rng);
}

std::vector<LabelledCloud> CloudTask::held_out() const {
  std::vector<LabelledCloud> clouds;
  for (int i = 0; taught_.empty() && i < kHeldOutShapes; ++i) {
    Rng rng(stable_hash("held out/" + std::to_string(i)));
    clouds.push_back(shape(rng));
  }
  for (const CloudRecord& record : records_) {
    if (record.split != Split::eval || label_of(record.label) < 0) continue;
    for (int side = 0; side < kViews; ++side) {
      Rng rng(stable_hash("held out/" + record.key + "/" + std::to_string(side)));
      clouds.push_back(view(record, rng));
    }
  }
  return clouds;
}

}  // namespace tutti
