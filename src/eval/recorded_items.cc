#include "eval/recorded_items.h"

#include <algorithm>

#include "data/recorded/recorded.h"
#include "data/recorded/street.h"
#include "data/recorded/told.h"
#include "data/recorded/turning.h"
#include "data/split.h"

namespace tutti {
namespace {

constexpr uint64_t kPictureSeed = 20260103;
constexpr int kFrames = 300;
constexpr int kOpenShare = 8;  // one answer of an open question: at most an eighth of all

// The answers of a closed question; empty: it is open.
std::vector<std::string> closed_answers(const QuestionAnswer& asked) {
  if (asked.kind == "exists") return {"yes", "no"};
  if (asked.kind == "side") return {"left", "right"};
  if (asked.kind == "grow") return {"grows", "shrinks", "stays the same"};
  if (asked.kind == "place") return {"top left", "top right", "bottom left", "bottom right"};
  if (asked.kind == "direction" && asked.question.find("turn") != std::string::npos)
    return {"left", "right"};
  if (asked.kind == "direction") return {"left", "right", "up", "down"};
  return {};
}

template <class Record>
const Record* any_usable(const std::vector<Record>& records, Rng& rng) {
  std::vector<const Record*> usable;
  for (const Record& record : records) {
    if constexpr (requires { is_usable(record); }) {
      if (!is_usable(record)) continue;
    }
    usable.push_back(&record);
  }
  return usable.empty() ? nullptr : usable[size_t(rng.below(int(usable.size())))];
}

}  // namespace

bool AnswerBalance::take(const QuestionAnswer& asked) {
  std::map<std::string, int>& used = used_[asked.question];
  const std::vector<std::string> closed = closed_answers(asked);
  int fewest = closed.empty() ? std::max(1, count_ / kOpenShare) - 1 : used[asked.answer];
  for (const std::string& answer : closed) fewest = std::min(fewest, used[answer]);
  if (used[asked.answer] > fewest) return false;
  ++used[asked.answer];
  return true;
}

std::vector<std::string> recorded_sets(const EvalData& data) {
  std::vector<std::string> names;
  for (const auto& [name, records] : data.series) names.push_back(name);
  for (const auto& [name, records] : data.voxels) names.push_back(name);
  return names;
}

std::vector<AskedClip> recorded_clips(const EvalData& data, const std::string& set, int count,
                                      uint64_t seed) {
  constexpr int kTries = 4;  // clips a question
  const auto series = data.series.find(set);
  const auto voxels = data.voxels.find(set);
  std::vector<AskedClip> clips;
  AnswerBalance balance(count);
  Rng rng(seed);
  int asked = 0;
  for (int i = 0; i < count * kTries && asked < count; ++i) {
    ToldClip told;
    if (series != data.series.end()) {
      const SeriesRecord* record = any_usable(series->second, rng);
      if (!record) break;
      told = make_recorded_clip(*record, rng);
    } else if (voxels != data.voxels.end()) {
      const VoxelRecord* record = any_usable(voxels->second, rng);
      if (!record) break;
      told = make_turning_clip(*record, rng);
    }
    std::erase_if(told.questions, [&](const QuestionAnswer& q) { return !balance.take(q); });
    if (told.questions.empty()) continue;
    asked += int(told.questions.size());
    clips.push_back({std::move(told.clip.frames), std::move(told.questions)});
  }
  return clips;
}

void add_recorded_pictures(EvalData& data, int limit) {
  for (const auto& [name, series] : data.series) {
    Rng rng(kPictureSeed);
    AnswerBalance balance(limit > 0 ? limit : kFrames);
    EvalPictures set;
    set.kind = EvalPictures::Kind::asked;
    for (int i = 0; i < (limit > 0 ? limit : kFrames); ++i) {
      const SeriesRecord* record = any_usable(series, rng);
      if (!record || record->kind != SeriesRecord::Kind::street) break;
      ToldPicture told = make_street_picture(*record, rng);
      for (const QuestionAnswer& q : told.questions)
        if (balance.take(q))
          set.questions.push_back(
              {set.records.size(), {"en", q.question, {}}, {"en", q.answer, {}}});
      set.records.push_back({name, record->key, std::move(told.picture), {}, "", {}});
    }
    if (!set.records.empty()) data.pictures[name] = std::move(set);
  }
  for (const auto& [name, things] : data.voxels) {
    EvalPictures set;
    set.kind = EvalPictures::Kind::labelled;
    for (const VoxelRecord& thing : things) {
      set.labels.insert(thing.label);
      if (limit > 0 && set.records.size() >= size_t(limit)) continue;
      Rng rng(stable_hash(thing.key));
      set.records.push_back({name, thing.key, make_voxel_view(thing, rng), {}, thing.label, {}});
    }
    data.pictures[name] = std::move(set);
  }
}

}  // namespace tutti
