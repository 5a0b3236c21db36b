// Any bytes are either refused as a picture or give a whole one within the limits.
#include <cstdlib>

#include "format/picture_file.h"
#include "fuzz_target.h"

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds;
  for (int channels : {1, 3, 4}) {
    tutti::Picture picture = tutti::make_picture(12, 10, channels);
    for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = uint8_t(i * 7);
    seeds.push_back(tutti::encode_png(picture));
    seeds.push_back(tutti::encode_jpeg(picture, 75));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const tutti::PictureLimits limits{.largest_side = 128, .most_pixels = 4096};
  const auto picture = tutti::decode_picture(std::as_bytes(std::span(data, size)), limits);
  if (!picture) return 0;
  const size_t pixels = size_t(picture->width) * size_t(picture->height);
  if (pixels == 0 || pixels > limits.most_pixels || picture->width > limits.largest_side ||
      picture->height > limits.largest_side ||
      picture->pixels.size() != pixels * size_t(picture->channels)) {
    std::abort();
  }
  return 0;
}
