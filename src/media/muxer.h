// One encoder feeding one container, into memory or a file. Internal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/av.h"

namespace tutti {

// The part of a path behind its last dot, in lower case; "" if there is none.
std::string extension_of(const std::string& path);

// Not thread-safe. Use: create, set up codec(), start, send every frame, finish.
class Muxer {
 public:
  // file: where to write, or "" for memory. extension decides the container.
  static Result<std::unique_ptr<Muxer>> create(const std::string& file,
                                               const std::string& extension,
                                               const AVOutputFormat* container,
                                               const AVCodec* codec);
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;
  ~Muxer();

  AVCodecContext& codec() { return *codec_; }
  Status start(AVDictionary** codec_options);
  Status send(const AVFrame* frame);
  // Returns the bytes if they were written to memory.
  Result<std::vector<uint8_t>> finish();

 private:
  Muxer() = default;
  Error error(const std::string& what, int code) const;

  std::string name_;
  bool in_memory_ = false;
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;
  CodecPtr codec_;
  PacketPtr packet_;
};

}  // namespace tutti
