#include "data/mix/draw_scenes.h"

#include <numeric>

#include "data/mix/locate.h"
#include "data/scene/clip.h"
#include "data/scene/library.h"
#include "data/scene/scene.h"
#include "media/picture/fit_picture.h"
#include "model/spec.h"

namespace tutti::draw {
namespace {

constexpr size_t kMostQuestions = 8;

SceneKind draw_kind(const Pools& pools, Rng& rng) {
  const auto& parts = pools.scene_kinds;
  int at = rng.below(std::accumulate(parts.begin(), parts.end(), 0));
  size_t kind = 0;
  while (at >= parts[kind]) at -= parts[kind++];
  return SceneKind(kind);
}

// English questions and a few of the others, in random order.
std::vector<const QuestionAnswer*> shuffled(const Pools& pools,
                                            const std::vector<QuestionAnswer>& all, Rng& rng) {
  std::vector<const QuestionAnswer*> chosen;
  for (const QuestionAnswer& q : all) {
    // One to three, where "count" goes to six: asked as often, four and five would never be said.
    if (q.kind == "count_others" && rng.uniform() < pools.shares.fewer_count_others) continue;
    if (q.language == "en" || rng.uniform() < pools.shares.other_languages) chosen.push_back(&q);
  }
  for (size_t i = chosen.size(); i > 1; --i) std::swap(chosen[i - 1], chosen[rng.below(int(i))]);
  chosen.resize(std::min(chosen.size(), kMostQuestions));
  return chosen;
}

}  // namespace

void questions(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const SceneLibrary& library =
      rng.uniform() < pools.shares.plain_scenes ? pools.shapes : pools.library;
  const Scene scene = make_scene(library, draw_kind(pools, rng), rng);
  Segment picture = image_segment(scene.image);
  picture.located = locate(scene, pools.shards.pieces());
  Example example;
  example.task = Task::question;
  const auto caption = scene.captions.find("en");
  if (caption != scene.captions.end() && rng.uniform() < pools.shares.captioned_questions)
    example = described(pools, std::move(picture), Task::question, token_caption, "en",
                        ids(pools, caption->second));
  else
    example.segments = {std::move(picture)};
  for (const QuestionAnswer* q : shuffled(pools, scene.questions, rng))
    ask(pools, example, q->question, q->answer,
        q->language == "en" ? locate(scene, q->question, pools.shards.pieces())
                            : std::vector<Located>());
  if (example.segments.size() > 1) out.push_back(std::move(example));
}

void recorded_question(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const auto& [source, question] = pick(pools.questions, rng);
  const PictureRecord& record = pools.shards.pictures(source)[question->picture];
  Example example;
  example.task = Task::question;
  example.segments = {image_segment(fit_picture(record.picture, kImageSize))};
  ask(pools, example, question->question.text, question->answer.text);
  out.push_back(std::move(example));
}

void scene(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const Scene scene = make_scene(pools.library, SceneKind(rng.below(kSceneKindCount)), rng);
  if (scene.captions.empty()) return;
  auto caption = scene.captions.find("en");
  if (caption == scene.captions.end() || rng.uniform() < pools.shares.any_caption_language)
    caption = std::next(scene.captions.begin(), rng.below(int(scene.captions.size())));
  out.push_back(described(pools, image_segment(scene.image), Task::caption, token_caption,
                          caption->first, ids(pools, caption->second)));
}

// A caption and then questions, or questions alone.
void clip(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  ClipSample sample =
      make_clip(rng.uniform() < pools.shares.plain_scenes ? pools.shapes : pools.library, rng);
  Segment segment = clip_segment(std::move(sample.clip));
  segment.located = locate(sample, pools.shards.pieces());
  const auto caption = sample.captions.find("en");
  const bool captioned =
      caption != sample.captions.end() && rng.uniform() < pools.shares.captioned_clips;
  const int pair = int(out.size());
  Example example;
  if (captioned) {
    example = described(pools, std::move(segment), Task::clip, token_caption, "en",
                        ids(pools, caption->second));
    example.pair = pair;
  } else {
    example.task = Task::clip;
    example.segments = {std::move(segment)};
  }
  for (const QuestionAnswer* q : shuffled(pools, sample.questions, rng))
    ask(pools, example, q->question, q->answer);
  if (example.segments.size() < 2) return;
  out.push_back(std::move(example));
  if (captioned) out.push_back(text_alone(ids(pools, caption->second), pair));
}

}  // namespace tutti::draw
