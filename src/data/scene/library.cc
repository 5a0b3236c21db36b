// The boundary check of the scene generator: what comes from files is looked at here, once.
#include "data/scene/library.h"

#include "media/picture/raster.h"

namespace tutti {
namespace {

constexpr int kLargestSide = 4096;

Status check_picture(const Picture& picture, int channels, const std::string& what) {
  const bool sides = picture.width >= 1 && picture.height >= 1 && picture.width <= kLargestSide &&
                     picture.height <= kLargestSide;
  if (!sides || picture.channels != channels) {
    return bad_input(what + " has " + std::to_string(picture.width) + "x" +
                     std::to_string(picture.height) + " pixels of " +
                     std::to_string(picture.channels) + " channels; wanted sides of 1 to " +
                     std::to_string(kLargestSide) + " and " + std::to_string(channels) +
                     " channels: convert or leave it out");
  }
  const size_t wanted = size_t(picture.width) * picture.height * channels;
  if (picture.pixels.size() != wanted) {
    return bad_input(what + " holds " + std::to_string(picture.pixels.size()) +
                     " samples; its size needs " + std::to_string(wanted) + ": load it again");
  }
  return {};
}

Status check_opaque_somewhere(const Picture& rgba, const std::string& what) {
  if (bounds_of(rgba, 128).width() > 0) return {};
  return bad_input(what + " is transparent everywhere; wanted something to see: leave it out");
}

}  // namespace

Status check_library(const SceneLibrary& library) {
  for (size_t i = 0; i < library.sprites.size(); ++i) {
    const Sprite& sprite = library.sprites[i];
    const std::string what = "sprite " + std::to_string(i) + " (" + sprite.name_en + ")";
    if (sprite.name_en.empty()) return bad_input(what + " has no English name: give it one");
    TUTTI_CHECK(check_picture(sprite.rgba, 4, what));
    TUTTI_CHECK(check_opaque_somewhere(sprite.rgba, what));
  }
  for (size_t i = 0; i < library.backgrounds.size(); ++i) {
    TUTTI_CHECK(check_picture(library.backgrounds[i], 3, "background " + std::to_string(i)));
  }
  for (size_t i = 0; i < library.cutouts.size(); ++i) {
    const std::string what = "cut-out " + std::to_string(i);
    TUTTI_CHECK(check_picture(library.cutouts[i], 4, what));
    TUTTI_CHECK(check_opaque_somewhere(library.cutouts[i], what));
  }
  for (int index : library.allowed_sprites) {
    if (index >= 0 && size_t(index) < library.sprites.size()) continue;
    return bad_input("allowed sprite " + std::to_string(index) + " does not exist; there are " +
                     std::to_string(library.sprites.size()) + ": correct allowed_sprites");
  }
  return {};
}

}  // namespace tutti
