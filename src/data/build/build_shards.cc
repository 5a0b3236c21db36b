#include "data/build/build_shards.h"

#include <algorithm>
#include <filesystem>

#include "base/atomic_file.h"
#include "data/build/blocks/speech_block.h"
#include "data/build/raw_data.h"
#include "data/build/shard_builder.h"
#include "data/build/speech_synth.h"
#include "data/build/synth_plan.h"
#include "data/shard_format.h"
#include "media/dsp/mel.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

constexpr int kMostSheetFrames = 15000;  // of a JPEG of 16384 columns, less the padding
constexpr int kSynthQuality = 70;        // 1.6 kB a second: clean spectra bear it
constexpr double kSynthHeldOut = 1.0 / 18;
constexpr size_t kSynthBatch = 48;

constexpr SynthSet kSynthSets[] = {
    {"synth_en", &SynthPlan::english, 0.6, 0.125, true},
    {"synth_other", &SynthPlan::other, 0.4, 0.1, true},
    // Many voices for the few words that few people recorded.
    {"synth_words", &SynthPlan::word, 0.05, 0.02, false},
};

}  // namespace

Status ShardBuilder::add_synthetic(const RawData& data, Split split, const SynthSet& set) {
  SynthPlan plan(data, split, has_flite());
  if (set.draw == &SynthPlan::other && !plan.has_other()) return {};
  const double wanted =
      options_.synthetic_hours * 3600 * set.hours * (split == Split::eval ? kSynthHeldOut : 1);
  SourceWriter out = writer(set.name, "speech", split, set.share);
  double seconds = 0;
  // A batch that yields nothing cannot be waited out: the texts are then unfit, and we stop.
  for (size_t found = 1, number = 0; found > 0 && seconds < wanted && !out.full();) {
    std::vector<Utterance> batch;
    while (batch.size() < kSynthBatch) batch.push_back((plan.*set.draw)());
    TUTTI_ASSIGN(std::vector<RawSpeech> spoken, synthesise_batch(batch));
    std::vector<MelStrip> strips;
    int frames = 0;
    for (RawSpeech& speech : spoken) {
      if (speech.sound.samples.empty()) continue;
      speech.key = std::to_string(number++);
      TUTTI_ASSIGN(Mel mel, log_mel(speech.sound));
      if (mel.frames() < 10 || frames + mel.frames() > kMostSheetFrames) continue;
      frames += mel.frames();
      strips.push_back({&speech, std::move(mel)});
    }
    found = strips.size();
    if (found == 0) break;
    TUTTI_CHECK(out.add(speech_block(strips, kSynthQuality), found, frames / 100.0));
    seconds += frames / 100.0;
  }
  return out.finish(summary_, index_);
}

Status ShardBuilder::build(const RawData& data) {
  total_ = data.pictures.size() + data.speech.size() + data.series.size() + data.voxels.size() +
           data.clouds.size() + data.texts.size() + 2 + std::size(kSynthSets);
  report("tokenizer");
  TUTTI_CHECK(make_tokenizer(data));
  for (const auto& source : data.pictures) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_pictures(source, split));
  }
  for (const auto& source : data.series) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_series(source, split));
  }
  for (const auto& source : data.voxels) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_voxels(source, split));
  }
  for (const auto& source : data.clouds) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_clouds(source, split));
  }
  for (const auto& source : data.speech) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_recorded(source, split));
  }
  report("vocoder");
  for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_vocoder(data, split));
  for (const auto& source : data.texts) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) TUTTI_CHECK(add_texts(source, split));
  }
  if (options_.synthetic_hours <= 0) return {};
  TUTTI_ASSIGN(index_["synthesiser"], synthesiser_version());
  index_["flite"] = has_flite();
  for (const SynthSet& set : kSynthSets) {
    report(set.name);
    TUTTI_CHECK(add_synthetic(data, Split::train, set));
    if (set.held_out) TUTTI_CHECK(add_synthetic(data, Split::eval, set));
  }
  return {};
}

Result<ShardSummary> ShardBuilder::finish(const RawData& data) {
  summary_.missing = data.missing;
  index_["missing"] = data.missing;
  index_["train_bytes"] = summary_.train_bytes;
  index_["eval_bytes"] = summary_.eval_bytes;
  TUTTI_CHECK(write_file_atomic(out_dir_ + "/index.json", index_.dump(1) + "\n"));
  return summary_;
}

Result<ShardSummary> build_shards(const std::string& data_root, const std::string& out_dir,
                                  const BuildOptions& options) {
  TUTTI_ASSIGN(const DataRoot root, DataRoot::open(data_root, options.cache));
  std::error_code problem;
  fs::create_directories(out_dir, problem);
  if (problem)
    return failed("cannot make the folder " + out_dir + ": " + problem.message() +
                  "; choose another one");
  TUTTI_ASSIGN(const RawData data, read_raw_data(root, options.licences));
  ShardBuilder builder(out_dir, options);
  TUTTI_CHECK(builder.build(data));
  return builder.finish(data);
}

}  // namespace tutti
