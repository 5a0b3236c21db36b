#include "data/mix/mixer.h"

#include "base/joined.h"
#include "data/mix/drawer.h"
#include "media/picture/raster.h"

namespace tutti {
namespace {

struct ExampleKind {
  const char* name;
  void (Drawer::*draw)(std::vector<Example>&, Rng&) const;
  bool (*available)(const Pools&);  // nullptr: needs no shards
};

constexpr ExampleKind kExampleKinds[] = {
    {"pictograms", &Drawer::pictogram, [](const Pools& p) { return !p.pictograms.empty(); }},
    {"icons", &Drawer::icon, [](const Pools& p) { return !p.icons.empty(); }},
    {"paint", &Drawer::paint, [](const Pools& p) { return !p.pictograms.empty(); }},
    {"paint_plain", &Drawer::paint_plain,
     [](const Pools& p) { return !p.plain_pictograms.empty(); }},
    {"photos", &Drawer::photo, [](const Pools& p) { return !p.photos.empty(); }},
    {"cifar", &Drawer::cifar, [](const Pools& p) { return !p.cifar.empty(); }},
    {"labels", &Drawer::labelled,
     [](const Pools& p) { return !p.labels.empty() || !p.voxels.empty(); }},
    {"digits", &Drawer::digit, [](const Pools& p) { return !p.digits.empty(); }},
    {"commands", &Drawer::command, [](const Pools& p) { return !p.commands.empty(); }},
    {"recorded", &Drawer::recorded, [](const Pools& p) { return !p.recorded.empty(); }},
    {"synthetic", &Drawer::synthetic, [](const Pools& p) { return !p.synthetic.empty(); }},
    {"spelled", &Drawer::spelled, [](const Pools& p) { return !p.synthetic.empty(); }},
    {"sounds", &Drawer::sound, [](const Pools& p) { return !p.sounds.empty(); }},
    {"speak", &Drawer::speak, [](const Pools& p) { return !p.spoken.empty(); }},
    {"speech_to_picture", &Drawer::speech_to_picture,
     [](const Pools& p) { return !p.spoken_names.empty(); }},
    {"questions", &Drawer::questions, nullptr},
    {"recorded_questions", &Drawer::recorded_question,
     [](const Pools& p) { return !p.questions.empty(); }},
    {"scenes", &Drawer::scene, nullptr},
    {"clips", &Drawer::clip, nullptr},
    {"recorded_clips", &Drawer::recorded_clip,
     [](const Pools& p) { return !p.streets.empty() || !p.radar.empty(); }},
    {"street_questions", &Drawer::street_questions,
     [](const Pools& p) { return !p.streets.empty(); }},
    {"turning_clips", &Drawer::turning_clip, [](const Pools& p) { return !p.voxels.empty(); }},
    {"mattes", &Drawer::matte,
     [](const Pools& p) { return !p.persons.empty() || !p.library.cutouts.empty(); }},
    {"text", &Drawer::text, [](const Pools& p) { return !p.texts.empty(); }},
    {"vocoder", &Drawer::vocoder, [](const Pools& p) { return !p.vocoder.empty(); }},
};

Result<const ExampleKind*> find_kind(const std::string& name) {
  for (const ExampleKind& kind : kExampleKinds)
    if (name == kind.name) return &kind;
  return bad_input("[mix] " + name + " is not a known kind of example; known: " +
                   joined(kExampleKinds, &ExampleKind::name));
}

}  // namespace

struct Mixer::State {
  explicit State(const ShardSet& shards) : drawer(shards) {}

  Drawer drawer;
  std::vector<std::pair<const ExampleKind*, int>> plan;
};

Mixer::Mixer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mixer::Mixer(Mixer&&) noexcept = default;
Mixer& Mixer::operator=(Mixer&&) noexcept = default;
Mixer::~Mixer() = default;

Result<Mixer> Mixer::create(const ShardSet& shards, const std::map<std::string, int>& mix) {
  auto state = std::make_unique<State>(shards);
  const Pools& pools = state->drawer.pools();
  TUTTI_CHECK(check_library(pools.library));
  for (const auto& [name, count] : mix) {
    TUTTI_ASSIGN(const ExampleKind* kind, find_kind(name));
    if (count > 0 && kind->available && !kind->available(pools))
      return bad_input("[mix] " + name +
                       ": the shards hold nothing for it; set it to 0 or rebuild the shards");
    state->plan.push_back({kind, count});
  }
  return Mixer(std::move(state));
}

std::map<std::string, int> Mixer::every_kind(const ShardSet& shards, int count) {
  const Pools pools(shards);
  std::map<std::string, int> mix;
  for (const ExampleKind& kind : kExampleKinds)
    if (!kind.available || kind.available(pools)) mix[kind.name] = count;
  return mix;
}

std::vector<Example> Mixer::draw(Rng& rng) const {
  std::vector<Example> examples;
  for (const auto& [kind, count] : state_->plan)
    for (int i = 0; i < count; ++i) (state_->drawer.*kind->draw)(examples, rng);
  return examples;
}

}  // namespace tutti
