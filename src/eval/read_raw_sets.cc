#include "eval/read_raw_sets.h"

#include <algorithm>

#include "data/build/blocks/series_block.h"
#include "data/build/raw_data.h"
#include "data/points/cloud_records.h"
#include "eval/decode_record.h"
#include "eval/known_sets.h"
#include "eval/recorded_items.h"

namespace tutti {
namespace {

bool wanted(Split split, const EvalDataOptions& options) {
  return options.all || split == Split::eval;
}

bool full(size_t count, const EvalDataOptions& options) {
  return options.limit > 0 && count >= size_t(options.limit);
}

void add_questions(const RawPicture& raw, EvalPictures& set) {
  for (const auto& [question, answer] : raw.questions)
    set.questions.push_back({set.records.size(), {"en", question, {}}, {"en", answer, {}}});
}

Status take_pictures(const RawData& raw, const EvalDataOptions& options, EvalData& data) {
  for (const auto& source : raw.pictures) {
    const std::string& name = source.set->name;
    const bool pictogram = name == "emoji_noto" || name == "emoji_fluent3d";
    EvalPictures& set = data.pictures[name];
    set.kind = kind_of_set(name);
    for (const RawPicture& one : source.records) {
      if (wanted(one.split, options)) set.labels.insert(one.label);
      const bool training =
          pictogram && one.split == Split::train && options.training_labels.count(one.label);
      const bool held_out = wanted(one.split, options) && !full(set.records.size(), options);
      if (!training && !held_out) continue;
      TUTTI_ASSIGN(PictureRecord record, decode_record(one, name));
      if (training) data.training.push_back(record);
      if (!held_out) continue;
      add_questions(one, set);
      set.records.push_back(std::move(record));
    }
  }
  return {};
}

Status take_speech(const RawData& raw, const EvalDataOptions& options, EvalData& data) {
  for (const auto& source : raw.speech)
    for (const RawSpeech& one : source.records) {
      std::vector<SpeechRecord>& records = data.speech[source.set->name];
      if (!wanted(one.split, options) || full(records.size(), options)) continue;
      TUTTI_ASSIGN(SpeechRecord record, decode_record(one, source.set->name));
      records.push_back(std::move(record));
    }
  return {};
}

Status take_series(const RawData& raw, const EvalDataOptions& options, EvalData& data) {
  for (const auto& source : raw.series)
    for (const RawSeries& one : source.records) {
      if (!wanted(one.split, options)) continue;
      TUTTI_ASSIGN(SeriesRecord series, load_series(*source.set, one));
      data.series[source.set->name].push_back(std::move(series));
    }
  for (const auto& source : raw.voxels)
    for (const RawVoxels& one : source.records)
      if (wanted(one.split, options))
        data.voxels[source.set->name].push_back(
            {source.set->name, one.key, one.label, {one.cells.begin(), one.cells.end()}});
  return {};
}

// Those that are taught too, where all are wanted: they are asked for like those that are held out.
void ask_for_all(std::vector<CloudRecord>& clouds) {
  const size_t count = clouds.size();
  for (size_t i = 0; i < count; ++i) {
    if (clouds[i].split != Split::train) continue;
    CloudRecord asked = clouds[i];
    asked.split = Split::eval;
    clouds.push_back(std::move(asked));
  }
}

void take_clouds(const RawData& raw, const EvalDataOptions& options, EvalData& data) {
  for (const auto& source : raw.clouds)
    data.clouds.insert(data.clouds.end(), source.records.begin(), source.records.end());
  for (const auto& source : raw.voxels)
    for (const RawVoxels& one : source.records)
      data.clouds.push_back(voxel_cloud(
          {source.set->name, one.key, one.label, {one.cells.begin(), one.cells.end()}}, one.split));
  if (options.all) ask_for_all(data.clouds);
}

}  // namespace

Result<EvalData> read_raw_sets(const std::string& folder, const EvalDataOptions& options) {
  EvalData data;
  data.what = options.all ? "all records of the raw sets, also those of training"
                          : "held-out records of the raw sets";
  TUTTI_ASSIGN(const DataRoot root, DataRoot::open(folder));
  TUTTI_ASSIGN(const RawData raw, read_raw_data(root, Licences::all));
  TUTTI_CHECK(take_pictures(raw, options, data));
  TUTTI_CHECK(take_speech(raw, options, data));
  TUTTI_CHECK(take_series(raw, options, data));
  take_clouds(raw, options, data);
  add_recorded_pictures(data, options.limit);
  for (const auto& source : raw.texts)
    for (const RawText& text : source.records) {
      std::vector<std::string>& texts = data.texts[text.language];
      if (text.kind == "plain" && wanted(text.split, options) && !full(texts.size(), options))
        texts.push_back(text.text);
    }
  return data;
}

}  // namespace tutti
