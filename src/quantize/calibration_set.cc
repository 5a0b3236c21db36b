#include "quantize/calibration_set.h"

#include <algorithm>

#include "data/points/shape_cloud.h"
#include "eval/scene_items.h"
#include "media/picture/fit_picture.h"
#include "media/points/cloud_rows.h"
#include "model/spec.h"

namespace tutti {
namespace {

constexpr size_t kLongestText = 200;   // bytes: the model's context is for more than this
constexpr size_t kLongestSound = 600;  // frames: 6 s

// Takes one of each list in turn until there are `count`.
template <class Record, class Use>
void take_in_turn(const std::vector<const std::vector<Record>*>& lists, size_t count,
                  const Use& use) {
  size_t taken = 0;
  for (size_t i = 0; taken < count; ++i) {
    bool any = false;
    for (const auto* list : lists) {
      if (i >= list->size() || taken >= count) continue;
      any = true;
      use((*list)[i]);
      ++taken;
    }
    if (!any) return;
  }
}

void add_text(CalibrationSet& set, const std::string& text, int samples) {
  if (!text.empty() && text.size() <= kLongestText && int(set.texts.size()) < samples)
    set.texts.push_back(text);
}

void add_scenes(CalibrationSet& set, const EvalScenes& scenes, int samples, uint64_t seed) {
  for (const char* kind : {"count", "colour", "relation_holds"})
    for (const AskedPicture& asked : scenes.questions(kind, (samples + 2) / 3, seed)) {
      set.pictures.push_back(asked.picture);
      set.questions.push_back(asked.question);
    }
  for (const SeenClip& clip : scenes.clips(std::max(1, samples / 4), seed)) {
    set.clips.push_back(clip.frames);
    set.texts.push_back(clip.caption);
  }
}

// Clouds are drawn in any case: there is no set of them that everybody has.
void add_clouds(CalibrationSet& set, int samples, uint64_t seed) {
  Rng rng(seed);
  for (int i = 0; i < samples; ++i)
    set.rows.push_back(cloud_rows(make_shape_cloud(Split::train, rng).xyz, seed));
}

}  // namespace

Status check_complete(const CalibrationSet& set) {
  std::string missing;
  const auto need = [&](bool there, const char* what) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  need(!set.pictures.empty(), "pictures (captions.tsv, labels.tsv)");
  need(!set.clips.empty(), "clips");
  need(!set.sounds.empty(), "sounds (transcripts.tsv)");
  need(!set.texts.empty(), "texts (captions or transcripts)");
  if (missing.empty()) return {};
  return bad_input("the calibration set (" + set.what + ") has no " + missing +
                   "; layers that only they reach would be guessed. Add them, or leave --data out "
                   "to calibrate on drawn scenes and the demo files");
}

Result<CalibrationSet> calibration_from(const EvalData& data, int samples, uint64_t seed) {
  CalibrationSet set;
  set.what = data.what;
  std::vector<const std::vector<PictureRecord>*> pictures;
  for (const auto& [name, source] : data.pictures) pictures.push_back(&source.records);
  take_in_turn(pictures, size_t(samples), [&](const PictureRecord& record) {
    set.pictures.push_back(fit_picture(record.picture, kImageSize));
    for (const Caption& caption : record.captions) add_text(set, caption.text, samples / 2);
  });
  std::vector<const std::vector<SpeechRecord>*> sounds;
  for (const auto& [name, records] : data.speech) sounds.push_back(&records);
  take_in_turn(sounds, size_t(samples), [&](const SpeechRecord& record) {
    Mel mel = record.mel;
    mel.values.resize(std::min(mel.values.size(), kLongestSound * kMelBins));
    if (!mel.values.empty()) set.sounds.push_back(std::move(mel));
    add_text(set, record.transcript.text, samples);
  });
  for (const auto& [language, texts] : data.texts)
    for (const std::string& text : texts) add_text(set, text, samples);
  if (set.pictures.empty()) return set;
  TUTTI_ASSIGN(const EvalScenes scenes, EvalScenes::create(data));
  add_scenes(set, scenes, samples / 2, seed);
  add_clouds(set, samples, seed);
  return set;
}

Result<CalibrationSet> drawn_calibration(int samples, uint64_t seed) {
  CalibrationSet set;
  set.what = "drawn scenes and the demo files";
  TUTTI_ASSIGN(const EvalScenes scenes, EvalScenes::create({}));
  add_scenes(set, scenes, samples, seed);
  add_clouds(set, samples, seed);
  for (const char* text : {"a red circle", "What can you do?", "good morning", "zero one two three",
                           "The cat sat on the mat and looked at the rain.", "a small blue star"})
    set.texts.push_back(text);
  return set;
}

}  // namespace tutti
