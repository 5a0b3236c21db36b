// What the tests of the isolated decoder share.
#pragma once

#include <gtest/gtest.h>

#include "media/encode_picture.h"
#include "serve/media/isolated_decoder.h"
#include "tests/helpers/test_media.h"

namespace tutti::isolation {

using Bytes = std::vector<uint8_t>;

inline Bytes bytes_of(const std::string& text) {
  return Bytes(text.begin(), text.end());
}

inline IsolatedDecoder start(IsolationOptions options = {}, bool misbehaving = true) {
  if (misbehaving) options.argument = "misbehaving-worker";
  auto decoder = IsolatedDecoder::start(options);
  EXPECT_TRUE(decoder) << (decoder ? "" : decoder.error().message());
  return *std::move(decoder);
}

// The next upload is served, by as many workers as before.
inline void expect_well(const IsolatedDecoder& decoder) {
  const Bytes png = *encode_picture(scene(48, 40, 3), "png");
  for (int i = 0; i < 3; ++i) {
    const auto picture = decoder.load_picture(png);
    ASSERT_TRUE(picture) << picture.error().message();
    EXPECT_EQ(picture->pixels, scene(48, 40, 3).pixels);
  }
}

}  // namespace tutti::isolation
