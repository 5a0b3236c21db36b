#include "data/mix/example_parts.h"

#include <algorithm>

#include "data/mix/change_mel.h"
#include "data/scene/augment.h"
#include "media/picture/fit_picture.h"
#include "media/picture/raster.h"
#include "model/spec.h"

namespace tutti::draw {
namespace {

constexpr size_t kMostCaptionTokens = 60;

Picture over(const Picture& rgba, Picture backdrop) {
  for (int i = 0; i < rgba.width * rgba.height; ++i) {
    const uint8_t* source = rgba.pixels.data() + i * 4;
    uint8_t* target = backdrop.pixels.data() + i * 3;
    for (int c = 0; c < 3; ++c)
      target[c] = uint8_t(divide_by_255(source[c] * source[3] + target[c] * (255 - source[3])));
  }
  return backdrop;
}

}  // namespace

Tokens clipped(const Tokens& ids) {
  return {ids.begin(), ids.begin() + std::min(ids.size(), kMostCaptionTokens)};
}

Segment text_segment(Tokens tokens, bool target) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

Segment image_segment(Picture picture) {
  Segment segment;
  segment.stem = Stem::picture;
  segment.image = std::move(picture);
  return segment;
}

Segment clip_segment(Clip clip) {
  Segment segment;
  segment.stem = Stem::clip;
  segment.clip = std::move(clip);
  return segment;
}

Segment rows_segment(Rows rows) {
  Segment segment;
  segment.stem = Stem::patches;
  segment.rows = std::move(rows);
  return segment;
}

Segment paint_segment(const Picture& picture) {
  Segment segment;
  segment.stem = Stem::noisy;
  segment.image = fit_picture(picture, kPaintSize);
  return segment;
}

Segment heard_segment(const SpeechRecord& record, Rng& rng) {
  Segment segment;
  segment.stem = Stem::sound;
  segment.mel = change_mel(record.mel, rng);
  segment.transcript = record.transcript.text;
  return segment;
}

Segment spoken_segment(const SpeechRecord& record) {
  Segment segment;
  segment.stem = Stem::spoken;
  segment.mel = record.mel;
  segment.transcript = record.transcript.text;
  segment.timing = record.timing;
  return segment;
}

Example text_alone(const Tokens& ids, int pair) {
  Example example;
  example.task = Task::text;
  example.pair = pair;
  example.segments = {text_segment(generation_prompt(clipped(ids), token_paint))};
  return example;
}

// English or, the other times, any language that the record has.
const Caption* pick_caption(const Pools& pools, const PictureRecord& record, Rng& rng) {
  std::vector<const Caption*> english, all;
  for (const Caption& caption : record.captions) {
    if (caption.ids.empty() || caption.language == "keywords") continue;
    all.push_back(&caption);
    if (caption.language == "en") english.push_back(&caption);
  }
  if (all.empty()) return nullptr;
  const bool use_english = rng.uniform() < pools.shares.english_captions && !english.empty();
  return pick(use_english ? english : all, rng);
}

Segment seen(const Pools& pools, const PictureRecord& record, Rng& rng, bool flip) {
  AugmentLimits limits;
  limits.flip = flip;
  return image_segment(
      augment_picture(on_backdrop(pools, record.picture, kImageSize, rng), rng, limits));
}

// Transparent pictures go on white, a colour or a photograph; grey icons may be inverted.
Picture on_backdrop(const Pools& pools, const Picture& picture, int side, Rng& rng) {
  Picture fitted = fit_picture(picture, side);
  const double draw = rng.uniform();
  if (picture.channels == 1 && draw < pools.shares.inverted_icons)
    for (uint8_t& value : fitted.pixels) value = uint8_t(255 - value);
  if (picture.channels != 4 || draw >= pools.shares.backdrops) return fitted;
  Picture backdrop = make_picture(side, side, 3);
  if (draw < pools.shares.photo_backdrops && !pools.library.backgrounds.empty()) {
    backdrop = resize_picture(pick(pools.library.backgrounds, rng), side, side);
  } else {
    uint8_t colour[3];
    for (uint8_t& value : colour) value = uint8_t(rng.below(256));
    for (int i = 0; i < side * side; ++i) std::copy_n(colour, 3, backdrop.pixels.data() + i * 3);
  }
  return over(resize_picture(picture, side, side), backdrop);
}

Example described(const Pools& pools, Segment segment, Task task, SpecialToken how,
                  const std::string& language, const Tokens& answer) {
  Example example;
  example.task = task;
  example.segments = {std::move(segment), text_segment(describe_prompt(how, ids(pools, language))),
                      text_segment(clipped(answer), true)};
  return example;
}

void ask(const Pools& pools, Example& example, const std::string& question,
         const std::string& answer, std::vector<Located> located) {
  Segment asked = text_segment(question_prompt(ids(pools, question)));
  asked.located = std::move(located);
  for (Located& word : asked.located) ++word.row;  // a mark stands before the question
  example.segments.push_back(std::move(asked));
  example.segments.push_back(text_segment(ids(pools, answer), true));
}

}  // namespace tutti::draw
