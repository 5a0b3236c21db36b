#include "eval/scene_items.h"

#include <algorithm>

#include "data/scene/clip.h"
#include "data/scene/library.h"
#include "data/scene/scene.h"
#include "data/scene/shapes.h"
#include "data/scene/words/english.h"

namespace tutti {

struct EvalScenes::Library {
  SceneLibrary scenes;
};

namespace {

// How many different answers a kind has; 0: open.
int closed_answers(const std::string& kind) {
  if (kind == "count") return 6;
  if (kind == "colour") return kColourCount;
  return kind == "relation_holds" || kind == "exists" ? 2 : 0;
}

// The kind of scene that asks it.
SceneKind scene_of(const std::string& kind) {
  if (kind == "count" || kind == "total") return SceneKind::count;
  if (kind == "colour") return SceneKind::colour;
  if (kind == "exists" || kind == "where") return SceneKind::several;
  return SceneKind::spatial;
}

}  // namespace

EvalScenes::EvalScenes(std::unique_ptr<Library> library) : library_(std::move(library)) {}
EvalScenes::EvalScenes(EvalScenes&&) noexcept = default;
EvalScenes::~EvalScenes() = default;

Result<EvalScenes> EvalScenes::create(const EvalData& data) {
  auto library = std::make_unique<Library>();
  for (const auto& [name, set] : data.pictures) {
    for (const PictureRecord& record : set.records) {
      if (set.kind != EvalPictures::Kind::named || record.picture.channels != 4) continue;
      if (record.label.empty() || !nameable(record.label) ||
          bounds_of(record.picture, 128).width() <= 0)
        continue;
      library->scenes.sprites.push_back({record.label, {}, record.picture});
    }
    if (name == "backgrounds_bsds")
      for (const PictureRecord& record : set.records)
        if (record.picture.channels == 3) library->scenes.backgrounds.push_back(record.picture);
  }
  TUTTI_CHECK(check_library(library->scenes));
  return EvalScenes(std::move(library));
}

std::vector<AskedPicture> EvalScenes::questions(const std::string& kind, int count,
                                                uint64_t seed) const {
  constexpr int kMostTries = 100;  // scenes a question
  const int answers = closed_answers(kind),
            quota = answers ? (count + answers - 1) / answers : count;
  std::map<std::string, int> used;
  std::vector<AskedPicture> out;
  Rng rng(seed), choice(seed + 1);
  for (int tries = 0; int(out.size()) < count && tries < count * kMostTries; ++tries) {
    const Scene scene = make_scene(library_->scenes, scene_of(kind), rng);
    std::vector<const QuestionAnswer*> fit;
    for (const QuestionAnswer& q : scene.questions)
      if (q.kind == kind && q.language == "en" && used[q.answer] < quota) fit.push_back(&q);
    if (fit.empty()) continue;
    // One of a picture, so that samples are independent; any, for the first relation that a scene
    // asks is always about what is leftmost or on top.
    const QuestionAnswer& q = *fit[size_t(choice.below(int(fit.size())))];
    ++used[q.answer];
    out.push_back({scene.image, q.question, q.answer});
  }
  return out;
}

std::vector<SeenClip> EvalScenes::clips(int count, uint64_t seed) const {
  std::vector<SeenClip> out;
  Rng rng(seed);
  while (int(out.size()) < count) {
    ClipSample sample = make_clip(library_->scenes, rng);
    const auto caption = sample.captions.find("en");
    if (caption != sample.captions.end())
      out.push_back({std::move(sample.clip.frames), caption->second});
  }
  return out;
}

std::vector<std::string> EvalScenes::actions() {
  Term star;
  star.shape = ShapeId::star;
  const size_t subject = indefinite_phrase(Language::english, star).size() + 1;
  std::vector<std::string> phrases;
  for (int action = 0; action < kActionCount; ++action)
    phrases.push_back(caption_actions(Language::english, {{star, Action(action)}}).substr(subject));
  return phrases;
}

}  // namespace tutti
