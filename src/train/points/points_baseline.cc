// Trains small classifiers on the clouds that the model is trained on, and asks them for the names
// of held-out ones; each with several seeds.
//
//   points_baseline shapes pointnet STEPS SEEDS
//   points_baseline models patches STEPS SEEDS SHARDS    SHARDS: made by tutti data build
//
// Prints a table to standard error and, as the last thing, one JSON object: accuracy of each seed,
// mean, and half the 95 % interval of the mean (Student's t).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>

#include "data/points/cloud_records.h"
#include "data/points/cloud_task.h"
#include "media/points/point_patches.h"
#include "train/backend/torch_errors.h"
#include "train/points/set_classifier.h"

// Read by jemalloc: freed tensors stay with the process, or half the time goes into zeroing pages.
extern "C" const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,thp:always";

namespace {

using namespace tutti;
using torch::Tensor;
using Json = nlohmann::ordered_json;

constexpr int kBatch = 32;
constexpr double kRate = 1e-3;
// Of the kCloudPoints, in training: another half in each step, for the time; all of them when
// asked.
constexpr int kTaughtPoints = 512;

struct Run {
  std::string task, net, shards;
  int steps = 0, seeds = 0;
};

Tensor members_of(const LabelledCloud& example, bool patches) {
  if (!patches) return torch::tensor(example.cloud).reshape({kCloudPoints, 3});
  return torch::tensor(rows_with_centres(point_patches(example.cloud)))
      .reshape({kPatches, kPatchValues + 3});
}

struct Batch {
  std::vector<Tensor> members;
  std::vector<int64_t> labels;

  void add(const LabelledCloud& example, bool patches) {
    members.push_back(members_of(example, patches));
    labels.push_back(example.label);
  }
};

void train(const CloudTask& task, const Run& run, int seed, SetClassifier& net) {
  torch::optim::AdamW optimizer(net.parameters(),
                                torch::optim::AdamWOptions(kRate).weight_decay(0.01));
  const auto start = std::chrono::steady_clock::now();
  double sum = 0;
  net.train();
  for (int step = 0; step < run.steps; ++step) {
    Batch batch;
    for (int i = 0; i < kBatch; ++i)
      batch.add(task.draw(uint64_t(seed), step, i), run.net == "patches");
    const double rate = 0.5 * kRate * (1 + std::cos(std::numbers::pi * step / run.steps));
    for (auto& group : optimizer.param_groups()) group.options().set_lr(rate);
    Tensor members = torch::stack(batch.members);
    if (run.net == "pointnet")
      members = members.index_select(1, torch::randperm(kCloudPoints).narrow(0, 0, kTaughtPoints));
    const Tensor loss =
        torch::nn::functional::cross_entropy(net.forward(members), torch::tensor(batch.labels));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    sum += loss.item<double>();
    if ((step + 1) % 100) continue;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "%s %s seed %d: %d/%d loss %.3f, %.0f s\n", run.task.c_str(),
                 run.net.c_str(), seed, step + 1, run.steps, sum / 100, time.count());
    sum = 0;
  }
}

// Share of the held-out clouds that are named right, by source; "all" is of all of them.
std::map<std::string, double> accuracies(const std::vector<LabelledCloud>& clouds, bool patches,
                                         SetClassifier& net) {
  torch::NoGradGuard no_grad;
  net.eval();
  std::map<std::string, std::pair<int, int>> counts;  // right, asked
  for (size_t begin = 0; begin < clouds.size(); begin += kBatch) {
    Batch batch;
    const size_t end = std::min(clouds.size(), begin + kBatch);
    for (size_t i = begin; i < end; ++i) batch.add(clouds[i], patches);
    const Tensor guess = net.forward(torch::stack(batch.members)).argmax(1);
    for (size_t i = begin; i < end; ++i) {
      const int right = guess[int64_t(i - begin)].item<int64_t>() == clouds[i].label;
      for (const std::string& source : {clouds[i].source, std::string("all")}) {
        counts[source].first += right;
        ++counts[source].second;
      }
    }
  }
  std::map<std::string, double> shares;
  for (const auto& [source, count] : counts) shares[source] = double(count.first) / count.second;
  return shares;
}

