// The model's 16 kHz samples as clients want them: 16-bit little-endian PCM, at 24 kHz where
// OpenAI's clients assume that rate.
//
//   PcmStream pcm(24000);
//   TUTTI_CHECK(pcm.ready());
//   std::string bytes = pcm.push(samples);   // any number of times
//   bytes += pcm.finish();
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace tutti {

inline constexpr int kModelSampleRate = 16000;
inline constexpr int kClientSampleRate = 24000;

// One stream; not thread-safe.
class PcmStream {
 public:
  explicit PcmStream(int sample_rate);  // 16000 or 24000
  ~PcmStream();
  PcmStream(const PcmStream&) = delete;
  PcmStream& operator=(const PcmStream&) = delete;

  // failed: another rate, or no memory for a resampler. Then there is no sound, rather than one
  // that is too fast.
  Status ready() const;

  std::string push(std::span<const float> samples_at_16khz);
  std::string finish();  // what the resampler still holds

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A WAV file's 44 bytes before mono 16-bit samples. Of a stream, whose length is not known yet, the
// sizes are the largest there are, as players expect.
std::string wav_header(int sample_rate);
std::string wav_header(int sample_rate, uint32_t data_bytes);

}  // namespace tutti
