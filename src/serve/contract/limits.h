// What one request may ask for.
#pragma once

#include <cstddef>

namespace tutti {

inline constexpr size_t kMostNameBytes = 128;  // of a model, as engine/model_names.h has it

struct ApiLimits {
  size_t most_body_bytes = size_t(32) << 20;
  int most_tokens = 1024;  // of an answer; who asks for more gets no more
  double most_seconds_of_audio = 60;
  size_t most_pixels = size_t(1) << 24;  // of a picture or frame that comes in
  int most_parts = 16;                   // pictures, sounds, videos and clouds of one request
  size_t most_speech_bytes = 4096;       // text to speak, as OpenAI has it
  int most_pictures = 4;                 // n
  int most_picture_side = 1024;
  int most_choices = 4;
  int most_answers = 64;      // of one scores request
  int most_inputs = 2048;     // of one embeddings request
  double most_seconds = 120;  // wall time
};

}  // namespace tutti
