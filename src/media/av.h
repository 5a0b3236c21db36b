// What every file of this folder that touches FFmpeg needs: owners for its objects, its error codes
// as text, and its log kept quiet. Internal: no public header includes this one.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

namespace tutti {

template <class T, void (*free)(T**)>
struct AvFree {
  void operator()(T* object) const { free(&object); }
};

using FramePtr = std::unique_ptr<AVFrame, AvFree<AVFrame, av_frame_free>>;
using PacketPtr = std::unique_ptr<AVPacket, AvFree<AVPacket, av_packet_free>>;
using CodecPtr = std::unique_ptr<AVCodecContext, AvFree<AVCodecContext, avcodec_free_context>>;
using ResamplerPtr = std::unique_ptr<SwrContext, AvFree<SwrContext, swr_free>>;

// FFmpeg counts rows padded to 64 pixels; the exact limit is checked on what comes out.
inline int64_t padded_pixel_limit(size_t max_pixels) {
  constexpr size_t padding = size_t(64) << 16;
  return int64_t(std::min(max_pixels, size_t(INT64_MAX) - padding) + padding);
}

inline std::string av_error(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

// Whether a block that a large picture needs cannot be had.
inline bool memory_is_short() {
  constexpr size_t kLargePicture = size_t(128) << 20;
  void* const block =
      mmap(nullptr, kLargePicture, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return true;
  munmap(block, kLargePicture);
  return false;
}

// What is wrong with an input, in `message`; but a lack of memory is not the input's fault. FFmpeg
// says ENOMEM for the absurd sizes that damaged input names, too. Without a message it is not the
// input that was looked at.
inline Error input_error(int code, std::string message) {
  const bool may_be_damaged = !message.empty();
  if (code != AVERROR(ENOMEM) || (may_be_damaged && !memory_is_short()))
    return bad_input(std::move(message));
  return {ErrorCode::no_memory,
          "there was too little memory to decode it; try again later, or give a smaller one"};
}

// FFmpeg logs to stderr by default, for the whole process; a library must not print.
inline void silence_av_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback([](void*, int, const char*, va_list) {}); });
}

}  // namespace tutti
