#include "data/scene/matte.h"

#include <algorithm>

#include "data/scene/augment.h"
#include "data/scene/backdrop.h"
#include "data/scene/scene.h"

namespace tutti {
namespace {

// Blurs alpha alone: colours near the edge are taken from the blurred picture, so that neither the
// person's inside gets soft nor the cut-out's own old background bleeds in.
void soften_edge(Picture& premultiplied, int passes) {
  if (passes == 0) return;
  Picture blurred = premultiplied;
  box_blur(blurred, passes);
  for (size_t i = 0; i < premultiplied.pixels.size(); i += 4) {
    uint8_t* own = &premultiplied.pixels[i];
    const uint8_t* soft = &blurred.pixels[i];
    const uint8_t* colour = own[3] == 255 ? own : soft;
    const int old_alpha = std::max<int>(1, colour[3]);
    for (int c = 0; c < 3; ++c) {
      own[c] = uint8_t(std::min<int>(soft[3], colour[c] * soft[3] / old_alpha));
    }
    own[3] = soft[3];
  }
}

// A transparent rim of 3 pixels gives the blur somewhere to go.
Picture with_rim(const Picture& picture) {
  constexpr int kRim = 3;
  Picture out = make_picture(picture.width + 2 * kRim, picture.height + 2 * kRim, 4);
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.at(0, y), picture.width * 4, out.at(kRim, y + kRim));
  }
  return out;
}

Picture relit_cutout(const Picture& cutout, int size, bool mirrored, Rng& rng) {
  const Box box = bounds_of(cutout, 16);
  const int longer = std::max(box.width(), box.height());
  const int width = std::max(1, box.width() * size / longer);
  const int height = std::max(1, box.height() * size / longer);
  Picture stamp = premultiply(cutout, box, mirrored);
  stamp = resize_picture(stamp, width, height);
  const LightChange light = random_light(0.7, rng);
  change_light(stamp, light);
  return with_rim(stamp);
}

void add_person(const Picture& cutout, MatteSample& sample, Rng& rng) {
  // From a whole figure to a face that fills the picture: 70 to 260 pixels, mostly on the floor
  // or cut by the lower edge.
  const double zoom = rng.uniform();
  const int size = 70 + int(190 * zoom * zoom);
  const bool mirrored = rng.below(2) == 1;
  Picture person = relit_cutout(cutout, size, mirrored, rng);
  const int blur = rng.below(4) == 0 ? 2 : rng.below(3) == 0 ? 1 : 0;
  soften_edge(person, blur);
  Pose pose;
  pose.x = kSceneSide * (0.2 + 0.6 * rng.uniform());
  const double top = kSceneSide * (0.02 + 0.3 * rng.uniform());
  const double lowest_top = kSceneSide - person.height * 0.98;
  pose.y = std::max(top, lowest_top) + person.height / 2.0;
  Canvas canvas;
  canvas.image = std::move(sample.image);
  const Stamp stamp(person, std::max(person.width, person.height));
  draw_stamp(canvas, stamp, pose);
  sample.image = std::move(canvas.image);
  for (size_t i = 0; i < sample.alpha.pixels.size(); ++i) {
    const int a = canvas.masks[0].pixels[i];
    uint8_t& under = sample.alpha.pixels[i];
    under = uint8_t(a + divide_by_255(under * (255 - a)));
  }
}

}  // namespace

MatteSample make_matte(const SceneLibrary& library, Rng& rng) {
  MatteSample sample;
  SceneLibrary no_photos;  // one of eight goes on plain, gradient or noise
  const bool photo = !library.backgrounds.empty() && rng.below(8) != 0;
  sample.background = photo ? photo_backdrop(library.backgrounds, kSceneSide, rng)
                            : make_backdrop(no_photos, kSceneSide, {}, rng);
  const LightChange light = random_light(0.7, rng);
  change_light(sample.background, light);
  if (rng.below(3) == 0) box_blur(sample.background, 1 + rng.below(6));  // out of focus
  sample.image = sample.background;
  sample.alpha = make_picture(kSceneSide, kSceneSide, 1);
  if (library.cutouts.empty()) return sample;
  const int draw = rng.below(16);
  const int people = draw == 0 ? 0 : draw < 4 ? 2 : 1;
  for (int i = 0; i < people; ++i) {
    add_person(library.cutouts[rng.below(int(library.cutouts.size()))], sample, rng);
  }
  return sample;
}

}  // namespace tutti
