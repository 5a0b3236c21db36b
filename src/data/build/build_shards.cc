#include "data/build/build_shards.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/atomic_file.h"
#include "data/build/blocks.h"
#include "data/build/raw_data.h"
#include "data/build/shard_writer.h"
#include "data/build/synth_plan.h"
#include "data/shard_format.h"
#include "format/text/tokenizer_trainer.h"
#include "media/dsp/mel.h"

namespace tutti {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kMelQuality = 90;
constexpr size_t kTextsPerBlock = 250;
constexpr size_t kVoxelsPerBlock = 100;
constexpr size_t kMostTokens = 1024;     // longer texts are left out: no example is longer
constexpr int kMostStripFrames = 6000;   // of a block, and of one recording: a minute
constexpr int kMostSheetFrames = 15000;  // of a JPEG of 16384 columns, less the padding
constexpr double kVocoderSeconds = 150;  // 16 kB a second
constexpr double kVocoderShare = 0.028;
constexpr int kSynthQuality = 70;  // 1.6 kB a second: clean spectra bear it
constexpr double kSynthHeldOut = 1.0 / 18;
constexpr size_t kSynthBatch = 48;

// What the synthesiser says.
struct SynthSet {
  const char* name;
  Utterance (SynthPlan::*draw)();
  double hours;  // of the hours asked for
  double share;  // of the bytes
  bool held_out;
};
constexpr SynthSet kSynthSets[] = {
    {"synth_en", &SynthPlan::english, 0.6, 0.125, true},
    {"synth_other", &SynthPlan::other, 0.4, 0.1, true},
    // Many voices for the few words that few people recorded.
    {"synth_words", &SynthPlan::word, 0.05, 0.02, false},
};
constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// Appends blocks to one source and split and keeps its accounts.
class SourceWriter {
 public:
  SourceWriter(const std::string& out_dir, const std::string& name, const std::string& kind,
               Split split, uint64_t most_bytes)
      : writer_(out_dir, name, split, most_bytes) {
    summary_ = {name, kind, split_name(split)};
  }

  // Once a block did not fit, all later ones are left out too.
  Status add(const Block& block, size_t records, double seconds = 0) {
    if (!full_) {
      TUTTI_ASSIGN(const bool written, writer_.add(block));
      full_ = !written;
    }
    (full_ ? summary_.left_out : summary_.records) += records;
    if (!full_) summary_.seconds += seconds;
    return {};
  }
  void leave_out(size_t records) { summary_.left_out += records; }
  bool full() const { return full_; }

  Status finish(ShardSummary& summary, json& index) {
    TUTTI_CHECK(writer_.finish());
    if (summary_.records == 0) return {};
    json files = json::array();
    for (const ShardFile& file : writer_.files()) {
      files.push_back({{"file", file.name}, {"bytes", file.bytes}, {"crc32", file.crc32}});
      summary_.bytes += file.bytes;
    }
    (summary_.split == "train" ? summary.train_bytes : summary.eval_bytes) += summary_.bytes;
    json entry = {{"name", summary_.name},    {"kind", summary_.kind},
                  {"split", summary_.split},  {"records", summary_.records},
                  {"bytes", summary_.bytes},  {"left_out", summary_.left_out},
                  {"files", std::move(files)}};
    if (summary_.seconds > 0) entry["seconds"] = int(summary_.seconds);
    index["sources"].push_back(std::move(entry));
    summary.sources.push_back(summary_);
    return {};
  }

 private:
  ShardWriter writer_;
  SourceSummary summary_;
  bool full_ = false;
};

template <class Raw>
std::vector<const Raw*> of_split(const std::vector<Raw>& records, Split split) {
  std::vector<const Raw*> chosen;
  for (const Raw& record : records) {
    if (record.split == split) chosen.push_back(&record);
  }
  return chosen;
}

class Builder {
 public:
  Builder(std::string out_dir, const BuildOptions& options)
      : out_dir_(std::move(out_dir)), options_(options) {
    index_ = {{"version", kShardVersion},
              {"licences", options.licences == Licences::open ? "open" : "all"},
              {"tokenizer", "tokenizer.model"},
              {"sources", json::array()}};
  }

  Status build(const RawData& data);
  Result<ShardSummary> finish(const RawData& data);

 private:
  SourceWriter writer(const std::string& name, const std::string& kind, Split split,
                      double share) const {
    if (split == Split::eval) return {out_dir_, name, kind, split, kNoLimit};
    const uint64_t left = options_.budget_bytes - summary_.train_bytes;
    const auto most = uint64_t(share * double(options_.budget_bytes));
    return {out_dir_, name, kind, split, std::min(most, left)};
  }
  void report(const std::string& source) {
    if (options_.progress) options_.progress(source, double(done_) / double(total_));
    ++done_;
  }

