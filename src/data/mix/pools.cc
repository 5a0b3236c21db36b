#include "data/mix/pools.h"

#include <algorithm>
#include <map>
#include <set>

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

Pools::Pools(const ShardSet& set) : shards(set) {
  gather_pictures();
  gather_sprites();
  gather_speech();
  gather_synthetic();
  gather_series();
  for (const char* source : {"easyvqa", "nlvr"})
    for (const QuestionRecord& question : set.questions(source))
      questions.push_back({source, &question});
  for (const std::string& source : set.text_sources())
    for (const TextRecord& text : set.texts(source))
      if (text.kind != "prefer") texts.push_back(&text);
}

void Pools::gather_pictures() {
  for (const char* source : {"emoji_noto", "emoji_fluent3d"})
    append(pictograms, shards.pictures(source));
  for (const char* source : {"icons_mdi", "icons_game"}) append(icons, shards.pictures(source));
  append(photos, shards.pictures("flickr8k"));
  append(cifar, shards.pictures("cifar10"));
  for (const char* source : {"tinyimagenet", "imagenet_samples", "flowers", "sign_digits", "mnist"})
    append(labels, shards.pictures(source));
  for (const char* source : {"persons_ccp", "persons_hseg", "persons_grid"})
    append(persons, shards.pictures(source));
  for (const PictureRecord* record : pictograms)
    if (is_plain_word(record->label)) plain_pictograms.push_back(record);
}

void Pools::gather_sprites() {
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
  for (const char* source : {"backgrounds_bsds", "cutout_scenes"})
    for (const PictureRecord& record : shards.pictures(source))
      library.backgrounds.push_back(record.picture);
  for (const PictureRecord& record : shards.pictures("persons_cutout"))
    library.cutouts.push_back(record.picture);
}

void Pools::gather_speech() {
  append(digits, shards.speech("fsdd"));
  append(commands, shards.speech("speech_commands"));
  for (const char* source : {"grid_av", "lj_reread", "wake_words", "emodb", "coffee_intents"})
    append(recorded, shards.speech(source));
  std::erase_if(recorded, [](const SpeechRecord* r) { return r->transcript.ids.empty(); });
  for (const SpeechRecord& sentence : shards.speech("grid_av")) cut_digits(sentence);
  append(sounds, shards.speech("esc10"));
  for (const SpeechRecord& record : shards.speech("vocoder")) vocoder.push_back(&record);
  for (const SpeechRecord& record : shards.speech("lj_reread"))
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

void Pools::gather_synthetic() {
  std::map<std::string, PicturePool> named;
  for (const PictureRecord* record : pictograms)
    for (const Caption& caption : record->captions) named[caption.text].push_back(record);
  for (const std::string& source : shards.speech_sources()) {
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

void Pools::gather_series() {
  for (const std::string& source : shards.series_sources())
    for (const SeriesRecord& series : shards.series(source))
      if (is_usable(series))
        (series.kind == SeriesRecord::Kind::street ? streets : radar).push_back(&series);
  for (const std::string& source : shards.voxel_sources())
    for (const VoxelRecord& thing : shards.voxels(source)) voxels.push_back(&thing);
}

}  // namespace tutti
