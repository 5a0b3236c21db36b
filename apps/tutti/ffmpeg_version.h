// The release of the FFmpeg libraries that this process runs with.
#pragma once

extern "C" {
#include <libavutil/avutil.h>
}

#include <string>

namespace tutti {

inline std::string ffmpeg_version() {
  return av_version_info();
}

}  // namespace tutti
