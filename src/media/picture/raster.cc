#include "media/picture/raster.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

constexpr int kWeightBits = 14;
constexpr double kTwoPi = 6.283185307179586;

// Which source samples make up each destination sample; weights of one sample sum to 2^14.
struct Taps {
  std::vector<int> first;  // per destination sample, relative to the box
  std::vector<int> begin;  // into weights; one more than destination samples
  std::vector<int> weights;
};

// Adds the weights of [low, high) over unit cells; the rounding rest goes to the widest one.
void add_area_taps(Taps& taps, double low, double high, int length) {
  const int first = std::min(int(low), length - 1);
  const int last = std::clamp(int(std::ceil(high)) - 1, first, length - 1);
  taps.first.push_back(first);
  int rest = 1 << kWeightBits;
  const size_t start = taps.weights.size();
  for (int cell = first; cell <= last; ++cell) {
    const double share = std::min(high, cell + 1.0) - std::max(low, double(cell));
    const int weight = int(share / (high - low) * (1 << kWeightBits));
    taps.weights.push_back(weight);
    rest -= weight;
  }
  taps.weights[start + size_t(last - first) / 2] += rest;
}

void add_linear_taps(Taps& taps, double centre, int length) {
  const double at = std::clamp(centre - 0.5, 0.0, double(length - 1));
  const int first = std::min(int(at), std::max(0, length - 2));
  taps.first.push_back(first);
  const int second = length < 2 ? 0 : int((at - first) * (1 << kWeightBits));
  taps.weights.push_back((1 << kWeightBits) - second);
  if (length >= 2) taps.weights.push_back(second);
}

Taps make_taps(int source, int wanted) {
  Taps taps;
  const double step = double(source) / wanted;
  for (int i = 0; i < wanted; ++i) {
    taps.begin.push_back(int(taps.weights.size()));
    if (wanted < source) {
      add_area_taps(taps, i * step, (i + 1) * step, source);
    } else {
      add_linear_taps(taps, (i + 0.5) * step, source);
    }
  }
  taps.begin.push_back(int(taps.weights.size()));
  return taps;
}

template <int channels>
void shrink_rows(const PictureView& source, Box from, const Taps& taps,
                 std::vector<uint16_t>& out) {
  const int width = int(taps.first.size());
  for (int y = 0; y < from.height(); ++y) {
    const uint8_t* row = source.at(from.left, from.top + y);
    uint16_t* to = out.data() + size_t(y) * width * channels;
    for (int x = 0; x < width; ++x, to += channels) {
      int sum[channels] = {};
      const uint8_t* pixel = row + taps.first[x] * channels;
      for (int t = taps.begin[x]; t < taps.begin[x + 1]; ++t, pixel += channels) {
        for (int c = 0; c < channels; ++c) sum[c] += taps.weights[t] * pixel[c];
      }
      for (int c = 0; c < channels; ++c) to[c] = uint16_t((sum[c] + 128) >> 8);
    }
  }
}

// 6 fraction bits are kept between the passes: 255 * 2^6 fits 16 bits.
void shrink_columns(const std::vector<uint16_t>& rows, const Taps& taps, Picture& out) {
  const int stride = out.width * out.channels;
  std::vector<int> sum(static_cast<size_t>(stride));
  constexpr int kShift = kWeightBits + kWeightBits - 8;
  for (int y = 0; y < out.height; ++y) {
    std::fill(sum.begin(), sum.end(), 1 << (kShift - 1));
    const uint16_t* row = rows.data() + size_t(taps.first[y]) * stride;
    for (int t = taps.begin[y]; t < taps.begin[y + 1]; ++t, row += stride) {
      const int weight = taps.weights[t];
      for (int i = 0; i < stride; ++i) sum[i] += weight * row[i];
    }
    uint8_t* to = out.at(0, y);
    for (int i = 0; i < stride; ++i) to[i] = clamp_byte(sum[i] >> kShift);
  }
}