  Status make_tokenizer(const RawData& data);
  Status add_pictures(const RawSource<PictureSet, RawPicture>& source, Split split);
  Status add_speech(const std::string& name, const std::vector<const RawSpeech*>& records,
                    Split split, double share, int quality);
  Status add_vocoder(const RawData& data, Split split);
  Status add_series(const RawSource<SeriesSet, RawSeries>& source, Split split);
  Status add_voxels(const RawSource<VoxelSet, RawVoxels>& source, Split split);
  Status add_texts(const RawSource<TextSet, RawText>& source, Split split);
  Status add_synthetic(const RawData& data, Split split, const SynthSet& set);

  std::string out_dir_;
  BuildOptions options_;
  json index_;
  ShardSummary summary_;
  std::optional<Tokenizer> tokenizer_;
  size_t done_ = 0;
  size_t total_ = 1;
};

Status Builder::make_tokenizer(const RawData& data) {
  const std::vector<std::string> sentences = tokenizer_sentences(data);
  if (sentences.empty())
    return bad_input(
        "the folder holds no data set with words, of which a tokenizer is made; "
        "docs/data.md lists the sets, scripts/fetch_data.sh fetches them");
  TUTTI_ASSIGN(const std::string model, train_tokenizer(sentences, options_.vocabulary));
  TUTTI_CHECK(write_file_atomic(out_dir_ + "/tokenizer.model", model));
  TUTTI_ASSIGN(tokenizer_, Tokenizer::from_bytes(std::as_bytes(std::span(model))));
  index_["tokenizer_crc32"] = crc32(std::as_bytes(std::span(model)));
  return {};
}

Status Builder::add_pictures(const RawSource<PictureSet, RawPicture>& source, Split split) {
  const PictureSet& set = *source.set;
  SourceWriter out = writer(set.name, "pictures", split, set.share);
  const auto chosen = of_split(source.records, split);
  const size_t per_block = size_t(pictures_per_block(set));
  for (size_t begin = 0; begin < chosen.size(); begin += per_block) {
    const auto some = std::span(chosen).subspan(begin, std::min(per_block, chosen.size() - begin));
    if (out.full()) {
      out.leave_out(some.size());
      continue;
    }
    TUTTI_ASSIGN(const Block block, picture_block(set, some));
    TUTTI_CHECK(out.add(block, some.size()));
  }
  return out.finish(summary_, index_);
}

Status Builder::add_speech(const std::string& name, const std::vector<const RawSpeech*>& records,
                           Split split, double share, int quality) {
  SourceWriter out = writer(name, "speech", split, share);
  std::vector<MelStrip> strips;
  int frames = 0;
  const auto flush = [&]() -> Status {
    if (strips.empty()) return {};
    TUTTI_CHECK(out.add(speech_block(strips, quality), strips.size(), frames / 100.0));
    strips.clear();
    frames = 0;
    return {};
  };
  for (const RawSpeech* speech : records) {
    if (out.full()) {
      out.leave_out(1);
      continue;
    }
    TUTTI_ASSIGN(const Sound sound, sound_of(*speech));
    TUTTI_ASSIGN(Mel mel, log_mel(sound));
    if (mel.frames() == 0 || mel.frames() > kMostStripFrames) {
      out.leave_out(1);
      continue;
    }
    if (frames + mel.frames() > kMostStripFrames) TUTTI_CHECK(flush());
    frames += mel.frames();
    strips.push_back({speech, std::move(mel)});
  }
  TUTTI_CHECK(flush());
  return out.finish(summary_, index_);
}

// Raw speech of every recorded set in turn, for the task that makes waveforms from spectrograms.
Status Builder::add_vocoder(const RawData& data, Split split) {
  SourceWriter out = writer("vocoder", "vocoder", split, kVocoderShare);
  const double wanted = split == Split::train ? kVocoderSeconds : kVocoderSeconds / 5;
  std::vector<std::vector<const RawSpeech*>> sources;
  for (const auto& source : data.speech) {
    // 8 kHz recordings have no upper half; everyday sounds are not speech.
    if (source.set->name == "fsdd" || source.set->name == "esc10") continue;
    sources.push_back(of_split(source.records, split));
  }
  double seconds = 0;
  for (size_t i = 0, found = 1; found > 0 && seconds < wanted; ++i) {
    found = 0;
    for (const auto& records : sources) {
      if (i >= records.size() || seconds >= wanted) continue;
      ++found;
      TUTTI_ASSIGN(const Sound sound, sound_of(*records[i]));
      if (sound.seconds() > 20) continue;
      seconds += sound.seconds();
      TUTTI_CHECK(out.add(vocoder_block(*records[i], sound), 1, sound.seconds()));
    }
  }
  return out.finish(summary_, index_);
}

// A block a series: a clip needs frames that follow each other.
Status Builder::add_series(const RawSource<SeriesSet, RawSeries>& source, Split split) {
  SourceWriter out = writer(source.set->name, "series", split, source.set->share);
  for (const RawSeries* raw : of_split(source.records, split)) {
    TUTTI_ASSIGN(const SeriesRecord series, load_series(*source.set, *raw));
    TUTTI_CHECK(out.add(series_block(series, source.set->quality), 1));
  }
  return out.finish(summary_, index_);
}

Status Builder::add_voxels(const RawSource<VoxelSet, RawVoxels>& source, Split split) {
  SourceWriter out = writer(source.set->name, "voxels", split, source.set->share);
  const auto chosen = of_split(source.records, split);
  for (size_t begin = 0; begin < chosen.size(); begin += kVoxelsPerBlock) {
    const auto some =
        std::span(chosen).subspan(begin, std::min(kVoxelsPerBlock, chosen.size() - begin));
    TUTTI_CHECK(out.add(voxel_block(some), some.size()));
  }
  return out.finish(summary_, index_);
}

Status Builder::add_texts(const RawSource<TextSet, RawText>& source, Split split) {
  SourceWriter out = writer(source.set->name, "text", split, source.set->share);
  std::vector<TextIds> texts;
  const auto flush = [&]() -> Status {
    if (!texts.empty()) TUTTI_CHECK(out.add(text_block(texts), texts.size()));
    texts.clear();
    return {};
  };
  for (const RawText* record : of_split(source.records, split)) {
    if (out.full()) {
      out.leave_out(1);
      continue;
    }
    TUTTI_ASSIGN(TextIds ids, tokenise(*tokenizer_, *record));
    if (ids.text.empty() ||
        ids.prompt.size() + ids.text.size() + ids.rejected.size() > kMostTokens) {
      out.leave_out(1);
      continue;
    }
    texts.push_back(std::move(ids));
    if (texts.size() == kTextsPerBlock) TUTTI_CHECK(flush());
  }
  TUTTI_CHECK(flush());
  return out.finish(summary_, index_);
}

// Speaks a batch on two threads; the records come back in the order of the utterances.
Result<std::vector<RawSpeech>> synthesise_batch(const std::vector<Utterance>& utterances) {
  std::vector<std::optional<Result<RawSpeech>>> results(utterances.size());
  const auto work = [&](size_t first) {
    for (size_t i = first; i < utterances.size(); i += 2) {
      results[i].emplace(synthesise(utterances[i]));
    }
  };
  {
    const std::jthread other(work, 1);  // joined whatever is thrown
    work(0);
  }
  std::vector<RawSpeech> spoken;
  for (auto& result : results) {
    if (!*result) return result->error();
    spoken.push_back(**std::move(result));
  }
  return spoken;
}

Status Builder::add_synthetic(const RawData& data, Split split, const SynthSet& set) {
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

Status Builder::build(const RawData& data) {
  total_ = data.pictures.size() + data.speech.size() + data.series.size() + data.voxels.size() +
           data.texts.size() + 2 + std::size(kSynthSets);
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
  for (const auto& source : data.speech) {
    report(source.set->name);
    for (Split split : {Split::train, Split::eval}) {
      TUTTI_CHECK(add_speech(source.set->name, of_split(source.records, split), split,
                             source.set->share, kMelQuality));
    }
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

Result<ShardSummary> Builder::finish(const RawData& data) {
  summary_.missing = data.missing;
  index_["missing"] = data.missing;
  index_["train_bytes"] = summary_.train_bytes;
  index_["eval_bytes"] = summary_.eval_bytes;
  TUTTI_CHECK(write_file_atomic(out_dir_ + "/index.json", index_.dump(1) + "\n"));
  return summary_;
}

}  // namespace

Result<ShardSummary> build_shards(const std::string& data_root, const std::string& out_dir,
                                  const BuildOptions& options) {
  TUTTI_ASSIGN(const DataRoot root, DataRoot::open(data_root, options.cache));
  std::error_code problem;
  fs::create_directories(out_dir, problem);
  if (problem)
    return failed("cannot make the folder " + out_dir + ": " + problem.message() +
                  "; choose another one");
  TUTTI_ASSIGN(const RawData data, read_raw_data(root, options.licences));
  Builder builder(out_dir, options);
  TUTTI_CHECK(builder.build(data));
  return builder.finish(data);
}

}  // namespace tutti
