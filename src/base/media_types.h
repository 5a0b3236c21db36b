// Plain values that pass between folders: a picture, a sound, a mel spectrogram, a clip, rows of
// numbers. They own their samples and know nothing of files or codecs, which media/ reads and
// writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tutti {

// 8-bit samples, row-major, channels interleaved. Channels: 1 grey, 3 RGB, 4 RGBA (straight alpha).
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<uint8_t> pixels;  // height * width * channels

  uint8_t* at(int x, int y) { return pixels.data() + (size_t(y) * width + x) * channels; }
  const uint8_t* at(int x, int y) const {
    return pixels.data() + (size_t(y) * width + x) * channels;
  }
};

// Pixels that lie elsewhere, which must outlive it; rows may be padded.
struct PictureView {
  int width = 0;
  int height = 0;
  int channels = 0;
  const uint8_t* pixels = nullptr;
  ptrdiff_t stride = 0;  // bytes from a row to the next

  PictureView(int width, int height, int channels, const uint8_t* pixels, ptrdiff_t stride)
      : width(width), height(height), channels(channels), pixels(pixels), stride(stride) {}
  PictureView(const Picture& picture)
      : PictureView(picture.width, picture.height, picture.channels, picture.pixels.data(),
                    ptrdiff_t(picture.width) * picture.channels) {}

  const uint8_t* at(int x, int y) const {
    return pixels + ptrdiff_t(y) * stride + ptrdiff_t(x) * channels;
  }
};

inline Picture make_picture(int width, int height, int channels, uint8_t fill = 0) {
  return {width, height, channels, std::vector<uint8_t>(size_t(width) * height * channels, fill)};
}

// Mono samples in [-1, 1].
struct Sound {
  int sample_rate = 16000;
  std::vector<float> samples;

  double seconds() const { return double(samples.size()) / sample_rate; }
};

// Log-mel frames, `bins` values each, frame-major; 100 frames a second (10 ms hop).
// Values are normalised log magnitudes: (ln(max(mel, 1e-5)) + 5) / 3, so speech is about in [-2,
// 2].
struct Mel {
  int bins = 80;
  std::vector<float> values;  // frames * bins

  int frames() const { return bins ? int(values.size() / bins) : 0; }
};

inline constexpr int kClipFrames = 16;  // of a clip as the model reads it

struct Clip {
  double frames_per_second = 30;
  std::vector<Picture> frames;  // equal sizes, RGB
};

// Where a row lies in front of the reader. Time in units of 40 ms from when the rows begin, not
// below 0; y and x in eighths of a picture that fills the view.
struct Place {
  float time = 0, y = 0, x = 0;
};

// What a modality reads that has no stem of its own: rows of numbers, and their places.
struct Rows {
  std::string modality;       // its name in the model file: "points"
  std::vector<float> values;  // one row after another
  std::vector<Place> places;  // of each row
};

}  // namespace tutti
