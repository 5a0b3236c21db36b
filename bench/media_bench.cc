// What decoding in a process of its own costs over decoding here: milliseconds for an upload,
// medians, both ways by turns; and the start of a worker.
//   media_bench [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/picture/fit_picture.h"
#include "serve/media/isolated_decoder.h"
#include "serve/media/serve_media.h"

namespace {

using namespace tutti;
using Bytes = std::vector<uint8_t>;

double milliseconds(const std::function<bool()>& work) {
  const auto start = std::chrono::steady_clock::now();
  if (!work()) std::exit(1);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + ptrdiff_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void compare(const char* name, int rounds, const std::function<bool()>& here,
             const std::function<bool()>& there) {
  std::vector<double> a, b, difference;
  for (int i = -3; i < rounds; ++i) {
    const double first = milliseconds(here), second = milliseconds(there);
    if (i < 0) continue;  // warm-up
    a.push_back(first), b.push_back(second), difference.push_back(second - first);
  }
  std::printf("%-28s here %8.2f ms   isolated %8.2f ms   more %6.2f ms\n", name, median(a),
              median(b), median(difference));
}

Bytes picture_bytes(int width, int height) {
  Picture picture = make_picture(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        picture.at(x, y)[c] =
            uint8_t(128 + 60 * std::sin(0.02 * x * (c + 1) + 0.03 * y) + x * y % 7);
  return *encode_picture(picture, "jpg");
}

Bytes sound_bytes(int seconds) {
  Sound sound{16000, std::vector<float>(size_t(seconds) * 16000)};
  for (size_t i = 0; i < sound.samples.size(); ++i)
    sound.samples[i] = float(std::sin(0.05 * double(i)));
  return *encode_sound(sound, "wav");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "media-worker") == 0) return serve_media(0);
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 31;
  auto decoder = IsolatedDecoder::start({.workers = 1, .requests_per_worker = 1 << 30});
  if (!decoder) return std::fprintf(stderr, "%s\n", decoder.error().message().c_str()), 1;
  std::vector<double> starts;
  for (int i = 0; i < rounds; ++i)
    starts.push_back(milliseconds([] { return bool(IsolatedDecoder::start({.workers = 1})); }));
  std::printf("start and end of a worker: %.1f ms\n", median(starts));
  for (const auto& [width, height] :
       {std::pair(128, 128), {640, 480}, {1920, 1080}, {4000, 3000}}) {
    const Bytes bytes = picture_bytes(width, height);
    compare((std::to_string(width) + " x " + std::to_string(height) + " JPEG").c_str(), rounds,
            [&] { return bool(load_picture(bytes)); },
            [&] { return bool(decoder->load_picture(bytes)); });
    compare(
        "  fitted to 128 x 128", rounds,
        [&] { return fit_picture(*load_picture(bytes), 128).width == 128; },
        [&] { return bool(decoder->load_fitted_picture(bytes, 128)); });
  }
  for (const int seconds : {2, 60}) {
    const Bytes bytes = sound_bytes(seconds);
    compare((std::to_string(seconds) + " s WAV").c_str(), rounds,
            [&] { return bool(load_sound(bytes)); },
            [&] { return bool(decoder->load_sound(bytes)); });
  }
  return 0;
}
