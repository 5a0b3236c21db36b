#include "eval/tasks/cloud_tasks.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/points/cloud_task.h"
#include "eval/metrics/interval.h"
#include "media/points/cloud_rows.h"

namespace tutti {
namespace {

using Embeddings = std::vector<std::vector<float>>;

// Evenly of all that is held out, which is listed thing by thing.
std::vector<LabelledCloud> asked_clouds(const TaskContext& context, const CloudTask& task) {
  const std::vector<LabelledCloud> all = task.held_out();
  const size_t count = context.limited(all.size());
  std::vector<LabelledCloud> asked;
  for (size_t i = 0; i < count; ++i) asked.push_back(all[i * all.size() / count]);
  return asked;
}

Part part_of(const LabelledCloud& cloud) {
  return Part::of_rows(cloud_rows(cloud.cloud, /*seed=*/0));
}

size_t nearest(const std::vector<float>& query, const Embeddings& candidates) {
  const auto cosine = [&](const std::vector<float>& other) {
    double sum = 0;
    for (size_t i = 0; i < query.size(); ++i) sum += double(query[i]) * double(other[i]);
    return sum;
  };
  size_t best = 0;
  for (size_t i = 1; i < candidates.size(); ++i)
    if (cosine(candidates[i]) > cosine(candidates[best])) best = i;
  return best;
}

// The likeliest of the names after the naming prompt.
Status score_names(TaskContext& context, const std::string& task, const CloudTask& taught,
                   const std::vector<LabelledCloud>& clouds) {
  TextOptions options;
  options.task = TextOptions::Task::name;
  std::map<std::string, std::pair<int, int>> by_source;  // right, asked
  int right = 0;
  for (const LabelledCloud& cloud : clouds) {
    TUTTI_ASSIGN(const auto likelihood,
                 context.engine.score({part_of(cloud)}, taught.names(), options));
    const auto best = std::max_element(likelihood.begin(), likelihood.end()) - likelihood.begin();
    right += best == cloud.label;
    by_source[cloud.source].first += best == cloud.label;
    ++by_source[cloud.source].second;
  }
  const Interval interval = wilson_interval(right, int(clouds.size()));
  std::map<std::string, double> details = {{"low_95", interval.low}, {"high_95", interval.high}};
  for (const auto& [source, counts] : by_source)
    details[source] = double(counts.first) / counts.second;
  const double n = double(clouds.size());
  context.report.results.push_back({task, right / n, long(n), 1.0 / double(taught.names().size()),
                                    std::nullopt, false, details});
  return {};
}

// The name nearest in the space that all modalities share; and back, the cloud nearest to a name.
Status embed_names(TaskContext& context, const std::string& task, const CloudTask& taught,
                   const std::vector<LabelledCloud>& clouds) {
  Embeddings names, seen;
  for (const std::string& name : taught.names()) {
    TUTTI_ASSIGN(std::vector<float> one, context.engine.embed(Part::of_text(name)));
    names.push_back(std::move(one));
  }
  std::set<int> asked;
  int right = 0, back = 0;
  for (const LabelledCloud& cloud : clouds) {
    TUTTI_ASSIGN(std::vector<float> one, context.engine.embed(part_of(cloud)));
    right += int(nearest(one, names)) == cloud.label;
    asked.insert(cloud.label);
    seen.push_back(std::move(one));
  }
  for (const int label : asked) back += clouds[nearest(names[size_t(label)], seen)].label == label;
  const Interval interval = wilson_interval(right, int(clouds.size()));
  const double n = double(clouds.size());
  context.report.results.push_back({task,
                                    right / n,
                                    long(n),
                                    1.0 / double(taught.names().size()),
                                    std::nullopt,
                                    false,
                                    {{"low_95", interval.low},
                                     {"high_95", interval.high},
                                     {"name_to_cloud", double(back) / double(asked.size())}}});
  return {};
}

Status eval_task(TaskContext& context, const std::string& task, const CloudTask& taught) {
  if (taught.names().empty()) return context.skip(task, "no clouds of points");
  const std::vector<LabelledCloud> clouds = asked_clouds(context, taught);
  if (clouds.empty()) return context.skip(task, "no clouds of points are held out");
  TUTTI_CHECK(score_names(context, task, taught, clouds));
  return embed_names(context, task + ".embedded", taught, clouds);
}

}  // namespace

Status eval_points(TaskContext& context) {
  if (context.engine.config().find(kPointsModality) < 0)
    return context.skip("points", "the model does not read clouds of points");
  TUTTI_CHECK(eval_task(context, "points.shapes", CloudTask::shapes()));
  return eval_task(context, "points.models", CloudTask::models(context.data.clouds, kFewestModels));
}

}  // namespace tutti