// Four premultiplied samples weighted by where (u, v), in 1/65536 pixels, lies between them.
inline void sample(const Picture& stamp, int u, int v, int out[4]) {
  const int x = u >> 16, y = v >> 16, fu = (u >> 8) & 255, fv = (v >> 8) & 255;
  const int weight[4] = {(256 - fu) * (256 - fv), fu * (256 - fv), (256 - fu) * fv, fu * fv};
  int sum[4] = {32768, 32768, 32768, 32768};
  for (int corner = 0; corner < 4; ++corner) {
    const int cx = x + (corner & 1), cy = y + (corner >> 1);
    if (cx < 0 || cy < 0 || cx >= stamp.width || cy >= stamp.height) continue;
    const uint8_t* pixel = stamp.at(cx, cy);
    for (int c = 0; c < 4; ++c) sum[c] += weight[corner] * pixel[c];
  }
  for (int c = 0; c < 4; ++c) out[c] = sum[c] >> 16;
}

// Calls visit(x, y, rgba) for every canvas pixel that the posed stamp touches.
template <class Visit>
void visit_pixels(int width, int height, const Stamp& stamp, const Pose& pose, Visit visit) {
  if (stamp.width() == 0 || pose.scale <= 0 || pose.opacity <= 0) return;
  const Picture& level = stamp.level(pose.scale);
  const double zoom = pose.scale * stamp.width() / level.width;
  const double sine = sine_of_turns(pose.turns), cosine = sine_of_turns(pose.turns + 0.25);
  const double half_x =
      (std::fabs(cosine) * level.width + std::fabs(sine) * level.height) * zoom / 2;
  const double half_y =
      (std::fabs(sine) * level.width + std::fabs(cosine) * level.height) * zoom / 2;
  const int left = std::max(0, int(std::floor(pose.x - half_x)) - 1);
  const int right = std::min(width, int(std::ceil(pose.x + half_x)) + 1);
  const int top = std::max(0, int(std::floor(pose.y - half_y)) - 1);
  const int bottom = std::min(height, int(std::ceil(pose.y + half_y)) + 1);
  const int step_u = int(std::lround(cosine / zoom * 65536));
  const int step_v = int(std::lround(-sine / zoom * 65536));
  for (int y = top; y < bottom; ++y) {
    const double dx = left + 0.5 - pose.x, dy = y + 0.5 - pose.y;
    int u = int(std::lround(((cosine * dx + sine * dy) / zoom + level.width / 2.0 - 0.5) * 65536));
    int v = int(std::lround(((cosine * dy - sine * dx) / zoom + level.height / 2.0 - 0.5) * 65536));
    for (int x = left; x < right; ++x, u += step_u, v += step_v) {
      if (u <= -65536 || v <= -65536 || u >= level.width << 16 || v >= level.height << 16) continue;
      int rgba[4];
      sample(level, u, v, rgba);
      if (pose.opacity < 255) {
        for (int& value : rgba) value = divide_by_255(value * pose.opacity);
      }
      if (rgba[3]) visit(x, y, rgba);
    }
  }
}

inline void blend(uint8_t* pixel, const int rgba[4]) {
  for (int c = 0; c < 3; ++c) {
    pixel[c] = clamp_byte(rgba[c] + divide_by_255(pixel[c] * (255 - rgba[3])));
  }
}

}  // namespace

Picture resize_picture(const PictureView& source, Box from, int width, int height) {
  Picture out = make_picture(width, height, source.channels);
  const Taps across = make_taps(from.width(), width), down = make_taps(from.height(), height);
  std::vector<uint16_t> rows(size_t(from.height()) * width * source.channels);
  if (source.channels == 4) {
    shrink_rows<4>(source, from, across, rows);
  } else if (source.channels == 3) {
    shrink_rows<3>(source, from, across, rows);
  } else {
    shrink_rows<1>(source, from, across, rows);
  }
  shrink_columns(rows, down, out);
  return out;
}

Picture resize_picture(const PictureView& source, int width, int height) {
  return resize_picture(source, {0, 0, source.width, source.height}, width, height);
}

Picture premultiply(const Picture& rgba, Box from, bool mirrored) {
  Picture out = make_picture(from.width(), from.height(), 4);
  for (int y = 0; y < out.height; ++y) {
    uint8_t* to = out.at(0, y);
    for (int x = 0; x < out.width; ++x, to += 4) {
      const uint8_t* pixel = rgba.at(mirrored ? from.right - 1 - x : from.left + x, from.top + y);
      for (int c = 0; c < 3; ++c) to[c] = uint8_t(divide_by_255(pixel[c] * pixel[3]));
      to[3] = pixel[3];
    }
  }
  return out;
}

Picture mirror(const Picture& picture) {
  Picture out = picture;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      std::copy_n(picture.at(out.width - 1 - x, y), out.channels, out.at(x, y));
    }
  }
  return out;
}

