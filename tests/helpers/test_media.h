// Test helper: pictures, sounds and clips made by arithmetic.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "tests/helpers/test_folder.h"

namespace tutti {

// Smooth colours with a bright disc that moves with `time`.
inline Picture scene(int width, int height, int channels, int time = 0) {
  Picture picture = make_picture(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.at(x, y);
      const int dx = x - width / 3 - time, dy = y - height / 2;
      const bool disc = dx * dx + dy * dy < height * height / 16;
      const int value[4] = {disc ? 230 : 40 + 120 * x / width, disc ? 80 : 30 + 150 * y / height,
                            disc ? 60 : 200 - 120 * x / width, disc ? 255 : 255 * y / height};
      for (int c = 0; c < channels; ++c) pixel[c] = uint8_t(value[c]);
    }
  }
  return picture;
}

inline Picture noise_picture(int width, int height, int channels) {
  std::mt19937 random(5);
  Picture picture = make_picture(width, height, channels);
  for (uint8_t& value : picture.pixels) value = uint8_t(random());
  return picture;
}

// An animation of stills that encode_picture() gave as "webp", each at (left, top) of the canvas.
struct AnimatedFrame {
  std::vector<uint8_t> still;
  int width, height, left, top;
};

inline std::vector<uint8_t> animated_webp(int width, int height,
                                          const std::vector<AnimatedFrame>& frames) {
  std::vector<uint8_t> chunks;
  const auto text = [&](const char* name) {
    for (int i = 0; i < 4; ++i) chunks.push_back(uint8_t(name[i]));
  };
  const auto number = [&](size_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) chunks.push_back(uint8_t(value >> (8 * i)));
  };
  text("VP8X"), number(10, 4), number(0x12, 4), number(size_t(width) - 1, 3);
  number(size_t(height) - 1, 3);
  text("ANIM"), number(6, 4), number(0, 6);
  for (const AnimatedFrame& frame : frames) {
    // Behind "RIFF", size, "WEBP", and behind VP8X where there is transparency.
    const size_t begin = frame.still[15] == 'X' ? 30 : 12;
    text("ANMF"), number(16 + frame.still.size() - begin, 4);
    number(size_t(frame.left) / 2, 3), number(size_t(frame.top) / 2, 3);
    number(size_t(frame.width) - 1, 3), number(size_t(frame.height) - 1, 3);
    number(100, 3), number(0, 1);
    chunks.insert(chunks.end(), frame.still.begin() + ptrdiff_t(begin), frame.still.end());
  }
  std::vector<uint8_t> body = std::move(chunks);
  chunks.clear();
  text("RIFF"), number(4 + body.size(), 4), text("WEBP");
  chunks.insert(chunks.end(), body.begin(), body.end());
  return chunks;
}

inline Sound tone(double hz, double seconds, int rate = 16000) {
  Sound sound{rate, std::vector<float>(size_t(seconds * rate))};
  for (size_t t = 0; t < sound.samples.size(); ++t) {
    sound.samples[t] = float(0.6 * std::sin(2 * M_PI * hz * double(t) / rate));
  }
  return sound;
}

// Peak signal-to-noise ratio in dB; pictures of equal size.
inline double psnr(const Picture& a, const Picture& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = double(a.pixels[i]) - b.pixels[i];
    sum += difference * difference;
  }
  return sum == 0 ? 99 : 10 * std::log10(255.0 * 255 * double(a.pixels.size()) / sum);
}

}  // namespace tutti
