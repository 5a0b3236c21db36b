// Pictures in and out: names, captions, paintings, mattes.
#include <algorithm>
#include <cassert>

#include "data/mix/drawer.h"
#include "data/scene/augment.h"
#include "data/scene/matte.h"
#include "media/picture/raster.h"
#include "model/config.h"

namespace tutti {
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

}  // namespace

void Drawer::named_painting(const PictureRecord& record, const Caption& caption,
                            Examples& out) const {
  Example example;
  example.task = Task::paint;
  example.segments = {text_segment(generation_prompt(clipped(caption.ids), token_paint)),
                      paint_segment(record.picture)};
  out.push_back(std::move(example));
}

void Drawer::pictogram(Examples& out, Rng& rng) const {
  const PictureRecord& record = *pick(pools_.pictograms, rng);
  const Caption* caption = pick_caption(record, rng);
  if (!caption) return;
  const int pair = int(out.size());
  out.push_back(described(seen(record, rng, /*flip=*/false), Task::caption, token_name,
                          caption->language, caption->ids));
  named_painting(record, *caption, out);
  out[pair].pair = out[pair + 1].pair = pair;
}

void Drawer::icon(Examples& out, Rng& rng) const {
  const PictureRecord& record = *pick(pools_.icons, rng);
  if (const Caption* caption = pick_caption(record, rng))
    out.push_back(described(seen(record, rng, false), Task::caption, token_name, caption->language,
                            caption->ids));
}

void Drawer::paint(Examples& out, Rng& rng) const {
  if (rng.uniform() < 0.6) {
    const PictureRecord& record = *pick(pools_.pictograms, rng);
    if (const Caption* caption = pick_caption(record, rng)) named_painting(record, *caption, out);
    return;
  }
  const PaintSample sample = make_paint(pools_.library, rng);
  const auto at = sample.captions.find("en");
  if (at == sample.captions.end()) return;
  Example example;
  example.task = Task::paint;
  example.segments = {text_segment(generation_prompt(ids(at->second), token_paint)),
                      paint_segment(sample.image)};
  out.push_back(std::move(example));
}

void Drawer::paint_plain(Examples& out, Rng& rng) const {
  const PictureRecord& record = *pick(pools_.plain_pictograms, rng);
  for (const Caption& caption : record.captions)
    if (caption.language == "en" && !caption.ids.empty())
      return named_painting(record, caption, out);
}

void Drawer::photo(Examples& out, Rng& rng) const {
  const PictureRecord& record = *pick(pools_.photos, rng);
  const Caption* caption = pick_caption(record, rng);
  if (!caption) return;
  const int pair = int(out.size());
  out.push_back(described(seen(record, rng, true), Task::caption, token_caption, caption->language,
                          caption->ids));
  out.back().pair = pair;
  out.push_back(text_alone(caption->ids, pair));
}

void Drawer::labels(const PictureRecord& record, Examples& out, Rng& rng) const {
  const bool flip = record.source != "mnist" && record.source != "sign_digits";
  if (!record.captions.empty())
    out.push_back(described(seen(record, rng, flip), Task::caption, token_name, "en",
                            record.captions[0].ids));
}
void Drawer::cifar(Examples& out, Rng& rng) const {
  labels(*pick(pools_.cifar, rng), out, rng);
}
// Views of voxels count like labelled pictures.
void Drawer::labelled(Examples& out, Rng& rng) const {
  const int pictures = int(pools_.labels.size()), things = int(pools_.voxels.size());
  if (things > 0 && rng.below(pictures + things) >= pictures) return voxel_view(out, rng);
  labels(*pick(pools_.labels, rng), out, rng);
}

void Drawer::matte(Examples& out, Rng& rng) const {
  Example example;
  example.task = Task::matte;
  if (rng.uniform() < 0.35 || pools_.persons.empty()) {
    MatteSample sample = make_matte(pools_.library, rng);
    example.segments = {image_segment(std::move(sample.image))};
    example.alpha = std::move(sample.alpha);
  } else {
    add_person(example, *pick(pools_.persons, rng), rng);
  }
  out.push_back(std::move(example));
}

}  // namespace tutti
