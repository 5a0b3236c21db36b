// What the tests of the Engine share: a tiny random model, and what it is shown.
#pragma once

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "tests/helpers/test_model.h"

namespace tutti::engine_test {

template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

inline std::string tiny_model() {
  static const std::string path = write_model("engine_test", tiny_config());
  return path;
}

inline Engine load(int threads = 2) {
  Result<Engine> engine = Engine::load(tiny_model(), {threads});
  if (!engine) throw std::runtime_error(engine.error().message());
  return *std::move(engine);
}

inline Picture picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

inline Mel mel(int frames, int seed = 1) {
  Rng rng(seed);
  Mel mel;
  for (int i = 0; i < frames * 80; ++i) mel.values.push_back(float(rng.normal()));
  return mel;
}

inline Prompt picture_prompt() {
  return {Part::of_picture(picture(1))};
}

}  // namespace tutti::engine_test
