// Weather radar: whether it rains, whether the rain grows, where its centre of mass goes, where
// most of it is, all computed from the frames that are shown.
#include "data/recorded/radar.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "data/scene/scene.h"

namespace tutti {
namespace {

// A step of a pixel is 0.5 dBZ from -32 dBZ (FMI); 80 is 8 dBZ, about 0.1 mm of rain an hour.
constexpr int kRain = 80;
constexpr int kEnds = 4;   // frames at either end that are compared
constexpr int kTries = 6;  // for a cut that says clearly whether it rains

struct Rain {
  int64_t pixels = 0;              // that it rains on
  int64_t mass = 0;                // reflectivity above the threshold
  int64_t x = 0, y = 0;            // sums of mass times place
  std::array<int64_t, 4> parts{};  // of the mass: top left, top right, bottom left, bottom right

  void add(const Picture& frame) {
    for (int v = 0; v < frame.height; ++v)
      for (int u = 0; u < frame.width; ++u) {
        const int64_t m = std::max(0, *frame.at(u, v) - kRain + 1);
        pixels += m > 0;
        mass += m;
        x += m * u;
        y += m * v;
        const int lower = 2 * v >= frame.height, right = 2 * u >= frame.width;
        parts[size_t(2 * lower) + size_t(right)] += m;
      }
  }
};

// One of the eight symmetries of a square.
Picture turned(const Picture& square, int symmetry) {
  Picture out = make_picture(square.width, square.height, 1);
  const int last = square.width - 1;
  for (int y = 0; y <= last; ++y)
    for (int x = 0; x <= last; ++x) {
      int u = symmetry & 1 ? last - x : x, v = symmetry & 2 ? last - y : y;
      if (symmetry & 4) std::swap(u, v);
      *out.at(x, y) = *square.at(u, v);
    }
  return out;
}

std::vector<Picture> random_cut(const SeriesRecord& series, Rng& rng) {
  const int count = int(series.frames.size());
  const int most = std::min(series.frames[0].width, series.frames[0].height);
  const int least = most / 3;  // small enough that some cuts are dry
  const int side = least + rng.below(most - least + 1);
  const int left = rng.below(series.frames[0].width - side + 1);
  const int top = rng.below(series.frames[0].height - side + 1);
  const int symmetry = rng.below(8);
  const bool backwards = rng.uniform() < 0.5, fast = rng.uniform() < 0.5;
  const int step = fast && count > 2 * (kClipFrames - 1) ? 2 : 1;
  const int first = rng.below(count - step * (kClipFrames - 1));
  std::vector<Picture> frames;
  for (int i = 0; i < kClipFrames; ++i) {
    const Picture& frame = series.frames[size_t(first + step * i)];
    const Picture cut =
        resize_picture(frame, {left, top, left + side, top + side}, kSceneSide, kSceneSide);
    frames.push_back(turned(cut, symmetry));
  }
  if (backwards) std::reverse(frames.begin(), frames.end());
  return frames;
}

struct Weather {
  enum class Kind { none, unclear, rain } kind = Kind::none;
  std::string grows, moves, place;  // empty: too close to call
};

std::string growth(const Rain& first, const Rain& last) {
  const int64_t a = first.pixels * 100, b = last.pixels * 100;
  if (b * 100 > a * 115) return "grows";
  if (a * 100 > b * 115) return "shrinks";
  return b * 100 <= a * 105 && a * 100 <= b * 105 ? "stays the same" : "";
}

std::string movement(const Rain& first, const Rain& last) {
  constexpr double kLeast = 1.5;  // pixels of 128
  // What comes in or leaves by half moves its middle without going anywhere.
  if (2 * first.pixels <= last.pixels || 2 * last.pixels <= first.pixels) return "";
  const double dx = double(last.x) / double(last.mass) - double(first.x) / double(first.mass);
  const double dy = double(last.y) / double(last.mass) - double(first.y) / double(first.mass);
  const double w = std::fabs(dx), h = std::fabs(dy);
  if (std::max(w, h) < kLeast || std::max(w, h) < 1.5 * std::min(w, h)) return "";
  return w > h ? (dx < 0 ? "left" : "right") : (dy < 0 ? "up" : "down");
}

std::string place(const Rain& all) {
  static const char* const kNames[] = {"top left", "top right", "bottom left", "bottom right"};
  auto order = all.parts;
  std::sort(order.begin(), order.end());
  if (order[3] * 10 < order[2] * 13) return "";
  return kNames[std::max_element(all.parts.begin(), all.parts.end()) - all.parts.begin()];
}

Weather weather_of(const std::vector<Picture>& frames) {
  Rain all, first, last;
  for (size_t i = 0; i < frames.size(); ++i) {
    all.add(frames[i]);
    if (i < kEnds) first.add(frames[i]);
    if (i + kEnds >= frames.size()) last.add(frames[i]);
  }
  const int64_t area = int64_t(kSceneSide) * kSceneSide * int64_t(frames.size());
  Weather weather;
  if (all.pixels * 1000 < area) return weather;
  weather.kind = all.pixels * 100 < area ? Weather::Kind::unclear : Weather::Kind::rain;
  weather.grows = growth(first, last);
  weather.moves = movement(first, last);
  weather.place = place(all);
  return weather;
}

std::string caption(const Weather& weather) {
  if (weather.kind == Weather::Kind::none) return "weather radar: no rain";
  std::string text = "weather radar: rain";
  std::string what = weather.grows;
  if (!weather.moves.empty()) what += (what.empty() ? "moves " : " and moves ") + weather.moves;
  if (!what.empty()) text += " that " + what;
  if (!weather.place.empty()) text += ", most of it at the " + weather.place;
  return text;
}

}  // namespace

ToldClip make_radar_clip(const SeriesRecord& series, Rng& rng) {
  std::vector<Picture> frames = random_cut(series, rng);
  Weather weather = weather_of(frames);
  for (int i = 1; i < kTries && weather.kind == Weather::Kind::unclear; ++i) {
    frames = random_cut(series, rng);
    weather = weather_of(frames);
  }
  ToldClip told;
  told.clip.frames_per_second = kClipFrames;
  for (const Picture& grey : frames) {
    Picture rgb = make_picture(grey.width, grey.height, 3);
    for (size_t i = 0; i < grey.pixels.size(); ++i)
      std::fill_n(&rgb.pixels[3 * i], 3, grey.pixels[i]);
    told.clip.frames.push_back(std::move(rgb));
  }
  told.caption = caption(weather);
  auto& out = told.questions;
  if (weather.kind != Weather::Kind::unclear)
    out.push_back(
        english("exists", "Is there rain?", weather.kind == Weather::Kind::rain ? "yes" : "no"));
  if (weather.kind == Weather::Kind::none) return told;
  if (!weather.grows.empty())
    out.push_back(english("grow", "Does the rain grow or shrink?", weather.grows));
  if (!weather.moves.empty())
    out.push_back(english("direction", "Which way does the rain move?", weather.moves));
  if (!weather.place.empty())
    out.push_back(english("place", "Where is most of the rain?", weather.place));
  return told;
}

}  // namespace tutti
