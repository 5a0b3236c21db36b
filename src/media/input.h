// Where media come from (a file or bytes in memory) and how much of them is accepted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

// Decoding stops with an error beyond these, so that a small hostile file cannot fill the memory.
struct MediaLimits {
  size_t max_bytes = size_t(1) << 30;        // of the encoded file
  size_t max_pixels = size_t(1) << 26;       // of one picture or frame: 8192 x 8192
  double max_seconds = 3600;                 // of a sound or clip; 230 MB of samples
  size_t max_frames = 4096;                  // of a clip
  size_t max_clip_pixels = size_t(1) << 29;  // of all frames of a clip together: 1.6 GB as RGB
};

// What bytes are called in messages, where nothing else is said.
inline constexpr const char* kUploadName = "the upload";

// A path, or bytes that outlive every use of this value. There are no URLs: nothing here ever opens
// a network connection or a second file, whatever a playlist inside the input may ask for.
class MediaInput {
 public:
  MediaInput(std::string path) : path_(std::move(path)) {}
  MediaInput(const char* path) : path_(path) {}
  MediaInput(std::span<const uint8_t> bytes, std::string name = kUploadName)
      : path_(std::move(name)), bytes_(bytes), in_memory_(true) {}
  // Behind the bytes lie `padding` zeros, so that decoders that read ahead need no copy.
  static MediaInput padded(std::span<const uint8_t> bytes, size_t padding) {
    MediaInput input(bytes);
    input.padding_ = padding;
    return input;
  }
  MediaInput(const std::vector<uint8_t>& bytes) : MediaInput(std::span(bytes)) {}

  bool in_memory() const { return in_memory_; }
  const std::string& path() const { return path_; }  // or what the bytes are called
  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::string& name() const { return path_; }  // for messages
  size_t padding() const { return padding_; }

 private:
  std::string path_;
  std::span<const uint8_t> bytes_;
  size_t padding_ = 0;
  bool in_memory_ = false;
};

// The size in bytes of an input that exists, is a regular file, is not empty and is within
// max_bytes.
Result<size_t> check_input(const MediaInput& input, size_t max_bytes);

// Bytes with zeros behind them: the input's own, where it has these, else a copy.
struct PaddedBytes {
  std::vector<uint8_t> own;
  std::span<const uint8_t> bytes;  // without the zeros

  PaddedBytes(std::vector<uint8_t> own, std::span<const uint8_t> bytes)
      : own(std::move(own)), bytes(bytes) {}
  PaddedBytes(PaddedBytes&&) = default;  // a copy's view would be of the first's bytes
  PaddedBytes& operator=(PaddedBytes&&) = default;
};

// The whole input followed by `padding` zero bytes (decoders read ahead of the end).
Result<PaddedBytes> read_input(const MediaInput& input, size_t max_bytes, size_t padding);

}  // namespace tutti
