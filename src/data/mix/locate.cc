#include "data/mix/locate.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "model/layout.h"

namespace tutti {
namespace {

constexpr int kPlaces = 8;  // of a side of the level-1 grid
constexpr int kPlacePixels = kSceneSide / kPlaces;
constexpr double kCovered = 0.2;  // of the token's pixels, or else
constexpr double kHeld = 0.4;     // of the thing itself
constexpr double kHidden = 0.5;   // a thing less visible than this is not named

int area(const Box& box) {
  return std::max(0, box.width()) * std::max(0, box.height());
}

bool covers(const Box& thing, const Box& token) {
  const Box common = {std::max(thing.left, token.left), std::max(thing.top, token.top),
                      std::min(thing.right, token.right), std::min(thing.bottom, token.bottom)};
  if (common.width() <= 0 || common.height() <= 0) return false;
  return area(common) >= kCovered * area(token) || area(common) >= kHeld * area(thing);
}

void say(std::vector<Located>& out, int summary, const std::string& word,
         const PieceTable& pieces) {
  if (word.empty()) return;
  if (const auto ids = pieces.encode(word); !ids.empty()) out.push_back({summary, ids[0]});
}

bool holds_middle(const Box& token, const Box& thing) {
  const int x = (thing.left + thing.right) / 2, y = (thing.top + thing.bottom) / 2;
  return x >= token.left && x < token.right && y >= token.top && y < token.bottom;
}

// "left" of "moves left": what tells it from the others.
std::string last_word(const std::string& phrase) {
  return phrase.substr(phrase.rfind(' ') + 1);
}

}  // namespace

Box summary_box(int summary, int merge) {
  static const std::vector<int32_t> order = morton_order(kPlaces);
  Box box = {kSceneSide, kSceneSide, 0, 0};
  for (int i = summary * merge; i < (summary + 1) * merge; ++i) {
    const int x = order[i] % kPlaces * kPlacePixels, y = order[i] / kPlaces * kPlacePixels;
    box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + kPlacePixels),
           std::max(box.bottom, y + kPlacePixels)};
  }
  return box;
}

std::vector<Located> locate(const Scene& scene, const PieceTable& pieces) {
  std::vector<Located> out;
  for (int summary = 0; summary < kPlaces * kPlaces / kImageMerge; ++summary) {
    const Box token = summary_box(summary, kImageMerge);
    std::map<std::pair<std::string, std::string>, int> alike;
    for (const Object& object : scene.objects) {
      if (object.visible < kHidden) continue;
      if (holds_middle(token, object.box)) {
        ++alike[{object.name, object.colour}];
        std::istringstream place(ninth_phrase(Language::english, ninth_of(object.box)));
        for (std::string word; place >> word;) say(out, summary, word, pieces);
      }
      if (!covers(object.box, token)) continue;
      say(out, summary, object.name, pieces);
      say(out, summary, object.colour, pieces);
    }
    for (const auto& [kind, count] : alike)
      say(out, summary, number_word(Language::english, count), pieces);
  }
  return out;
}

std::vector<Located> locate(const ClipSample& clip, const PieceTable& pieces) {
  constexpr int kMerge = kClipMerge / kClipTubelets;
  std::vector<Located> out;
  for (int summary = 0; summary < kPlaces * kPlaces / kMerge; ++summary)
    for (const ClipObject& object : clip.objects) {
      int frames = 0;
      for (const Box& box : object.boxes) frames += covers(box, summary_box(summary, kMerge));
      if (frames < kClipFrames / 4) continue;
      say(out, summary, object.name, pieces);
      say(out, summary, object.colour, pieces);
      say(out, summary, last_word(action_phrase(Language::english, object.action)), pieces);
    }
  return out;
}

}  // namespace tutti
