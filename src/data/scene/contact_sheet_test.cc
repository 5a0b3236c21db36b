// For human eyes: TUTTI_SHEETS=folder writes sheets of scenes, clips, mattes and paint samples with
// their texts. TUTTI_SHEET_SPRITES names a folder with captions.tsv (file ... name in column 4) and
// its pictures; TUTTI_SHEET_PHOTOS and TUTTI_SHEET_PEOPLE name folders of pictures.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "data/scene/clip.h"
#include "data/scene/library.h"
#include "data/scene/matte.h"
#include "data/scene/paint.h"
#include "data/scene/scene.h"
#include "data/scene/words/english.h"
#include "tests/helpers/scene_fixture.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace tutti {
namespace {

Picture load(const std::string& path, int channels) {
  int width = 0, height = 0, found = 0;
  uint8_t* pixels = stbi_load(path.c_str(), &width, &height, &found, channels);
  if (!pixels) return {};
  Picture picture = make_picture(width, height, channels);
  std::copy_n(pixels, picture.pixels.size(), picture.pixels.data());
  stbi_image_free(pixels);
  return picture;
}

std::vector<Picture> load_folder(const char* variable, int channels) {
  std::vector<Picture> pictures;
  const char* folder = std::getenv(variable);
  if (!folder) return pictures;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Picture picture = load(entry.path(), channels);
    if (picture.width) pictures.push_back(std::move(picture));
    if (pictures.size() == 60) break;
  }
  return pictures;
}

SceneLibrary sheet_library() {
  SceneLibrary library = fixture_library();
  if (const char* folder = std::getenv("TUTTI_SHEET_SPRITES")) {
    library.sprites.clear();
    std::ifstream table(std::string(folder) + "/captions.tsv");
    for (std::string line; std::getline(table, line) && library.sprites.size() < 900;) {
      std::vector<std::string> cells(1);
      for (char c : line) {
        if (c == '\t') {
          cells.emplace_back();
        } else {
          cells.back().push_back(c);
        }
      }
      if (cells.size() < 4 || !nameable(cells[3])) continue;
      Sprite sprite{cells[3], {}, load(std::string(folder) + "/" + cells[0], 4)};
      if (sprite.rgba.width) library.sprites.push_back(std::move(sprite));
    }
  }
  if (auto photos = load_folder("TUTTI_SHEET_PHOTOS", 3); !photos.empty()) {
    library.backgrounds = photos;
  }
  if (auto people = load_folder("TUTTI_SHEET_PEOPLE", 4); !people.empty()) library.cutouts = people;
  return library;
}

struct Sheet {
  Picture picture;
  int side, columns, next = 0;

  Sheet(int side, int columns, int rows)
      : picture(make_picture(columns * (side + 2), rows * (side + 2), 3, 255)),
        side(side),
        columns(columns) {}

  void add(const Picture& tile) {
    const int left = next % columns * (side + 2), top = next / columns * (side + 2);
    ++next;
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        for (int c = 0; c < 3; ++c) {
          picture.at(left + x, top + y)[c] = tile.at(x, y)[tile.channels == 3 ? c : 0];
        }
      }
    }
  }

  void write(const std::string& path) const {
    stbi_write_png(path.c_str(), picture.width, picture.height, 3, picture.pixels.data(), 0);
  }
};

TEST(ContactSheet, Writes) {
  const char* folder = std::getenv("TUTTI_SHEETS");
  if (!folder) GTEST_SKIP() << "set TUTTI_SHEETS to a folder to look at samples";
  const std::string to = std::string(folder) + "/";
  const SceneLibrary library = sheet_library();
  ASSERT_TRUE(bool(check_library(library)));
  std::ofstream text(to + "captions.txt");
  Rng rng(1);
  Sheet scenes(128, 8, kSceneKindCount);
  for (int i = 0; i < 8 * kSceneKindCount; ++i) {
    const Scene scene = make_scene(library, SceneKind(i / 8), rng);
    scenes.add(scene.image);
    text << "\nscene " << i << "\n";
    for (const auto& [language, caption] : scene.captions)
      text << language << ": " << caption << "\n";
    for (const auto& qa : scene.questions) text << "  " << qa.question << " " << qa.answer << "\n";
  }
  scenes.write(to + "scenes.png");
  Sheet clips(128, kClipFrames / 2, 10);
  for (int i = 0; i < 10; ++i) {
    const ClipSample sample = make_clip(library, rng);
    text << "\nclip " << i << "\n";
    for (const auto& [language, caption] : sample.captions)
      text << language << ": " << caption << "\n";
    for (const auto& qa : sample.questions) text << "  " << qa.question << " " << qa.answer << "\n";
    for (int f = 0; f < kClipFrames; f += 2) clips.add(sample.clip.frames[f]);
  }
  clips.write(to + "clips.png");
  Sheet mattes(128, 8, 6);
  for (int i = 0; i < 24; ++i) {
    const MatteSample sample = make_matte(library, rng);
    mattes.add(sample.image);
    mattes.add(sample.alpha);
  }
  mattes.write(to + "mattes.png");
  Sheet paints(64, 12, 6);
  for (int i = 0; i < 72; ++i) {
    const PaintSample sample = make_paint(library, rng);
    paints.add(sample.image);
    text << "paint " << i << ": " << sample.captions.at("en") << "\n";
  }
  paints.write(to + "paints.png");
}

}  // namespace
}  // namespace tutti
