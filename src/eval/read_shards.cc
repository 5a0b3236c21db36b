#include "eval/read_shards.h"

#include <algorithm>

#include "data/points/cloud_records.h"
#include "data/shard_set.h"
#include "eval/known_sets.h"
#include "eval/recorded_items.h"

namespace tutti {
namespace {

template <class Record>
std::vector<Record> first(const std::vector<Record>& records, int limit) {
  const size_t count = limit > 0 ? std::min(records.size(), size_t(limit)) : records.size();
  return {records.begin(), records.begin() + long(count)};
}

void take_pictures(const ShardSet& shards, const EvalDataOptions& options, EvalData& data) {
  for (const std::string& source : shards.picture_sources()) {
    EvalPictures set;
    set.kind = kind_of_set(source);
    set.records = first(shards.pictures(source), options.limit);
    for (const PictureRecord& record : shards.pictures(source)) set.labels.insert(record.label);
    for (const QuestionRecord& question : shards.questions(source))
      if (question.picture < set.records.size()) set.questions.push_back(question);
    data.pictures[source] = std::move(set);
  }
}

void take_texts(const ShardSet& shards, const EvalDataOptions& options, EvalData& data) {
  for (const std::string& source : shards.text_sources())
    for (const TextRecord& record : shards.texts(source)) {
      if (record.kind != "plain") continue;
      std::vector<std::string>& texts = data.texts[record.language];
      if (options.limit > 0 && texts.size() >= size_t(options.limit)) continue;
      texts.push_back(shards.pieces().decode(record.text));
    }
}

Status take_clouds(const std::string& folder, const ShardSet& shards, EvalData& data) {
  const ShardOptions sets{.sources = cloud_and_voxel_sets(shards)};
  if (sets.sources.empty()) return {};
  TUTTI_ASSIGN(const ShardSet training, ShardSet::open(folder, Split::train, sets));
  for (const ShardSet* side : {&training, &shards}) {
    const std::vector<CloudRecord> records = cloud_records(*side, cloud_and_voxel_sets(*side));
    data.clouds.insert(data.clouds.end(), records.begin(), records.end());
  }
  return {};
}

}  // namespace

Result<EvalData> read_shards(const std::string& folder, const EvalDataOptions& options) {
  EvalData data;
  data.what = "held-out records of shards";
  TUTTI_ASSIGN(const ShardSet shards, ShardSet::open(folder, Split::eval));
  take_pictures(shards, options, data);
  for (const std::string& source : shards.speech_sources())
    if (source != "vocoder") data.speech[source] = first(shards.speech(source), options.limit);
  take_texts(shards, options, data);
  for (const std::string& source : shards.series_sources())
    data.series[source] = shards.series(source);
  for (const std::string& source : shards.voxel_sources())
    data.voxels[source] = shards.voxels(source);
  TUTTI_CHECK(take_clouds(folder, shards, data));
  add_recorded_pictures(data, options.limit);
  if (options.training_labels.empty()) return data;
  const ShardOptions pictograms{.sources = {"emoji_noto", "emoji_fluent3d"}};
  TUTTI_ASSIGN(const ShardSet training, ShardSet::open(folder, Split::train, pictograms));
  for (const std::string& source : training.picture_sources())
    for (const PictureRecord& record : training.pictures(source))
      if (options.training_labels.count(record.label)) data.training.push_back(record);
  return data;
}

}  // namespace tutti
