// The sound of a file or an upload, through FFmpeg.
//
//   Result<Sound> speech = load_sound(upload_bytes);
//
// What is not there, holds no sound, or is beyond the limits is ErrorCode::bad_input. A damaged
// file yields what comes before the damage, as any player does, and is an error only if that is
// nothing. The functions may be called from any thread.
#pragma once

#include "base/media_types.h"
#include "base/result.h"
#include "media/input.h"

namespace tutti {

// The sound of any container (WAV also with mu-law, MP3, FLAC, Ogg, M4A, or a video) as mono at
// 16 kHz: a mix of the channels that are not silent, or, where they cancel each other, the loudest.
// Samples that are no numbers are bad_input.
Result<Sound> load_sound(const MediaInput& input, const MediaLimits& limits = {});

}  // namespace tutti