void box_blur(Picture& picture, int passes) {
  const int w = picture.width, h = picture.height, channels = picture.channels;
  const int stride = w * channels;
  std::vector<int> sums(static_cast<size_t>(stride));
  for (int pass = 0; pass < passes; ++pass) {
    const Picture before = picture;
    for (int y = 0; y < h; ++y) {
      const uint8_t* above = before.at(0, std::max(0, y - 1));
      const uint8_t* here = before.at(0, y);
      const uint8_t* under = before.at(0, std::min(h - 1, y + 1));
      for (int i = 0; i < stride; ++i) sums[i] = above[i] + here[i] + under[i];
      uint8_t* to = picture.at(0, y);
      for (int i = 0; i < stride; ++i) {
        const int left = i < channels ? i : i - channels;
        const int right = i + channels >= stride ? i : i + channels;
        to[i] = uint8_t((sums[left] + sums[i] + sums[right] + 4) / 9);
      }
    }
  }
}

Box bounds_of(const Picture& picture, int threshold) {
  Box box{picture.width, picture.height, 0, 0};
  for (int y = 0; y < picture.height; ++y) {
    const uint8_t* value = picture.at(0, y) + picture.channels - 1;
    for (int x = 0; x < picture.width; ++x, value += picture.channels) {
      if (*value < threshold) continue;
      box.left = std::min(box.left, x);
      box.right = std::max(box.right, x + 1);
      box.top = std::min(box.top, y);
      box.bottom = y + 1;
    }
  }
  return box.right <= box.left ? Box{} : box;
}

double sine_of_turns(double turns) {
  double t = turns - std::floor(turns);  // [0, 1)
  const double sign = t >= 0.5 ? -1 : 1;
  if (t >= 0.5) t -= 0.5;
  if (t > 0.25) t = 0.5 - t;
  const double a = t * kTwoPi, s = a * a;
  return sign * a * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72))));
}

Stamp::Stamp(const Picture& premultiplied, int size) {
  const int longer = std::max(premultiplied.width, premultiplied.height);
  const int width = std::max(1, (premultiplied.width * size + longer / 2) / longer);
  const int height = std::max(1, (premultiplied.height * size + longer / 2) / longer);
  levels_.push_back(resize_picture(premultiplied, width, height));
}

void Stamp::add_levels() {
  while (levels_.back().width > 4 && levels_.back().height > 4) {
    const Picture& last = levels_.back();
    levels_.push_back(resize_picture(last, last.width / 2, last.height / 2));
  }
}

const Picture& Stamp::level(double scale) const {
  size_t level = 0;
  while (scale < 0.5 && level + 1 < levels_.size()) {
    scale *= 2;
    ++level;
  }
  return levels_[level];
}

int64_t draw_stamp(Canvas& canvas, const Stamp& stamp, const Pose& pose) {
  int64_t coverage = 0;
  Picture mask = make_picture(canvas.image.width, canvas.image.height, 1);
  visit_pixels(mask.width, mask.height, stamp, pose, [&](int x, int y, const int* rgba) {
    blend(canvas.image.at(x, y), rgba);
    for (Picture& earlier : canvas.masks) {
      uint8_t* value = earlier.at(x, y);
      *value = uint8_t(divide_by_255(*value * (255 - rgba[3])));
    }
    *mask.at(x, y) = uint8_t(rgba[3]);
    coverage += rgba[3];
  });
  canvas.masks.push_back(std::move(mask));
  return coverage;
}

void draw_stamp(Picture& image, const Stamp& stamp, const Pose& pose) {
  visit_pixels(image.width, image.height, stamp, pose,
               [&](int x, int y, const int* rgba) { blend(image.at(x, y), rgba); });
}

int64_t hidden_by(const Picture& mask, const Stamp& stamp, const Pose& pose) {
  int64_t hidden = 0;
  visit_pixels(mask.width, mask.height, stamp, pose, [&](int x, int y, const int* rgba) {
    const int value = *mask.at(x, y);
    hidden += value - divide_by_255(value * (255 - rgba[3]));
  });
  return hidden;
}

int64_t coverage_sum(const Picture& mask) {
  int64_t sum = 0;
  for (uint8_t value : mask.pixels) sum += value;
  return sum;
}

}  // namespace tutti
