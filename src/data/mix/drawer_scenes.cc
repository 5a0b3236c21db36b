// Generated scenes and clips, and pictures that come with questions. A picture costs several times
// what a question about it does, so most are asked more than one.
#include <numeric>

#include "data/mix/drawer.h"
#include "data/mix/locate.h"
#include "data/scene/clip.h"
#include "media/picture/fit_picture.h"
#include "data/scene/scene.h"
#include "model/config.h"

namespace tutti {
namespace {

constexpr double kOtherLanguage = 0.06;
constexpr double kPlain = 0.4;      // of the scenes: shapes alone, which are told apart first
constexpr double kCaptioned = 0.3;  // of the scenes: described before they are asked about
constexpr size_t kMostQuestions = 8;
// Counting and places are learned last: most scenes ask about them. In the order of SceneKind.
constexpr int kKindShares[kSceneKindCount] = {60, 4, 4, 22, 4, 6};

SceneKind draw_kind(Rng& rng) {
  int at = rng.below(std::accumulate(std::begin(kKindShares), std::end(kKindShares), 0)), kind = 0;
  while (at >= kKindShares[kind]) at -= kKindShares[kind++];
  return SceneKind(kind);
}

// English questions and a few of the others, in random order.
std::vector<const QuestionAnswer*> shuffled(const std::vector<QuestionAnswer>& all, Rng& rng) {
  std::vector<const QuestionAnswer*> chosen;
  for (const QuestionAnswer& q : all) {
    // One to three, where "count" goes to six: asked as often, four and five would never be said.
    if (q.kind == "count_others" && rng.uniform() < 0.7) continue;
    if (q.language == "en" || rng.uniform() < kOtherLanguage) chosen.push_back(&q);
  }
  for (size_t i = chosen.size(); i > 1; --i) std::swap(chosen[i - 1], chosen[rng.below(int(i))]);
  chosen.resize(std::min(chosen.size(), kMostQuestions));
  return chosen;
}

}  // namespace

void Drawer::questions(Examples& out, Rng& rng) const {
  const SceneLibrary& library = rng.uniform() < kPlain ? pools_.shapes : pools_.library;
  const Scene scene = make_scene(library, draw_kind(rng), rng);
  Segment picture = image_segment(scene.image);
  picture.located = locate(scene, pools_.shards.pieces());
  Example example;
  example.task = Task::question;
  const auto caption = scene.captions.find("en");
  if (caption != scene.captions.end() && rng.uniform() < kCaptioned)
    example =
        described(std::move(picture), Task::question, token_caption, "en", ids(caption->second));
  else
    example.segments = {std::move(picture)};
  for (const QuestionAnswer* q : shuffled(scene.questions, rng))
    ask(example, q->question, q->answer,
        q->language == "en" ? locate(scene, q->question, pools_.shards.pieces())
                            : std::vector<Located>());
  if (example.segments.size() > 1) out.push_back(std::move(example));
}

void Drawer::recorded_question(Examples& out, Rng& rng) const {
  const auto& [source, question] = pick(pools_.questions, rng);
  const PictureRecord& record = pools_.shards.pictures(source)[question->picture];
  Example example;
  example.task = Task::question;
  example.segments = {image_segment(fit_picture(record.picture, kImageSize))};
  ask(example, question->question.text, question->answer.text);
  out.push_back(std::move(example));
}

void Drawer::scene(Examples& out, Rng& rng) const {
  const Scene scene = make_scene(pools_.library, SceneKind(rng.below(kSceneKindCount)), rng);
  if (scene.captions.empty()) return;
  auto caption = scene.captions.find("en");
  if (caption == scene.captions.end() || rng.uniform() < 0.3)
    caption = std::next(scene.captions.begin(), rng.below(int(scene.captions.size())));
  out.push_back(described(image_segment(scene.image), Task::caption, token_caption, caption->first,
                          ids(caption->second)));
}

// A caption and then questions, or questions alone.
void Drawer::clip(Examples& out, Rng& rng) const {
  ClipSample sample = make_clip(rng.uniform() < kPlain ? pools_.shapes : pools_.library, rng);
  Segment segment;
  segment.kind = Segment::Kind::clip;
  segment.clip = std::move(sample.clip);
  segment.located = locate(sample, pools_.shards.pieces());
  const auto caption = sample.captions.find("en");
  const bool captioned = caption != sample.captions.end() && rng.uniform() < 0.7;
  const int pair = int(out.size());
  Example example;
  if (captioned) {
    example = described(std::move(segment), Task::clip, token_caption, "en", ids(caption->second));
    example.pair = pair;
  } else {
    example.task = Task::clip;
    example.segments = {std::move(segment)};
  }
  for (const QuestionAnswer* q : shuffled(sample.questions, rng))
    ask(example, q->question, q->answer);
  if (example.segments.size() < 2) return;
  out.push_back(std::move(example));
  if (captioned) out.push_back(text_alone(ids(caption->second), pair));
}

}  // namespace tutti
