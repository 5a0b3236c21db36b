// The release of the FFmpeg libraries that this process runs with.
#pragma once

#include <cstdint>
#include <string>

extern "C" {
#include <libavutil/avutil.h>
}

namespace tutti {

inline std::string ffmpeg_version() {
  return av_version_info();
}

}  // namespace tutti
