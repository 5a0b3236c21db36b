// Hears sound while it arrives: mel frames go in, level-1 rows and the CTC head's logits come out,
// one chunk of 0.96 s at a time, each computed once. The results are bit for bit those of the whole
// sound (model/stems.h, AudioStem), however the frames are split and whoever shares the passes.
//
//   TUTTI_ASSIGN(AudioEncoderStream stream, AudioEncoderStream::create(*model));
//   TUTTI_CHECK(stream.push(frames));
//   while (stream.ready()) TUTTI_CHECK(step(session, stream, read));
//   ...
//   stream.finish();  // then step() while ready(), as above
//
// Memory does not grow with the length of the sound: a chunk of frames, four rows per layer, and
// the keys and values of a few chunks per layer.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/session.h"

namespace tutti {

// The results of a chunk: views that are valid during the call that receives them.
struct EncodedAudio {
  int first_token;     // of the stream, 25 a second
  ConstMatrix tokens;  // level-1 rows x width
  ConstMatrix logits;  // labels x 257, 50 a second (speech/ctc_text.h); no rows without a CTC head
};

// The state of one stream: a value that can be moved, and that continues in any session that has
// entered its model. Not thread-safe.
class AudioEncoderStream {
 public:
  using Read = std::function<void(size_t stream, const EncodedAudio&)>;

  // Fails if the model does not hear or there is no memory.
  static Result<AudioEncoderStream> create(const LoadedModel& loaded);

  // The next frames of the sound, any number x 80.
  Status push(std::span<const float> mel);
  // The sound ends here: its last frames are padded with silence as those of a whole sound.
  void finish();
  // Whether there is a chunk to compute.
  bool ready() const { return waiting() >= (finished_ ? 1 : kChunkFrames); }
  bool done() const { return finished_ && !ready(); }
  int tokens() const { return tokens_; }  // computed so far
  size_t bytes() const;                   // of memory

  // Computes the next chunk of each stream in one pass. All must be ready and of the session's
  // model. After an error they can be stepped again.
  static Status step(Session& session, std::span<AudioEncoderStream* const> streams,
                     const Read& read);

 private:
  static constexpr int kChunkFrames = kAudioSegment * kAudioStride;

  int halo() const { return tokens_ > 0 ? kAudioHalo : 0; }
  int waiting() const { return int(frames_.size()) / kMelBins - first_frame_ - halo(); }
  std::span<const float> chunk() const;
  void advance();

  int width_ = 0, quantum_ = 0;  // frames of a summary: whole sounds are multiples of them
  std::vector<float> frames_;    // from first_frame_ on: the halo, and those that wait
  int first_frame_ = 0, tokens_ = 0;
  bool finished_ = false;
  std::vector<float> tails_;        // layers x 4 x width
  std::vector<KvSequence> layers_;  // keys and values
};

// Of one stream.
inline Status step(Session& session, AudioEncoderStream& stream,
                   const AudioEncoderStream::Read& read) {
  AudioEncoderStream* const alone = &stream;
  return AudioEncoderStream::step(session, {&alone, 1}, read);
}

}  // namespace tutti
