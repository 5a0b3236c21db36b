#include "data/mix/locate.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "data/scene/scene.h"
#include "data/scene/words/english.h"
#include "model/layout.h"

namespace tutti {
namespace {

constexpr int kPlaces = 8;  // of a side of the level-1 grid
constexpr int kPlacePixels = kSceneSide / kPlaces;
constexpr double kCovered = 0.2;  // of the token's pixels, or else
constexpr double kHeld = 0.4;     // of the thing itself
constexpr size_t kNumbers = 10;   // that have a word
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

void say(std::vector<Located>& out, int row, const std::string& word, const PieceTable& pieces) {
  if (word.empty()) return;
  if (const auto ids = pieces.encode(word); !ids.empty()) out.push_back({row, ids[0]});
}

void say_place(std::vector<Located>& out, int row, const Box& box, const PieceTable& pieces) {
  std::istringstream place(ninth_phrase(Language::english, ninth_of(box)));
  for (std::string word; place >> word;) say(out, row, word, pieces);
}

bool holds_middle(const Box& token, const Box& thing) {
  const int x = (thing.left + thing.right) / 2, y = (thing.top + thing.bottom) / 2;
  return x >= token.left && x < token.right && y >= token.top && y < token.bottom;
}

// "left" of "moves left": what tells it from the others.
std::string last_word(const std::string& phrase) {
  return phrase.substr(phrase.rfind(' ') + 1);
}

// Where a name stands in a sentence, as bytes.
struct Mention {
  std::string name;
  size_t begin = 0, end = 0;
};

// The names of things in a sentence, plural or not; the longest where one is part of another.
std::vector<Mention> mentions(const std::set<std::string>& names, const std::string& sentence) {
  std::vector<Mention> forms;
  for (const std::string& name : names)
    for (const std::string& form : {english_plural(name), name})
      for (size_t at = sentence.find(form); at != std::string::npos;
           at = sentence.find(form, at + 1))
        forms.push_back({name, at, at + form.size()});
  std::stable_sort(forms.begin(), forms.end(), [](const Mention& a, const Mention& b) {
    return a.end - a.begin > b.end - b.begin;
  });
  const auto letter = [&](size_t at) {
    return at < sentence.size() && std::isalnum(static_cast<unsigned char>(sentence[at]));
  };
  std::vector<Mention> found;
  for (const Mention& form : forms) {
    const bool whole = (form.begin == 0 || !letter(form.begin - 1)) && !letter(form.end);
    const bool free = std::none_of(found.begin(), found.end(), [&](const Mention& other) {
      return form.begin < other.end && other.begin < form.end;
    });
    if (whole && free) found.push_back(form);
  }
  return found;
}

bool follows(const std::string& sentence, const std::string& word, size_t at) {
  const std::string before = " " + word + " ";
  return !word.empty() && at >= before.size() &&
         sentence.compare(at - before.size(), before.size(), before) == 0;
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
        say_place(out, summary, object.box, pieces);
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

std::vector<Located> locate(const Scene& scene, const std::string& question,
                            const PieceTable& pieces) {
  std::set<std::string> names;
  for (const Object& object : scene.objects) names.insert(object.name);
  const auto ids = pieces.encode(question);
  std::vector<Located> out;
  for (const Mention& mention : mentions(names, question)) {
    // "red stars" are not all stars.
    const bool coloured = std::any_of(
        scene.objects.begin(), scene.objects.end(),
        [&](const Object& object) { return follows(question, object.colour, mention.begin); });
    std::vector<const Object*> meant;
    for (const Object& object : scene.objects)
      if (object.name == mention.name && object.visible >= kHidden &&
          (!coloured || follows(question, object.colour, mention.begin)))
        meant.push_back(&object);
    const auto read = pieces.encode(question.substr(0, mention.end));
    // A piece may reach beyond the name; then there is no row that has read just the name.
    const bool splits = !read.empty() && read.size() <= ids.size() &&
                        std::equal(read.begin(), read.end(), ids.begin());
    if (meant.empty() || !splits) continue;
    const int row = int(read.size()) - 1;
    // The number as often as places: of many things it would be one word of many.
    for (const Object* object : meant) {
      say_place(out, row, object->box, pieces);
      if (meant.size() <= kNumbers)
        say(out, row, number_word(Language::english, int(meant.size())), pieces);
    }
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
