#include "data/mix/draw_pictures.h"

#include <algorithm>
#include <cassert>

#include "data/mix/draw_recorded.h"
#include "data/scene/augment.h"
#include "data/scene/matte.h"
#include "data/scene/paint.h"
#include "media/picture/raster.h"
#include "model/spec.h"

namespace tutti::draw {
namespace {

// A random square of a photographed person, and the same square of the mask: the set promises RGB,
// a mask of that size, and sides of 32 pixels (record_checks.h).
void add_person(Example& example, const PictureRecord& record, Rng& rng) {
  assert(record.mask && record.picture.channels == 3);
  const Picture& picture = record.picture;
  const int shorter = std::min(picture.width, picture.height);
  const int side = std::max(32, int(shorter * (0.6 + 0.4 * rng.uniform())));
  const int left = rng.below(picture.width - side + 1), top = rng.below(picture.height - side + 1);
  const Box box{left, top, left + side, top + side};
  Picture image = resize_picture(picture, box, kImageSize, kImageSize);
  Picture alpha = resize_picture(*record.mask, box, kImageSize, kImageSize);
  if (rng.uniform() < 0.5) {
    image = mirror(image);
    alpha = mirror(alpha);
  }
  change_light(image, random_light(0.5, rng));
  example.segments = {image_segment(std::move(image))};
  example.alpha = std::move(alpha);
}

void named_painting(const PictureRecord& record, const Caption& caption,
                    std::vector<Example>& out) {
  Example example;
  example.task = Task::paint;
  example.segments = {text_segment(generation_prompt(clipped(caption.ids), token_paint)),
                      paint_segment(record.picture)};
  out.push_back(std::move(example));
}

void labels(const Pools& pools, const PictureRecord& record, std::vector<Example>& out, Rng& rng) {
  const auto& upright = pools.upright;
  const bool flip = std::find(upright.begin(), upright.end(), record.source) == upright.end();
  if (!record.captions.empty())
    out.push_back(described(pools, seen(pools, record, rng, flip), Task::caption, token_name, "en",
                            record.captions[0].ids));
}

}  // namespace

void pictogram(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const PictureRecord& record = *pick(pools.pictograms, rng);
  const Caption* caption = pick_caption(pools, record, rng);
  if (!caption) return;
  const int pair = int(out.size());
  out.push_back(described(pools, seen(pools, record, rng, /*flip=*/false), Task::caption,
                          token_name, caption->language, caption->ids));
  named_painting(record, *caption, out);
  out[pair].pair = out[pair + 1].pair = pair;
}

void icon(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const PictureRecord& record = *pick(pools.icons, rng);
  if (const Caption* caption = pick_caption(pools, record, rng))
    out.push_back(described(pools, seen(pools, record, rng, false), Task::caption, token_name,
                            caption->language, caption->ids));
}

void paint(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  if (rng.uniform() < pools.shares.painted_pictograms) {
    const PictureRecord& record = *pick(pools.pictograms, rng);
    if (const Caption* caption = pick_caption(pools, record, rng))
      named_painting(record, *caption, out);
    return;
  }
  const PaintSample sample = make_paint(pools.library, rng);
  const auto at = sample.captions.find("en");
  if (at == sample.captions.end()) return;
  Example example;
  example.task = Task::paint;
  example.segments = {text_segment(generation_prompt(ids(pools, at->second), token_paint)),
                      paint_segment(sample.image)};
  out.push_back(std::move(example));
}

void paint_plain(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const PictureRecord& record = *pick(pools.plain_pictograms, rng);
  for (const Caption& caption : record.captions)
    if (caption.language == "en" && !caption.ids.empty())
      return named_painting(record, caption, out);
}

void photo(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const PictureRecord& record = *pick(pools.photos, rng);
  const Caption* caption = pick_caption(pools, record, rng);
  if (!caption) return;
  const int pair = int(out.size());
  out.push_back(described(pools, seen(pools, record, rng, true), Task::caption, token_caption,
                          caption->language, caption->ids));
  out.back().pair = pair;
  out.push_back(text_alone(caption->ids, pair));
}

void cifar(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  labels(pools, *pick(pools.cifar, rng), out, rng);
}
// Views of voxels count like labelled pictures.
void labelled(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const int pictures = int(pools.labels.size()), things = int(pools.voxels.size());
  if (things > 0 && rng.below(pictures + things) >= pictures) return voxel_view(pools, out, rng);
  labels(pools, *pick(pools.labels, rng), out, rng);
}

void matte(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  Example example;
  example.task = Task::matte;
  if (rng.uniform() < pools.shares.composed_mattes || pools.persons.empty()) {
    MatteSample sample = make_matte(pools.library, rng);
    example.segments = {image_segment(std::move(sample.image))};
    example.alpha = std::move(sample.alpha);
  } else {
    add_person(example, *pick(pools.persons, rng), rng);
  }
  out.push_back(std::move(example));
}

}  // namespace tutti::draw
