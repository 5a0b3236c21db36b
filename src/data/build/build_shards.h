// From raw sets to compact shards: the one entry of tutti_data_build.
//
//   TUTTI_ASSIGN(ShardSummary made, build_shards("data", "shards", {.licences = Licences::open}));
//
// Equal raw sets, options and espeak-ng release give equal bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

enum class Licences {
  open,  // sets whose licence lets anyone use and pass on what is made from them
  all,   // also "research only" and sets without a stated licence
};

struct BuildOptions {
  Licences licences = Licences::all;
  uint64_t budget_bytes = 60'000'000;  // of the training shards; held-out ones come on top
  int vocabulary = 8192;
  // Of a model that is to learn from the shards: a model file; empty: a tokenizer is made of the
  // sets' words.
  std::string tokenizer_of;
  // Speech made with the espeak-ng program; hours of training speech, a tenth of that held out.
  double synthetic_hours = 3;
  std::string cache;  // for unpacked archives; empty: inside the data root
  // Called before each source with its name and the share of the work done; may be empty.
  std::function<void(const std::string& source, double done)> progress;
};

struct SourceSummary {
  std::string name;
  std::string kind;   // "pictures", "speech", "vocoder", "series", "voxels", "clouds", "text"
  std::string split;  // "train", "eval"
  size_t records = 0;
  size_t left_out = 0;  // for the budget
  double seconds = 0;   // of speech
  uint64_t bytes = 0;
};

struct ShardSummary {
  std::vector<SourceSummary> sources;
  std::vector<std::string> missing;  // sets that the data root does not have
  uint64_t train_bytes = 0;
  uint64_t eval_bytes = 0;
};

// Sets that are not in the root are left out and listed; a set that is damaged is an error.
Result<ShardSummary> build_shards(const std::string& data_root, const std::string& out_dir,
                                  const BuildOptions& options = {});

}  // namespace tutti
