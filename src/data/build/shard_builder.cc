#include "data/build/shard_builder.h"

#include <algorithm>
#include <limits>

#include "base/atomic_file.h"
#include "base/quote.h"
#include "data/build/blocks/cloud_block.h"
#include "data/build/blocks/picture_block.h"
#include "data/build/blocks/series_block.h"
#include "data/build/blocks/speech_block.h"
#include "data/build/blocks/text_block.h"
#include "data/build/blocks/voxel_block.h"
#include "format/package/model_package.h"
#include "format/text/tokenizer_trainer.h"
#include "media/dsp/mel.h"

namespace tutti {
namespace {

constexpr int kMelQuality = 90;
constexpr size_t kTextsPerBlock = 250;
constexpr size_t kVoxelsPerBlock = 100;
constexpr size_t kCloudsPerBlock = 50;
constexpr size_t kMostTokens = 1024;     // longer texts are left out: no example is longer
constexpr int kMostStripFrames = 6000;   // of a block, and of one recording: a minute
constexpr double kVocoderSeconds = 150;  // 16 kB a second
constexpr double kVocoderShare = 0.028;
constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

template <class Raw>
std::vector<const Raw*> of_split(const std::vector<Raw>& records, Split split) {
  std::vector<const Raw*> chosen;
  for (const Raw& record : records) {
    if (record.split == split) chosen.push_back(&record);
  }
  return chosen;
}

Result<std::string> tokenizer_of(const std::string& model) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(model));
  if (package.manifest.tokenizer.kind != kSentencePiece)
    return bad_input("the tokenizer of " + model + " is of the kind " +
                     quote(package.manifest.tokenizer.kind) + "; shards have one of SentencePiece");
  const auto* text = reinterpret_cast<const char*>(package.tokenizer.data());
  return std::string(text, package.tokenizer.size());
}

Result<std::string> tokenizer_for(const RawData& data, const BuildOptions& options) {
  if (!options.tokenizer_of.empty()) return tokenizer_of(options.tokenizer_of);
  const std::vector<std::string> sentences = tokenizer_sentences(data);
  if (sentences.empty())
    return bad_input(
        "the folder holds no data set with words, of which a tokenizer is made; "
        "docs/data.md lists the sets, scripts/fetch_data.sh fetches them");
  return train_tokenizer(sentences, options.vocabulary);
}

}  // namespace

SourceWriter ShardBuilder::writer(const std::string& name, const std::string& kind, Split split,
                                  double share) const {
  if (split == Split::eval) return {out_dir_, name, kind, split, kNoLimit};
  const uint64_t left = options_.budget_bytes - summary_.train_bytes;
  const auto most = uint64_t(share * double(options_.budget_bytes));
  return {out_dir_, name, kind, split, std::min(most, left)};
}

Status ShardBuilder::make_tokenizer(const RawData& data) {
  TUTTI_ASSIGN(const std::string model, tokenizer_for(data, options_));
  TUTTI_CHECK(write_file_atomic(out_dir_ + "/tokenizer.model", model));
  TUTTI_ASSIGN(tokenizer_, Tokenizer::open(kSentencePiece, std::as_bytes(std::span(model))));
  index_["tokenizer_crc32"] = crc32(std::as_bytes(std::span(model)));
  return {};
}

Status ShardBuilder::add_pictures(const RawSource<PictureSet, RawPicture>& source, Split split) {
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

Status ShardBuilder::add_speech(const std::string& name,
                                const std::vector<const RawSpeech*>& records, Split split,
                                double share, int quality) {
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

Status ShardBuilder::add_recorded(const RawSource<SpeechSet, RawSpeech>& source, Split split) {
  return add_speech(source.set->name, of_split(source.records, split), split, source.set->share,
                    kMelQuality);
}

// Raw speech of every recorded set in turn, for the task that makes waveforms from spectrograms.
Status ShardBuilder::add_vocoder(const RawData& data, Split split) {
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
Status ShardBuilder::add_series(const RawSource<SeriesSet, RawSeries>& source, Split split) {
  SourceWriter out = writer(source.set->name, "series", split, source.set->share);
  for (const RawSeries* raw : of_split(source.records, split)) {
    TUTTI_ASSIGN(const SeriesRecord series, load_series(*source.set, *raw));
    TUTTI_CHECK(out.add(series_block(series, source.set->quality), 1));
  }
  return out.finish(summary_, index_);
}

template <class Set, class Raw>
Status ShardBuilder::add_things(const RawSource<Set, Raw>& source, const char* kind,
                                size_t per_block, Block (*block)(std::span<const Raw* const>),
                                Split split) {
  SourceWriter out = writer(source.set->name, kind, split, source.set->share);
  const auto chosen = of_split(source.records, split);
  for (size_t begin = 0; begin < chosen.size(); begin += per_block) {
    const auto some = std::span(chosen).subspan(begin, std::min(per_block, chosen.size() - begin));
    TUTTI_CHECK(out.add(block(some), some.size()));
  }
  return out.finish(summary_, index_);
}

Status ShardBuilder::add_voxels(const RawSource<VoxelSet, RawVoxels>& source, Split split) {
  return add_things(source, "voxels", kVoxelsPerBlock, voxel_block, split);
}

Status ShardBuilder::add_clouds(const RawSource<CloudSet, CloudRecord>& source, Split split) {
  return add_things(source, "clouds", kCloudsPerBlock, cloud_block, split);
}

Status ShardBuilder::add_texts(const RawSource<TextSet, RawText>& source, Split split) {
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

}  // namespace tutti
