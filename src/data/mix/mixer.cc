#include "data/mix/mixer.h"

#include <algorithm>
#include <cmath>

#include "base/joined.h"
#include "data/mix/draw_clouds.h"
#include "data/mix/draw_pictures.h"
#include "data/mix/draw_recorded.h"
#include "data/mix/draw_scenes.h"
#include "data/mix/draw_speech.h"
#include "data/scene/library.h"
#include "media/picture/raster.h"

namespace tutti {
namespace {

struct ExampleKind {
  const char* name;
  void (*draw)(const Pools&, std::vector<Example>&, Rng&);
  bool (*available)(const Pools&);          // nullptr: needs no shards
  std::vector<double MixShares::*> shares;  // that it is drawn by
};

const ExampleKind kExampleKinds[] = {
    {"pictograms",
     draw::pictogram,
     [](const Pools& p) { return !p.pictograms.empty(); },
     {&MixShares::english_captions, &MixShares::backdrops, &MixShares::photo_backdrops,
      &MixShares::inverted_icons}},
    {"icons",
     draw::icon,
     [](const Pools& p) { return !p.icons.empty(); },
     {&MixShares::english_captions, &MixShares::backdrops, &MixShares::photo_backdrops,
      &MixShares::inverted_icons}},
    {"paint",
     draw::paint,
     [](const Pools& p) { return !p.pictograms.empty(); },
     {&MixShares::english_captions, &MixShares::painted_pictograms}},
    {"paint_plain",
     draw::paint_plain,
     [](const Pools& p) { return !p.plain_pictograms.empty(); },
     {}},
    {"photos",
     draw::photo,
     [](const Pools& p) { return !p.photos.empty(); },
     {&MixShares::english_captions, &MixShares::backdrops, &MixShares::photo_backdrops,
      &MixShares::inverted_icons}},
    {"cifar",
     draw::cifar,
     [](const Pools& p) { return !p.cifar.empty(); },
     {&MixShares::backdrops, &MixShares::photo_backdrops, &MixShares::inverted_icons}},
    {"labels",
     draw::labelled,
     [](const Pools& p) { return !p.labels.empty() || !p.voxels.empty(); },
     {&MixShares::backdrops, &MixShares::photo_backdrops, &MixShares::inverted_icons}},
    {"digits",
     draw::digit,
     [](const Pools& p) { return !p.digits.empty(); },
     {&MixShares::more_digits}},
    {"commands", draw::command, [](const Pools& p) { return !p.commands.empty(); }, {}},
    {"recorded", draw::recorded, [](const Pools& p) { return !p.recorded.empty(); }, {}},
    {"synthetic", draw::synthetic, [](const Pools& p) { return !p.synthetic.empty(); }, {}},
    {"spelled", draw::spelled, [](const Pools& p) { return !p.synthetic.empty(); }, {}},
    {"sounds", draw::sound, [](const Pools& p) { return !p.sounds.empty(); }, {}},
    {"speak", draw::speak, [](const Pools& p) { return !p.spoken.empty(); }, {}},
    {"speech_to_picture",
     draw::speech_to_picture,
     [](const Pools& p) { return !p.spoken_names.empty(); },
     {}},
    {"questions",
     draw::questions,
     nullptr,
     {&MixShares::plain_scenes, &MixShares::captioned_questions, &MixShares::other_languages,
      &MixShares::fewer_count_others}},
    {"recorded_questions",
     draw::recorded_question,
     [](const Pools& p) { return !p.questions.empty(); },
     {}},
    {"scenes", draw::scene, nullptr, {&MixShares::any_caption_language}},
    {"clips",
     draw::clip,
     nullptr,
     {&MixShares::plain_scenes, &MixShares::captioned_clips, &MixShares::other_languages,
      &MixShares::fewer_count_others}},
    {"recorded_clips",
     draw::recorded_clip,
     [](const Pools& p) { return !p.streets.empty() || !p.radar.empty(); },
     {&MixShares::captioned_series, &MixShares::street_clips}},
    {"street_questions",
     draw::street_questions,
     [](const Pools& p) { return !p.streets.empty(); },
     {&MixShares::captioned_series}},
    {"turning_clips",
     draw::turning_clip,
     [](const Pools& p) { return !p.voxels.empty(); },
     {&MixShares::captioned_series}},
    {"clouds",
     draw::cloud,
     [](const Pools& p) { return p.shares.generated_clouds == 1 || !p.clouds.names().empty(); },
     {&MixShares::generated_clouds, &MixShares::captioned_clouds}},
    {"mattes",
     draw::matte,
     [](const Pools& p) { return !p.persons.empty() || !p.library.cutouts.empty(); },
     {&MixShares::composed_mattes}},
    {"text", draw::text, [](const Pools& p) { return !p.texts.empty(); }, {}},
    {"vocoder", draw::vocoder, [](const Pools& p) { return !p.vocoder.empty(); }, {}},
};

Result<const ExampleKind*> find_kind(const std::string& name) {
  for (const ExampleKind& kind : kExampleKinds)
    if (name == kind.name) return &kind;
  return bad_input("[mix] " + name + " is not a known kind of example; known: " +
                   joined(kExampleKinds, &ExampleKind::name));
}

Status check_scene_kinds(const std::map<std::string, int>& kinds) {
  std::vector<std::string> known;
  for (int kind = 0; kind < kSceneKindCount; ++kind)
    known.emplace_back(scene_kind_name(SceneKind(kind)));
  int64_t parts = 0;
  for (const auto& [name, count] : kinds) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bad_input("[scene_kinds] " + name +
                       " is not a known kind of scene; known: " + joined(known));
    parts += count;
  }
  if (parts > 0) return {};
  return bad_input(
      "[scene_kinds] gives no kind of scene a part, and [mix] questions is drawn by it; "
      "recipes/nano.toml states all of them");
}

// What the kind is drawn by is in the recipe.
Status check_stated(const ExampleKind& kind, const Mixture& mixture) {
  for (const ShareKey& key : kShareKeys)
    if (std::find(kind.shares.begin(), kind.shares.end(), key.share) != kind.shares.end() &&
        std::isnan(mixture.shares.*key.share))
      return bad_input("[shares] " + std::string(key.name) + " is missing, and [mix] " + kind.name +
                       " is drawn by it; recipes/nano.toml states all of them");
  if (kind.draw == draw::questions) return check_scene_kinds(mixture.scene_kinds);
  return {};
}

}  // namespace

