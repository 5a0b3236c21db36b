#include "quantize_chart.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "../command/font.h"

namespace tutti {
namespace {

using Colour = std::array<uint8_t, 3>;

// As in chart.cc: Okabe and Ito's.
constexpr Colour kStatic = {0, 114, 178}, kDynamic = {230, 159, 0}, kBf16 = {204, 121, 167};
constexpr Colour kInk = {40, 40, 40}, kFaint = {150, 150, 150};
constexpr int kScale = 2, kLine = 22, kLeft = 470, kBars = 500, kWidth = kLeft + kBars + 110;
constexpr int kHead = 4 * kLine;
constexpr size_t kMost = 40;

void fill(Picture& picture, int left, int top, int width, int height, const Colour& colour) {
  for (int y = top; y < std::min(picture.height, top + height); ++y)
    for (int x = left; x < std::min(picture.width, left + width); ++x)
      std::copy(colour.begin(), colour.end(), picture.at(x, y));
}

void text(Picture& picture, int x, int y, const std::string& words, const Colour& colour) {
  draw_text(picture, x, y, words, kScale, colour.data());
}

std::string percent(double share) {
  char words[32];
  std::snprintf(words, sizeof words, "%.2f%%", 100 * share);
  return words;
}

double int8_error(const LayerChoice& layer) {
  return std::min(layer.error_dynamic, layer.error_static);
}

Colour colour_of(const LayerChoice& layer) {
  if (layer.precision == Precision::bf16) return kBf16;
  return layer.is_static() ? kStatic : kDynamic;
}

void draw_legend(Picture& picture, int y) {
  int x = 8;
  const std::pair<const char*, Colour> entries[] = {
      {"INT8, calibrated", kStatic}, {"INT8, a scale a row", kDynamic}, {"stays in bf16", kBf16}};
  for (const auto& [words, colour] : entries) {
    fill(picture, x, y, 14, 14, colour);
    text(picture, x + 20, y, words, kInk);
    x += 50 + text_width(words, kScale);
  }
}

}  // namespace

Picture quantize_chart(const QuantizeReport& report) {
  std::vector<LayerChoice> worst = report.layers;
  std::sort(worst.begin(), worst.end(), [](const LayerChoice& a, const LayerChoice& b) {
    return int8_error(a) > int8_error(b);
  });
  worst.resize(std::min(worst.size(), kMost));
  double most = report.most_error;
  for (const LayerChoice& layer : worst) most = std::max(most, int8_error(layer));
  const auto length = [&](double error) { return most > 0 ? int(error / most * kBars) : 0; };

  Picture picture = make_picture(kWidth, kHead + int(worst.size()) * kLine + kLine, 3, 255);
  text(picture, 8, 8, "error of layers in INT8, the largest " + std::to_string(worst.size()), kInk);
  draw_legend(picture, 8 + kLine);
  const int limit = kLeft + length(report.most_error);
  fill(picture, limit, kHead - 6, 1, int(worst.size()) * kLine, kFaint);
  const std::string words = "limit " + percent(report.most_error);
  text(picture, std::min(limit, kWidth - 8 - text_width(words, kScale)), kHead - kLine, words,
       kFaint);
  int y = kHead;
  for (const LayerChoice& layer : worst) {
    std::string name = layer.name;
    std::replace(name.begin(), name.end(), '_', '-');  // the font has no underscore
    text(picture, 8, y, name, kInk);
    const int bar = std::max(1, length(int8_error(layer)));
    fill(picture, kLeft, y, bar, 14, colour_of(layer));
    text(picture, kLeft + bar + 6, y, percent(int8_error(layer)), kFaint);
    y += kLine;
  }
  return picture;
}

}  // namespace tutti
