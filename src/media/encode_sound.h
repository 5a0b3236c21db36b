// Sound into files and downloads, through FFmpeg.
//
//   TUTTI_CHECK(save_sound("answer.wav", speech));
//
// ErrorCode::usage: an unknown extension; ErrorCode::failed: the file cannot be
// written. A file appears under its name only when it is complete. May be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// wav is 16-bit PCM at the sound's own rate. Whatever else FFmpeg knows by its extension (flac,
// mp3, ogg, m4a, ...) gets the nearest rate that its codec supports, upwards if there is one.
Status save_sound(const std::string& path, const Sound& sound);
Result<std::vector<uint8_t>> encode_sound(const Sound& sound, const std::string& extension);

}  // namespace tutti
