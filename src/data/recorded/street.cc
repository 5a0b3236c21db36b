// Frames of a street with a class for each pixel: what there is, how much of it, on which side,
// what comes and goes.
#include "data/recorded/street.h"

#include <algorithm>
#include <array>

#include "data/scene/scene.h"

namespace tutti {
namespace {

constexpr double kWhole = 0.4;  // of the clips and pictures: uncut
constexpr int kStreetEnds = 4;  // frames at either end that tell what comes and goes
constexpr size_t kMostSaid = 4;

using Counts = std::vector<int64_t>;

// What is cut out of every frame.
struct Cut {
  Box box;  // of the class map; twice that of the frame
  bool mirrored = false;
};

Cut random_street_cut(const SeriesRecord& series, Rng& rng) {
  const int width = series.classes[0].width, height = series.classes[0].height;
  Cut cut;
  cut.mirrored = rng.uniform() < 0.5;
  if (rng.uniform() < kWhole) {
    cut.box = {0, 0, width, height};
    return cut;
  }
  const int most = std::min(width, height), least = std::max(4, most * 2 / 5);
  const int side = least + rng.below(most - least + 1);
  const int left = rng.below(width - side + 1), top = rng.below(height - side + 1);
  cut.box = {left, top, left + side, top + side};
  return cut;
}

Picture show(const Picture& frame, const Cut& cut) {
  const Box& b = cut.box;
  const Picture shown = resize_picture(frame, {2 * b.left, 2 * b.top, 2 * b.right, 2 * b.bottom},
                                       kSceneSide, kSceneSide);
  return cut.mirrored ? mirror(shown) : shown;
}

// Pixels of each class, and those in the left half of what is shown.
struct Seen {
  Counts all, left;
};

Seen count(const SeriesRecord& series, const Picture& classes, const Cut& cut) {
  Seen seen{Counts(series.class_names.size()), Counts(series.class_names.size())};
  const Box& b = cut.box;
  for (int y = b.top; y < b.bottom; ++y)
    for (int x = b.left; x < b.right; ++x) {
      const uint8_t c = *classes.at(x, y);
      ++seen.all[c];
      const bool left = 2 * (x - b.left) < b.width();
      seen.left[c] += left != cut.mirrored;
    }
  return seen;
}

// The sky, of which there is one, is asked for as "any sky".
std::string some(const std::string& name) {
  return name == "sky" ? "any sky" : with_article(name);
}

// What the frames of one cut show, a Seen a frame.
class Street {
 public:
  Street(const SeriesRecord& series, const Cut& cut) : series_(series), cut_(cut) {}

  void add(const Picture& classes) { frames_.push_back(count(series_, classes, cut_)); }

  std::string things() const;
  std::vector<QuestionAnswer> questions(Rng& rng) const;
  // Of the classes that are not there at one end and plain at the other, the only one; else "".
  std::string appears() const { return changes(false); }
  std::string disappears() const { return changes(true); }

 private:
  bool named(size_t c) const { return series_.class_names[c] != "unlabelled"; }
  int64_t area() const { return int64_t(cut_.box.width()) * cut_.box.height(); }
  bool plain(size_t c, const Seen& seen) const { return seen.all[c] * 100 >= area(); }
  Seen total() const;
  std::string changes(bool backwards) const;
  // In a quarter of the frames, at least 1 % of each.
  bool is_there(size_t c) const;
  bool is_nowhere(size_t c) const;

  void ask_exists(std::vector<QuestionAnswer>& out, Rng& rng) const;
  void ask_most(std::vector<QuestionAnswer>& out, const Seen& seen) const;
  void ask_side(std::vector<QuestionAnswer>& out, const Seen& seen, Rng& rng) const;

  const SeriesRecord& series_;
  Cut cut_;
  std::vector<Seen> frames_;
};

Seen Street::total() const {
  Seen sum{Counts(series_.class_names.size()), Counts(series_.class_names.size())};
  for (const Seen& frame : frames_)
    for (size_t c = 0; c < sum.all.size(); ++c) {
      sum.all[c] += frame.all[c];
      sum.left[c] += frame.left[c];
    }
  return sum;
}

bool Street::is_there(size_t c) const {
  size_t frames = 0;
  for (const Seen& frame : frames_) frames += plain(c, frame);
  return frames * 4 >= frames_.size();
}

bool Street::is_nowhere(size_t c) const {
  return std::all_of(frames_.begin(), frames_.end(), [&](const Seen& f) { return !f.all[c]; });
}

std::string Street::changes(bool backwards) const {
  if (frames_.size() < 2 * kStreetEnds) return "";
  std::string found;
  for (size_t c = 0; c < series_.class_names.size(); ++c) {
    if (!named(c)) continue;
    bool absent = true, present = true;
    for (size_t i = 0; i < kStreetEnds; ++i) {
      const Seen &first = frames_[i], &last = frames_[frames_.size() - 1 - i];
      absent = absent && !(backwards ? last : first).all[c];
      present = present && plain(c, backwards ? first : last);
    }
    if (!absent || !present) continue;
    if (!found.empty()) return "";
    found = series_.class_names[c];
  }
  return found;
}

// "mostly road, with building and sky"
std::string Street::things() const {
  const Seen seen = total();
  std::vector<size_t> order;
  for (size_t c = 0; c < seen.all.size(); ++c)
    if (named(c) && is_there(c)) order.push_back(c);
  std::sort(order.begin(), order.end(), [&](size_t x, size_t y) {
    return seen.all[x] != seen.all[y] ? seen.all[x] > seen.all[y] : x < y;
  });
  order.resize(std::min(order.size(), kMostSaid));
  std::string text;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0) text += ", mostly ";
    if (i == 1) text += ", with ";
    if (i > 1) text += i + 1 == order.size() ? " and " : ", ";
    text += series_.class_names[order[i]];
  }
  return text;
}

