#include "data/mix/draw_recorded.h"

#include <algorithm>

#include "data/mix/mixer.h"
#include "data/recorded/recorded.h"
#include "data/recorded/street.h"
#include "data/recorded/turning.h"
#include "model/spec.h"

namespace tutti::draw {
namespace {

constexpr size_t kMostClipQuestions = 4;

void shuffle(std::vector<QuestionAnswer>& questions, Rng& rng) {
  for (size_t i = questions.size(); i > 1; --i)
    std::swap(questions[i - 1], questions[size_t(rng.below(int(i)))]);
  questions.resize(std::min(questions.size(), kMostClipQuestions));
}

// A caption, which also makes a pair with the text alone, and then questions; or questions alone.
void told_clip(const Pools& pools, ToldClip told, std::vector<Example>& out, Rng& rng) {
  const bool captioned = told.questions.empty() || rng.uniform() < pools.shares.captioned_series;
  const int pair = int(out.size());
  Example example;
  example.task = Task::clip;
  if (captioned) {
    example = described(pools, clip_segment(std::move(told.clip)), Task::clip, token_caption, "en",
                        ids(pools, told.caption));
    example.pair = pair;
  } else {
    example.segments = {clip_segment(std::move(told.clip))};
  }
  shuffle(told.questions, rng);
  for (const QuestionAnswer& q : told.questions) ask(pools, example, q.question, q.answer);
  out.push_back(std::move(example));
  if (captioned) out.push_back(text_alone(ids(pools, told.caption), pair));
}

}  // namespace

void recorded_clip(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const bool street =
      pools.radar.empty() || (!pools.streets.empty() && rng.uniform() < pools.shares.street_clips);
  told_clip(pools, make_recorded_clip(*pick(street ? pools.streets : pools.radar, rng), rng), out,
            rng);
}

void turning_clip(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  told_clip(pools, make_turning_clip(*pick(pools.voxels, rng), rng), out, rng);
}

void street_questions(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  ToldPicture told = make_street_picture(*pick(pools.streets, rng), rng);
  Example example;
  if (told.questions.empty() || rng.uniform() < pools.shares.captioned_series)
    example = described(pools, image_segment(std::move(told.picture)), Task::question,
                        token_caption, "en", ids(pools, told.caption));
  else
    example.segments = {image_segment(std::move(told.picture))};
  example.task = Task::question;
  shuffle(told.questions, rng);
  for (const QuestionAnswer& q : told.questions) ask(pools, example, q.question, q.answer);
  out.push_back(std::move(example));
}

void voxel_view(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const VoxelRecord& thing = *pick(pools.voxels, rng);
  out.push_back(described(pools, image_segment(make_voxel_view(thing, rng)), Task::caption,
                          token_name, "en", ids(pools, thing.label)));
}

}  // namespace tutti::draw
