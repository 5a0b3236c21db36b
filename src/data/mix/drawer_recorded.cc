// Series of recorded pictures and things made of voxels: clips, frames and views, with what is
// computed from them in words.
#include <algorithm>

#include "data/mix/drawer.h"
#include "data/mix/mixer.h"
#include "model/config.h"

namespace tutti {
namespace {

constexpr double kClipCaptioned =
    0.6;  // of the clips and frames: described before they are asked about
constexpr size_t kMostClipQuestions = 4;

void shuffle(std::vector<QuestionAnswer>& questions, Rng& rng) {
  for (size_t i = questions.size(); i > 1; --i)
    std::swap(questions[i - 1], questions[size_t(rng.below(int(i)))]);
  questions.resize(std::min(questions.size(), kMostClipQuestions));
}

Segment clip_segment(Clip clip) {
  Segment segment;
  segment.kind = Segment::Kind::clip;
  segment.clip = std::move(clip);
  return segment;
}

}  // namespace

// A caption, which also makes a pair with the text alone, and then questions; or questions alone.
void Drawer::told_clip(ToldClip told, Examples& out, Rng& rng) const {
  const bool captioned = told.questions.empty() || rng.uniform() < kClipCaptioned;
  const int pair = int(out.size());
  Example example;
  example.task = Task::clip;
  if (captioned) {
    example = described(clip_segment(std::move(told.clip)), Task::clip, token_caption, "en",
                        ids(told.caption));
    example.pair = pair;
  } else {
    example.segments = {clip_segment(std::move(told.clip))};
  }
  shuffle(told.questions, rng);
  for (const QuestionAnswer& q : told.questions) ask(example, q.question, q.answer);
  out.push_back(std::move(example));
  if (captioned) out.push_back(text_alone(ids(told.caption), pair));
}

void Drawer::recorded_clip(Examples& out, Rng& rng) const {
  const bool street = pools_.radar.empty() || (!pools_.streets.empty() && rng.uniform() < 0.5);
  told_clip(make_recorded_clip(*pick(street ? pools_.streets : pools_.radar, rng), rng), out, rng);
}

void Drawer::turning_clip(Examples& out, Rng& rng) const {
  told_clip(make_turning_clip(*pick(pools_.voxels, rng), rng), out, rng);
}

void Drawer::street_questions(Examples& out, Rng& rng) const {
  ToldPicture told = make_street_picture(*pick(pools_.streets, rng), rng);
  Example example;
  if (told.questions.empty() || rng.uniform() < kClipCaptioned)
    example = described(image_segment(std::move(told.picture)), Task::question, token_caption, "en",
                        ids(told.caption));
  else
    example.segments = {image_segment(std::move(told.picture))};
  example.task = Task::question;
  shuffle(told.questions, rng);
  for (const QuestionAnswer& q : told.questions) ask(example, q.question, q.answer);
  out.push_back(std::move(example));
}

void Drawer::voxel_view(Examples& out, Rng& rng) const {
  const VoxelRecord& thing = *pick(pools_.voxels, rng);
  out.push_back(described(image_segment(make_voxel_view(thing, rng)), Task::caption, token_name,
                          "en", ids(thing.label)));
}

}  // namespace tutti
