#include "model/audio_plan.h"

#include <cassert>

namespace tutti {

void add_convolution(std::vector<int32_t>& index, int first, int rows, int stride, int taps,
                     int before, int from) {
  for (int i = from; i < rows; i += stride)
    for (int tap = 0; tap < taps; ++tap) {
      const int source = i + tap - before;
      index.push_back(source < 0 || source >= rows ? -1 : first + source);
    }
}

// The row in front of a depthwise convolution of the sound's token `token`, counted from the first
// that this plan adds; -1 before the sound began.
int AudioPlan::depthwise_source(int stream, int first_token, int past, int token) const {
  if (token >= 0) return tails + first_token + token;
  return past + token >= 0 ? (stream + 1) * kAudioTail + token : -1;
}

void AudioPlan::add(std::span<const float> sound, int past) {
  const int halo = past > 0 ? kAudioHalo : 0;  // and the half row that they make
  const int rows = int(sound.size()) / kMelBins, count = (rows - halo) / kAudioStride;
  assert(count > 0 && rows == halo + count * kAudioStride && past % kAudioSegment == 0);
  assert(past == 0 || tails > 0);
  const int stream = attention.sequences(), first_token = tokens(), first_half = halves();
  const int from = past > 0 ? 1 : 0;

  add_convolution(half_index, frames(), rows, 2, 3, 1, from);
  add_convolution(token_index, first_half, halves() - first_half, 2, 3, 1, from);
  for (int token = 0; token < count; ++token)
    for (int tap = 0; tap < kAudioTaps; ++tap)
      depthwise_index.push_back(
          depthwise_source(stream, first_token, past, token + tap - kAudioTail));
  for (int i = 0; tails > 0 && i < kAudioTail; ++i)
    tail_index.push_back(depthwise_source(stream, first_token, past, count + i - kAudioTail));
  add_chunks(attention, first_token, count, kAudioSegment, kAudioPast, past);
  mel.insert(mel.end(), sound.begin(), sound.end());
}

}  // namespace tutti
