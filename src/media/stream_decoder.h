// One audio or video stream of a container, as a sequence of raw frames. Internal.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"
#include "media/av.h"
#include "media/input.h"

namespace tutti {

// Not thread-safe; keeps bytes in memory by reference.
class StreamDecoder {
 public:
  // The best stream of this kind. Reads through this class's own functions, and nothing that the
  // container refers to (playlists, external tracks) is opened.
  static Result<std::unique_ptr<StreamDecoder>> open(const MediaInput& input,
                                                     const MediaLimits& limits, AVMediaType kind);
  StreamDecoder(const StreamDecoder&) = delete;
  StreamDecoder& operator=(const StreamDecoder&) = delete;
  ~StreamDecoder();

  // Fills `frame` and says true, or says false after the last one. Damaged packets are skipped; an
  // input without a single good frame is an error.
  Result<bool> next(AVFrame& frame);

  const AVStream& stream() const { return *format_->streams[stream_]; }
  const AVCodecContext& codec() const { return *codec_; }
  double seconds() const;  // what the container claims; 0 if it does not say
  const std::string& name() const { return name_; }

 private:
  StreamDecoder() = default;
  Status open_container(const MediaInput& input, const MediaLimits& limits);
  Status open_codec(const MediaLimits& limits, AVMediaType kind);
  Status check_size(const MediaLimits& limits) const;
  void feed();  // one packet, or the end, to the decoder

  static int read(void* self, uint8_t* buffer, int size);
  static int64_t seek(void* self, int64_t offset, int whence);

  std::string name_;
  std::FILE* file_ = nullptr;  // or:
  std::span<const uint8_t> bytes_;
  int64_t position_ = 0;
  int64_t size_ = 0;

  AVIOContext* io_ = nullptr;
  AVFormatContext* format_ = nullptr;
  CodecPtr codec_;
  PacketPtr packet_;
  int stream_ = -1;
  bool drained_ = false;
  size_t frames_ = 0;
  int errors_after_end_ = 0;
  int last_error_ = AVERROR_INVALIDDATA;
};

}  // namespace tutti
