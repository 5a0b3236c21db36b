// What a client records as the model hears it: 16-bit little-endian PCM at the client's rate to
// samples at 16 kHz.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

// One stream; not thread-safe.
class PcmReader {
 public:
  // 8000 to 48000.
  static Result<PcmReader> create(int sample_rate);
  PcmReader(PcmReader&&) noexcept;
  PcmReader& operator=(PcmReader&&) noexcept;
  ~PcmReader();

  // Bytes may end within a sample. The resampler holds back a few milliseconds.
  Result<std::vector<float>> push(std::string_view bytes);

 private:
  struct State;
  explicit PcmReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