void Street::ask_exists(std::vector<QuestionAnswer>& out, Rng& rng) const {
  std::array<std::vector<size_t>, 2> sides;
  for (size_t c = 0; c < series_.class_names.size(); ++c) {
    if (!named(c)) continue;
    if (is_there(c)) sides[1].push_back(c);
    if (is_nowhere(c)) sides[0].push_back(c);
  }
  for (size_t yes : {1, 0}) {
    if (sides[yes].empty()) continue;
    const size_t c = sides[yes][size_t(rng.below(int(sides[yes].size())))];
    out.push_back(
        english("exists", "Is there " + some(series_.class_names[c]) + "?", yes ? "yes" : "no"));
  }
}

// Where the first is a fifth ahead of the second.
void Street::ask_most(std::vector<QuestionAnswer>& out, const Seen& seen) const {
  size_t best = seen.all.size();
  int64_t second = 0;
  for (size_t c = 0; c < seen.all.size(); ++c) {
    if (best == seen.all.size() || seen.all[c] > seen.all[best]) {
      if (best < seen.all.size()) second = std::max(second, seen.all[best]);
      best = c;
    } else {
      second = std::max(second, seen.all[c]);
    }
  }
  if (best == seen.all.size() || !named(best) || seen.all[best] * 10 < second * 12) return;
  out.push_back(english("most", "What takes up most of the picture?", series_.class_names[best]));
}

// Of what fills 3 % or more and is twice as much on one side as on the other.
void Street::ask_side(std::vector<QuestionAnswer>& out, const Seen& seen, Rng& rng) const {
  std::vector<size_t> clear;
  for (size_t c = 0; c < seen.all.size(); ++c) {
    const int64_t left = seen.left[c], right = seen.all[c] - left;
    const bool lopsided = left >= 2 * right || right >= 2 * left;
    if (named(c) && lopsided && seen.all[c] * 100 >= 3 * area() * int64_t(frames_.size()))
      clear.push_back(c);
  }
  if (clear.empty()) return;
  const size_t c = clear[size_t(rng.below(int(clear.size())))];
  out.push_back(english("side",
                        "Is there more " + series_.class_names[c] + " on the left or on the right?",
                        2 * seen.left[c] > seen.all[c] ? "left" : "right"));
}

std::vector<QuestionAnswer> Street::questions(Rng& rng) const {
  std::vector<QuestionAnswer> out;
  const Seen seen = total();
  ask_exists(out, rng);
  ask_most(out, seen);
  ask_side(out, seen, rng);
  if (const std::string name = appears(); !name.empty())
    out.push_back(english("appears", "What comes into view?", name));
  if (const std::string name = disappears(); !name.empty())
    out.push_back(english("disappears", "What goes out of view?", name));
  return out;
}

}  // namespace

ToldClip make_street_clip(const SeriesRecord& series, Rng& rng) {
  const Cut cut = random_street_cut(series, rng);
  const int first = rng.below(int(series.frames.size()) - kClipFrames + 1);
  ToldClip told;
  told.clip.frames_per_second = 1;
  Street street(series, cut);
  for (int i = first; i < first + kClipFrames; ++i) {
    told.clip.frames.push_back(show(series.frames[size_t(i)], cut));
    street.add(series.classes[size_t(i)]);
  }
  told.questions = street.questions(rng);
  told.caption = "a drive along a street" + street.things();
  if (const std::string name = street.appears(); !name.empty())
    told.caption += "; " + some(name) + " comes into view";
  return told;
}

ToldPicture make_street_picture(const SeriesRecord& series, Rng& rng) {
  const Cut cut = random_street_cut(series, rng);
  const auto i = size_t(rng.below(int(series.frames.size())));
  Street street(series, cut);
  street.add(series.classes[i]);
  ToldPicture told;
  told.picture = show(series.frames[i], cut);
  told.questions = street.questions(rng);
  told.caption = "a street" + street.things();
  return told;
}

}  // namespace tutti
