// What the server and a media worker say to each other over their socket: a fixed header, then
// bytes. Both sides run the same program, so headers are plain structs; neither side trusts the
// other: every field is checked before anything is allocated or computed from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "media/input.h"

namespace tutti::wire {

enum class Kind : uint32_t { picture = 1, sound, frames, fitted_picture, cloud };

// Followed by `size` bytes, the upload.
struct Request {
  static constexpr uint32_t expected_magic = 0x314D5454;  // "TTM1"
  uint32_t magic = expected_magic;
  Kind kind = Kind::picture;
  uint32_t keep_transparency = 0;  // picture: 0 or 1
  uint32_t count = 0, side = 0;    // frames; a fitted picture is one of them
  uint32_t y_up = 0;               // cloud: 0 or 1
  MediaLimits limits;
  uint64_t size = 0;
};

// Followed by `size` bytes: pixels of `count` pictures one after another, or `count` floats; of a
// cloud `count` rows of `width` floats, then the places of all rows; where `error` is not 0, a
// message of UTF-8.
struct Reply {
  static constexpr uint32_t expected_magic = 0x324D5454;
  uint32_t magic = expected_magic;
  uint32_t error = 0;  // an ErrorCode
  uint32_t width = 0, height = 0, channels = 0;
  uint64_t count = 0;
  uint64_t size = 0;
};

// The first thing a worker says, once it has locked itself in; `size` bytes of message otherwise.
struct Hello {
  static constexpr uint32_t expected_magic = 0x304D5454;
  uint32_t magic = expected_magic;
  uint32_t size = 0;
};

inline constexpr size_t longest_message = 4096;

// The worker's check of a request, and the server's of a request's reply: sizes agree with each
// other and stay within the request's limits.
Status check(const Request& request);
Status check(const Reply& reply, const Request& request);

// A checked reply and its bytes as what was asked for, or as the error that it carries. Samples
// that load_sound would never give are errors, and so are numbers of a cloud that are not finite.
Result<Picture> to_picture(const Reply& reply, std::vector<uint8_t> bytes);
Result<Sound> to_sound(const Reply& reply, const std::vector<uint8_t>& bytes);
Result<std::vector<Picture>> to_frames(const Reply& reply, const std::vector<uint8_t>& bytes);
Result<Rows> to_cloud(const Reply& reply, const std::vector<uint8_t>& bytes);

// All bytes or none of use: `closed` when the other end is gone, `late` at the deadline.
enum class Transfer { done, closed, late };
using Deadline = std::optional<std::chrono::steady_clock::time_point>;
Transfer send(int socket, const void* data, size_t size, Deadline deadline = {});
Transfer receive(int socket, void* data, size_t size, Deadline deadline = {});

}  // namespace tutti::wire