// Half the width of the 95 % interval of the mean.
double half_interval(const std::vector<double>& values, double mean) {
  constexpr double kStudent[] = {0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  const size_t freedom = values.size() - 1;
  if (freedom == 0) return INFINITY;
  double square = 0;
  for (double value : values) square += (value - mean) * (value - mean);
  const double t = freedom < std::size(kStudent) ? kStudent[freedom] : 2.0;
  return t * std::sqrt(square / double(freedom) / double(values.size()));
}

Json summary(const std::map<std::string, std::vector<double>>& all) {
  Json json;
  for (const auto& [source, values] : all) {
    double mean = 0;
    for (double value : values) mean += value / double(values.size());
    const double half = half_interval(values, mean);
    std::fprintf(stderr, "| %-18s | %.1f %% | +- %.1f |\n", source.c_str(), 100 * mean, 100 * half);
    json[source] = {{"seeds", values}, {"mean", mean}, {"half_interval_95", half}};
  }
  return json;
}

Result<CloudTask> make_task(const Run& run) {
  if (run.task == "shapes") return CloudTask::shapes();
  std::vector<CloudRecord> records;
  for (const Split split : {Split::train, Split::eval}) {
    TUTTI_ASSIGN(const ShardSet shards,
                 ShardSet::open(run.shards, split, {.sources = {"sweethome_points", "voxels"}}));
    const std::vector<CloudRecord> more = cloud_records(shards, cloud_and_voxel_sets(shards));
    records.insert(records.end(), more.begin(), more.end());
  }
  return CloudTask::models(std::move(records), kFewestModels);
}

Result<std::string> measure(const Run& run) {
  const bool patches = run.net == "patches";
  TUTTI_ASSIGN(const CloudTask task, make_task(run));
  const int classes = int(task.names().size());
  const std::vector<LabelledCloud> held_out = task.held_out();
  std::map<std::string, std::vector<double>> all;
  int64_t parameters = 0;
  for (int seed = 1; seed <= run.seeds; ++seed) {
    torch::manual_seed(uint64_t(seed));
    SetClassifier net(patches ? patch_net_sizes(classes) : pointnet_sizes(classes));
    parameters = net.parameter_count();
    train(task, run, seed, net);
    for (const auto& [source, share] : accuracies(held_out, patches, net)) {
      all[source].push_back(share);
      std::fprintf(stderr, "%s %s seed %d: %s %.3f\n", run.task.c_str(), run.net.c_str(), seed,
                   source.c_str(), share);
    }
  }
  Json json = {{"task", run.task},         {"net", run.net},     {"parameters", parameters},
               {"names", task.names()},    {"steps", run.steps}, {"batch", kBatch},
               {"clouds", held_out.size()}};
  json["accuracy"] = summary(all);
  return json.dump();
}

}  // namespace

int main(int argc, char** argv) {
  Run run;
  if (argc >= 5) {
    run = {argv[1], argv[2], argc > 5 ? argv[5] : "", std::atoi(argv[3]), std::atoi(argv[4])};
  }
  const bool known = (run.task == "shapes" && argc == 5) || (run.task == "models" && argc == 6);
  const bool known_net = run.net == "pointnet" || run.net == "patches";
  if (!known || !known_net || run.steps < 1 || run.seeds < 1) {
    std::fputs("usage: points_baseline shapes|models pointnet|patches STEPS SEEDS [SHARDS]\n",
               stderr);
    return int(ErrorCode::usage);
  }
  const Result<std::string> json = errors_of_torch("training", [&] { return measure(run); });
  if (!json) {
    std::fprintf(stderr, "points_baseline: %s\n", json.error().message().c_str());
    return int(basic_code(json.error().code()));
  }
  return std::printf("%s\n", json->c_str()) < 0;
}
