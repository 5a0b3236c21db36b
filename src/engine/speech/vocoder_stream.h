// Mel frames in, samples out, in pieces of any size: the samples are the same as for the whole.
//
// The vocoder is causal, so a piece is run with the frames before it that its layers still see
// (6 a layer) and their results are thrown away. The inverse STFT is 15 ms late
// (media/dsp/istft.h).
#pragma once

#include <span>
#include <vector>

#include "engine/session.h"
#include "media/dsp/istft.h"

namespace tutti {

inline constexpr int kVocoderFrames = 50;  // 0.5 s of sound: what is worth a pass

// One sound. Each piece may come on another session.
class VocoderStream {
 public:
  explicit VocoderStream(const LoadedModel& loaded);

  // frames * 80 values. Returns the samples that are complete now.
  Result<std::vector<float>> push(Session& session, std::span<const float> mel);
  // The last 15 ms.
  std::vector<float> finish();

 private:
  void add_samples(const CpuTensor& spectrum, int first_frame, std::vector<float>& samples);

  int history_;              // frames before a piece that matter
  std::vector<float> past_;  // the last of them
  IstftStream istft_;
  int skip_ = stft_overlap;  // samples that lie before the start
};

}  // namespace tutti