struct Mixer::State {
  State(const ShardSet& shards, const Mixture& mixture) : pools(shards, mixture) {}

  const Pools pools;
  std::vector<std::pair<const ExampleKind*, int>> plan;
};

Mixer::Mixer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mixer::Mixer(Mixer&&) noexcept = default;
Mixer& Mixer::operator=(Mixer&&) noexcept = default;
Mixer::~Mixer() = default;

Result<Mixer> Mixer::create(const ShardSet& shards, const Mixture& mixture) {
  auto state = std::make_unique<State>(shards, mixture);
  const Pools& pools = state->pools;
  TUTTI_CHECK(check_library(pools.library));
  for (const auto& [name, count] : mixture.counts) {
    TUTTI_ASSIGN(const ExampleKind* kind, find_kind(name));
    if (count > 0 && kind->available && !kind->available(pools))
      return bad_input("[mix] " + name +
                       ": the shards hold nothing for it in the sets that [sources] names; set it "
                       "to 0, name others or rebuild the shards");
    if (count > 0) TUTTI_CHECK(check_stated(*kind, mixture));
    state->plan.push_back({kind, count});
  }
  return Mixer(std::move(state));
}

std::map<std::string, int> Mixer::every_kind(const ShardSet& shards, const Mixture& mixture,
                                             int count) {
  const Pools pools(shards, mixture);
  std::map<std::string, int> mix;
  for (const ExampleKind& kind : kExampleKinds)
    if (!kind.available || kind.available(pools)) mix[kind.name] = count;
  return mix;
}

std::vector<Example> Mixer::draw(Rng& rng) const {
  std::vector<Example> examples;
  for (const auto& [kind, count] : state_->plan)
    for (int i = 0; i < count; ++i) kind->draw(state_->pools, examples, rng);
  return examples;
}

}  // namespace tutti
