// Recordings into a block, as mel spectrograms or samples.
#pragma once

#include <span>

#include "base/result.h"
#include "data/build/read/raw_records.h"
#include "data/build/shard_writer.h"
#include "data/records.h"

namespace tutti {

// The 16 kHz samples of a recording, read from its file where it has one.
Result<Sound> sound_of(const RawSpeech& speech);

// A recording on its way into a block.
struct MelStrip {
  const RawSpeech* speech = nullptr;
  Mel mel;
};

// JSON: recordings [{key, frames, text, language, speaker, label, synthetic, timing [[byte begin,
// byte end, seconds begin, seconds end]]}].
Block speech_block(std::span<const MelStrip> strips, int quality);

// JSON: recordings as above with `samples` instead of `frames`.
Block vocoder_block(const RawSpeech& speech, const Sound& sound);

}  // namespace tutti
