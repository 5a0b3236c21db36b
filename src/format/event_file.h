// TensorBoard event files: loss curves and sample pictures that `tensorboard --logdir` shows while
// a run goes on. TFRecord framing (length and data with masked CRC-32C) around Event messages
// (tensorflow/core/util/event.proto, framework/summary.proto), encoded by hand: five fields do not
// justify a protobuf dependency in the trainer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

uint32_t crc32c(std::span<const std::byte> bytes);  // Castagnoli, RFC 3720 appendix B.4

// Not thread-safe. Appends one whole record a call, in one write, so a killed run leaves a readable
// file and a reader never waits for a buffer.
class EventWriter {
 public:
  // Makes `folder` when needed and starts a new file in it; a resumed run gets another file, which
  // TensorBoard joins to the curve.
  static Result<EventWriter> create(const std::string& folder);
  EventWriter(EventWriter&& other) noexcept;
  EventWriter& operator=(EventWriter&& other) noexcept;
  ~EventWriter();

  Status scalar(std::string_view tag, int64_t step, float value);
  Status picture(std::string_view tag, int64_t step, const Picture& picture);

  const std::string& path() const { return path_; }

 private:
  EventWriter(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  Status append(int64_t step, std::string_view field);

  int descriptor_ = -1;
  std::string path_;
};

}  // namespace tutti
