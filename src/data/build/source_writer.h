// One source of the shards being built, and its accounts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "data/build/build_shards.h"
#include "data/build/shard_writer.h"

namespace tutti {

// Appends blocks to one source and split and keeps its accounts.
class SourceWriter {
 public:
  SourceWriter(const std::string& out_dir, const std::string& name, const std::string& kind,
               Split split, uint64_t most_bytes)
      : writer_(out_dir, name, split, most_bytes) {
    summary_ = {name, kind, split_name(split)};
  }

  // Once a block did not fit, all later ones are left out too.
  Status add(const Block& block, size_t records, double seconds = 0);
  void leave_out(size_t records) { summary_.left_out += records; }
  bool full() const { return full_; }

  // Adds what was written to both.
  Status finish(ShardSummary& summary, nlohmann::json& index);

 private:
  ShardWriter writer_;
  SourceSummary summary_;
  bool full_ = false;
};

}  // namespace tutti
