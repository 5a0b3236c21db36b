// Makes shards of raw data, source by source, within what each may take of the budget.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/build/raw_data.h"
#include "data/build/source_writer.h"
#include "data/build/synth_plan.h"
#include "data/shard_format.h"
#include "format/text/tokenizer.h"

namespace tutti {

// What the synthesiser says.
struct SynthSet {
  const char* name;
  Utterance (SynthPlan::*draw)();
  double hours;  // of the hours asked for
  double share;  // of the bytes
  bool held_out;
};

class ShardBuilder {
 public:
  ShardBuilder(std::string out_dir, const BuildOptions& options)
      : out_dir_(std::move(out_dir)), options_(options) {
    index_ = {{"version", kShardVersion},
              {"licences", options.licences == Licences::open ? "open" : "all"},
              {"tokenizer", "tokenizer.model"},
              {"sources", nlohmann::json::array()}};
  }

  Status build(const RawData& data);
  Result<ShardSummary> finish(const RawData& data);

 private:
  SourceWriter writer(const std::string& name, const std::string& kind, Split split,
                      double share) const;
  void report(const std::string& source) {
    if (options_.progress) options_.progress(source, double(done_) / double(total_));
    ++done_;
  }

  Status make_tokenizer(const RawData& data);
  Status add_pictures(const RawSource<PictureSet, RawPicture>& source, Split split);
  Status add_speech(const std::string& name, const std::vector<const RawSpeech*>& records,
                    Split split, double share, int quality);
  Status add_recorded(const RawSource<SpeechSet, RawSpeech>& source, Split split);
  Status add_vocoder(const RawData& data, Split split);
  Status add_series(const RawSource<SeriesSet, RawSeries>& source, Split split);
  template <class Set, class Raw>
  Status add_things(const RawSource<Set, Raw>& source, const char* kind, size_t per_block,
                    Block (*block)(std::span<const Raw* const>), Split split);
  Status add_voxels(const RawSource<VoxelSet, RawVoxels>& source, Split split);
  Status add_clouds(const RawSource<CloudSet, CloudRecord>& source, Split split);
  Status add_texts(const RawSource<TextSet, RawText>& source, Split split);
  Status add_synthetic(const RawData& data, Split split, const SynthSet& set);

  std::string out_dir_;
  BuildOptions options_;
  nlohmann::json index_;
  ShardSummary summary_;
  std::optional<Tokenizer> tokenizer_;
  size_t done_ = 0;
  size_t total_ = 1;
};

}  // namespace tutti
