// Which rows the audio encoder (stems.h, AudioStem) reads, for whole sounds or for the next chunks
// of streams. A chunk of a stream reads the rows it would read in the whole sound, in the same
// order, so the results are the same bits.
//
//   AudioPlan plan;
//   plan.add(mel);           // a whole sound
//
//   plan.begin_streams(2);   // or chunks of two streams, one after the other
//   plan.add(halo_and_frames, tokens_so_far);
#pragma once

#include <span>

#include "model/layout.h"

namespace tutti {

inline constexpr float kSilentMel = -2.17f;  // a normalised mel of 1e-5: (ln 1e-5 + 5) / 3
// What a token reads of the sound before it: three mel frames in the convolutions, four rows in
// each depthwise convolution, three chunks in attention.
inline constexpr int kAudioHalo = 3;
inline constexpr int kAudioTaps = 5, kAudioTail = kAudioTaps - 1;
inline constexpr int kAudioPast = 3 * kAudioSegment;

struct AudioPlan {
  std::vector<float> mel;                // frames x 80; of what goes on, the halo first
  std::vector<int32_t> half_index;       // first convolution (stride 2): 3 mel rows each
  std::vector<int32_t> token_index;      // second (stride 2): 3 half rows each
  std::vector<int32_t> depthwise_index;  // 5 rows of [tails, level-1 rows] each, causal
  AttentionPlan attention;               // level 1, in chunks
  // Of streams: the rows left by their previous chunks, and those that these chunks leave.
  int tails = 0;                    // 4 a stream
  std::vector<int32_t> tail_index;  // rows of [tails, level-1 rows]

  int tokens() const { return int(token_index.size()) / 3; }
  int halves() const { return int(half_index.size()) / 3; }
  int frames() const { return int(mel.size()) / kMelBins; }

  // On an empty plan: what is added will be chunks of this many streams.
  void begin_streams(int streams) { tails = streams * kAudioTail; }
  // Frames of whole tokens: a sound from its start, or what follows its first `past` tokens, a
  // whole number of chunks. In that case `mel` begins with the three frames before.
  void add(std::span<const float> mel, int past = 0);

 private:
  int depthwise_source(int stream, int first_token, int past, int token) const;
};

// Rows of a convolution over `taps` neighbours, `before` of them ahead of its place, at every
// `stride`th place from `from` on; `rows` inputs from `first`, zero padding.
void add_convolution(std::vector<int32_t>& index, int first, int rows, int stride, int taps,
                     int before, int from = 0);

}  // namespace tutti
