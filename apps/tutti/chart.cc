#include "chart.h"

#include <algorithm>
#include <cmath>

#include "command/font.h"

namespace tutti {
namespace {

using Colour = std::array<uint8_t, 3>;

// Okabe and Ito's colours, told apart also by most colour-blind people (jfly.uni-koeln.de/color).
constexpr std::array<Colour, 8> kColours = {{{0, 114, 178},
                                             {230, 159, 0},
                                             {0, 158, 115},
                                             {204, 121, 167},
                                             {213, 94, 0},
                                             {86, 180, 233},
                                             {240, 228, 66},
                                             {0, 0, 0}}};
constexpr Colour kInk = {40, 40, 40}, kFaint = {150, 150, 150}, kGround = {255, 255, 255};

constexpr int kScale = 2;
constexpr int kLine = 10 * kScale;  // of text
constexpr int kLeft = 76, kRight = 24;
constexpr int kBar = 46, kGap = 12, kBarHeight = 180;
constexpr int kHead = 3 * kLine;  // title and legend
constexpr int kPanel = kLine + 10 + kBarHeight + 2 * kLine + 24;

void fill(Picture& picture, int left, int top, int width, int height, const Colour& colour) {
  for (int y = std::max(0, top); y < std::min(picture.height, top + height); ++y)
    for (int x = std::max(0, left); x < std::min(picture.width, left + width); ++x)
      std::copy(colour.begin(), colour.end(), picture.at(x, y));
}

std::string percent(float share) {
  return std::to_string(int(std::lround(100 * share))) + "%";
}

void draw_centred(Picture& picture, int centre, int y, const std::string& text,
                  const Colour& colour) {
  draw_text(picture, centre - text_width(text, kScale) / 2, y, text, kScale, colour.data());
}

void draw_legend(Picture& picture, int y, const std::vector<size_t>& groups,
                 const std::vector<std::string>& names) {
  int x = kLeft;
  for (const size_t group : groups) {
    fill(picture, x, y, 14, 14, kColours[group % kColours.size()]);
    draw_text(picture, x + 20, y, names[group], kScale, kInk.data());
    x += 20 + text_width(names[group], kScale) + 20;
  }
}

// Parts of a bar are stacked from the bottom, in the order of the legend; each says its share where
// there is room.
void draw_bar(Picture& picture, int left, int bottom, const std::vector<float>& shares) {
  float below = 0;
  for (size_t group = 0; group < shares.size(); ++group) {
    const int from = int(std::lround(below * kBarHeight));
    below += shares[group];
    const int to = std::min(kBarHeight, int(std::lround(below * kBarHeight)));
    fill(picture, left, bottom - to, kBar, to - from, kColours[group % kColours.size()]);
    if (to - from >= kLine)
      draw_centred(picture, left + kBar / 2, bottom - (from + to) / 2 - 7, percent(shares[group]),
                   kGround);
  }
}

void draw_panel(Picture& picture, int top, size_t asking, const AttentionShare& share) {
  const int bottom = top + kLine + 10 + kBarHeight;
  draw_text(picture, kLeft, top, "attention of " + share.groups[asking], kScale, kInk.data());
  for (const int tick : {0, 50, 100}) {
    const std::string label = std::to_string(tick) + "%";
    const int y = bottom - tick * kBarHeight / 100;
    draw_text(picture, kLeft - 8 - text_width(label, kScale), y - 7, label, kScale, kFaint.data());
    fill(picture, kLeft - 6, y, picture.width - kLeft - kRight + 6, 1, {225, 225, 225});
  }
  draw_text(picture, 4, bottom + 10, "layer", kScale, kFaint.data());
  draw_text(picture, 4, bottom + 10 + kLine, "ran", kScale, kFaint.data());
  for (size_t layer = 0; layer < share.layers.size(); ++layer) {
    const int left = kLeft + int(layer) * (kBar + kGap);
    draw_bar(picture, left, bottom, share.layers[layer][asking]);
    draw_centred(picture, left + kBar / 2, bottom + 10, std::to_string(layer), kInk);
    draw_centred(picture, left + kBar / 2, bottom + 10 + kLine,
                 percent(share.routed[layer][asking]), kFaint);
  }
}

}  // namespace

Picture attention_chart(const AttentionShare& share, const std::string& title) {
  std::vector<size_t> present;
  for (size_t group = 0; group < share.groups.size(); ++group)
    if (!share.routed.empty() && share.routed[0][group] > 0) present.push_back(group);
  int legend = 0;
  for (const size_t group : present) legend += 40 + text_width(share.groups[group], kScale);
  const int bars = int(share.layers.size()) * (kBar + kGap);
  const int width = kLeft + kRight + std::max({bars, legend, text_width(title, kScale)});
  Picture picture = make_picture(width, kHead + int(present.size()) * kPanel, 3, 255);
  draw_text(picture, kLeft, 8, title, kScale, kInk.data());
  draw_legend(picture, 8 + kLine, present, share.groups);
  for (size_t i = 0; i < present.size(); ++i)
    draw_panel(picture, kHead + int(i) * kPanel, present[i], share);
  return picture;
}

}  // namespace tutti
