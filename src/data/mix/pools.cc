#include "data/mix/pools.h"

#include <algorithm>
#include <map>
#include <set>

#include "data/points/cloud_records.h"
#include "data/recorded/recorded.h"
#include "data/shard_format.h"

namespace tutti {
namespace {

constexpr int kMostSpokenFrames = 600;  // 6 s: longer speech is left to later versions
constexpr int kMostHeardFrames = 1000;

void append(PicturePool& pool, const std::vector<PictureRecord>& records) {
  for (const PictureRecord& record : records) pool.push_back(&record);
}

void append(SpeechPool& pool, const std::vector<SpeechRecord>& records) {
  for (const SpeechRecord& record : records)
    if (record.mel.frames() <= kMostHeardFrames && record.mel.frames() > 0) pool.push_back(&record);
}

// The sets that a recipe names, in its order; "*" stands for all that it does not name beside it.
std::vector<std::string> chosen(const std::vector<std::string>& names,
                                const std::vector<std::string>& all) {
  std::vector<std::string> sets;
  for (const std::string& name : names) {
    if (name != "*") {
      sets.push_back(name);
      continue;
    }
    for (const std::string& one : all)
      if (std::find(names.begin(), names.end(), one) == names.end()) sets.push_back(one);
  }
  return sets;
}

bool can_be_spoken(const SpeechRecord& record) {
  return !record.timing.empty() && record.mel.frames() <= kMostSpokenFrames;
}

// Clamped before it becomes an integer: a time may lie behind the end.
int frame_at(float seconds, int frames) {
  return int(std::clamp(double(seconds * float(kFramesPerSecond)), 0.0, double(frames)));
}

bool is_digit(const std::string& word) {
  static const std::set<std::string> digits = {"zero", "one", "two",   "three", "four",
                                               "five", "six", "seven", "eight", "nine"};
  return digits.count(word) > 0;
}

bool is_plain_word(const std::string& name) {
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  return name.size() > 2 && std::all_of(name.begin(), name.end(), small);
}

}  // namespace

Pools::Pools(const ShardSet& set, const Mixture& mixture)
    : shards(set),
      shares(mixture.shares),
      upright(chosen(mixture.sources.upright, set.picture_sources())) {
  const MixSources& sources = mixture.sources;
  for (int kind = 0; kind < kSceneKindCount; ++kind)
    if (const auto at = mixture.scene_kinds.find(scene_kind_name(SceneKind(kind)));
        at != mixture.scene_kinds.end())
      scene_kinds[size_t(kind)] = at->second;
  gather_pictures(sources);
  gather_sprites(sources);
  gather_speech(sources);
  gather_synthetic(sources);
  gather_series(sources);
  for (const std::string& source : chosen(sources.questions, set.picture_sources()))
    for (const QuestionRecord& question : set.questions(source))
      questions.push_back({source, &question});
  for (const std::string& source : chosen(sources.text, set.text_sources()))
    for (const TextRecord& text : set.texts(source))
      if (text.kind != "prefer") texts.push_back(&text);
}

void Pools::gather_pictures(const MixSources& sources) {
  const auto gather = [&](PicturePool& pool, const std::vector<std::string>& names) {
    for (const std::string& name : chosen(names, shards.picture_sources()))
      append(pool, shards.pictures(name));
  };
  gather(pictograms, sources.pictograms);
  gather(icons, sources.icons);
  gather(photos, sources.photos);
  gather(cifar, sources.cifar);
  gather(labels, sources.labels);
  gather(persons, sources.persons);
  for (const PictureRecord* record : pictograms)
    if (is_plain_word(record->label)) plain_pictograms.push_back(record);
}

void Pools::gather_sprites(const MixSources& sources) {
  for (const PictureRecord* record : pictograms) {
    if (record->captions.empty() || record->picture.channels != 4) continue;
    Sprite sprite;
    sprite.name_en = record->label;
    for (const Caption& caption : record->captions)
      sprite.names.emplace(caption.language, caption.text);
    if (sprite.names.count("en")) sprite.name_en = sprite.names["en"];
    sprite.rgba = record->picture;
    if (!sprite.name_en.empty()) library.sprites.push_back(std::move(sprite));
  }
  for (const std::string& source : chosen(sources.backgrounds, shards.picture_sources()))
    for (const PictureRecord& record : shards.pictures(source))
      library.backgrounds.push_back(record.picture);
  for (const std::string& source : chosen(sources.cutouts, shards.picture_sources()))
    for (const PictureRecord& record : shards.pictures(source))
      library.cutouts.push_back(record.picture);
}

void Pools::gather_speech(const MixSources& sources) {
  const auto names = shards.speech_sources();
  const auto gather = [&](SpeechPool& pool, const std::vector<std::string>& wanted) {
    for (const std::string& name : chosen(wanted, names)) append(pool, shards.speech(name));
  };
  gather(digits, sources.digits);
  gather(commands, sources.commands);
  gather(recorded, sources.recorded);
  std::erase_if(recorded, [](const SpeechRecord* r) { return r->transcript.ids.empty(); });
  for (const std::string& source : chosen(sources.digit_sentences, names))
    for (const SpeechRecord& sentence : shards.speech(source)) cut_digits(sentence);
  gather(sounds, sources.sounds);
  for (const std::string& source : chosen(sources.vocoder, names))
    for (const SpeechRecord& record : shards.speech(source)) vocoder.push_back(&record);
  for (const std::string& source : chosen(sources.spoken, names))
    for (const SpeechRecord& record : shards.speech(source))
      if (can_be_spoken(record)) spoken.push_back(&record);
}

void Pools::cut_digits(const SpeechRecord& sentence) {
  for (const SpokenPart& part : sentence.timing) {
    const std::string word = sentence.transcript.text.substr(
        size_t(part.byte_begin), size_t(part.byte_end - part.byte_begin));
    const int bins = sentence.mel.bins;
    const int frames = sentence.mel.frames();
    const int begin = frame_at(part.seconds_begin, frames),
              end = std::min(frame_at(part.seconds_end, frames) + 1, frames);
    if (!is_digit(word) || end - begin < 10) continue;
    SpeechRecord& cut = cut_.emplace_back();
    cut.source = sentence.source;
    cut.speaker = sentence.speaker;
    cut.mel.bins = bins;
    cut.mel.values.assign(sentence.mel.values.begin() + std::ptrdiff_t(begin) * bins,
                          sentence.mel.values.begin() + std::ptrdiff_t(end) * bins);
    cut.transcript = {sentence.transcript.language, word, shards.pieces().encode(word)};
    more_digits.push_back(&cut);
  }
}

void Pools::gather_synthetic(const MixSources& sources) {
  std::map<std::string, PicturePool> named;
  for (const PictureRecord* record : pictograms)
    for (const Caption& caption : record->captions) named[caption.text].push_back(record);
  for (const std::string& source : chosen(sources.synthetic, shards.speech_sources())) {
    if (source == kVocoderSource) continue;  // sounds without spectrograms
    for (const SpeechRecord& record : shards.speech(source)) {
      if (!record.synthetic || record.mel.frames() > kMostHeardFrames) continue;
      synthetic.push_back(&record);
      if (is_digit(record.transcript.text)) more_digits.push_back(&record);
      if (can_be_spoken(record)) spoken.push_back(&record);
      if (const auto at = named.find(record.transcript.text); at != named.end())
        spoken_names.push_back({&record, at->second});
    }
  }
}

void Pools::gather_series(const MixSources& sources) {
  for (const std::string& source : chosen(sources.series, shards.series_sources()))
    for (const SeriesRecord& series : shards.series(source))
      if (is_usable(series))
        (series.kind == SeriesRecord::Kind::street ? streets : radar).push_back(&series);
  for (const std::string& source : chosen(sources.voxels, shards.voxel_sources()))
    for (const VoxelRecord& thing : shards.voxels(source)) voxels.push_back(&thing);
  clouds = CloudTask::models(
      cloud_records(shards, chosen(sources.clouds, cloud_and_voxel_sets(shards))), kFewestModels);
}

}  // namespace tutti
