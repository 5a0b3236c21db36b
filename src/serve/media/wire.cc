#include "serve/media/wire.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "media/points/cloud_rows.h"
#include "media/points/point_patches.h"

namespace tutti::wire {
namespace {

constexpr uint32_t most_frames = 4096, largest_side = 4096;
constexpr double sound_rate = 16000;

Error nonsense(const std::string& what) {
  return failed("the media worker answered nonsense (" + what + ")");
}

constexpr uint32_t row_values = kPatchValues + 3;  // of a cloud: a patch and its centre
static_assert(sizeof(Place) == 3 * sizeof(float));

// False where the product overflows.
bool multiply(uint64_t a, uint64_t b, uint64_t& product) {
  return !__builtin_mul_overflow(a, b, &product);
}

Status check_pixels(const Reply& reply, const Request& request) {
  uint64_t area = 0, pixels = 0, bytes = 0;
  if (!multiply(reply.width, reply.height, area) || !multiply(area, reply.count, pixels) ||
      !multiply(pixels, reply.channels, bytes) || bytes == 0 || bytes != reply.size) {
    return nonsense("its sizes do not agree");
  }
  const bool one = request.kind == Kind::picture;
  const uint32_t channels = one && request.keep_transparency ? 4 : 3;
  if (reply.channels != channels || reply.count != (one ? 1 : request.count) ||
      reply.width > INT32_MAX || reply.height > INT32_MAX ||
      (one ? area > request.limits.max_pixels
           : reply.width != request.side || reply.height != request.side)) {
    return nonsense("a picture that was not asked for");
  }
  return {};
}

Status check_cloud(const Reply& reply) {
  constexpr uint64_t bytes = kPatches * (row_values * sizeof(float) + sizeof(Place));
  if (reply.count == kPatches && reply.width == row_values && reply.size == bytes) return {};
  return nonsense("a cloud that was not asked for");
}

Status check_sound(const Reply& reply, const Request& request) {
  uint64_t bytes = 0;
  if (!multiply(reply.count, sizeof(float), bytes) || bytes == 0 || bytes != reply.size ||
      double(reply.count) > std::clamp(request.limits.max_seconds, 0.0, 1e6) * sound_rate) {
    return nonsense("a sound that was not asked for");
  }
  return {};
}

Error carried_error(const Reply& reply, const std::vector<uint8_t>& bytes) {
  std::string message(bytes.begin(), bytes.end());
  if (invalid_utf8_at(message))
    message = std::string(kUploadName) + ": its decoder failed without a message";
  return {ErrorCode(reply.error), std::move(message)};
}

// 1: try again, 0: the deadline has passed, -1: the socket is of no use.
int wait(int socket, short events, const Deadline& deadline) {
  constexpr int64_t longest = 1'000'000;
  int64_t left = -1;
  if (deadline) {
    const auto until = *deadline - std::chrono::steady_clock::now();
    left = std::chrono::ceil<std::chrono::milliseconds>(until).count();
    if (left <= 0) return 0;
  }
  pollfd waiting = {socket, events, 0};
  const int ready = poll(&waiting, 1, int(std::min(left, longest)));
  if (ready < 0) return errno == EINTR ? 1 : -1;
  return ready == 0 && left <= longest ? 0 : 1;
}

template <class Bytes, class Move>
Transfer transfer(int socket, Bytes* at, size_t size, const Deadline& deadline, short events,
                  const Move& move) {
  while (size > 0) {
    const ssize_t moved = move(socket, at, size);
    if (moved > 0) {
      at += moved;
      size -= size_t(moved);
      continue;
    }
    if (moved == 0 || (errno != EAGAIN && errno != EINTR)) return Transfer::closed;
    const int ready = wait(socket, events, deadline);
    if (ready <= 0) return ready == 0 ? Transfer::late : Transfer::closed;
  }
  return Transfer::done;
}

}  // namespace

Status check(const Request& request) {
  const bool fitted = request.kind == Kind::frames || request.kind == Kind::fitted_picture;
  const uint32_t most = request.kind == Kind::frames ? most_frames : 1;
  const bool known = request.magic == Request::expected_magic &&
                     (request.kind == Kind::picture || request.kind == Kind::sound ||
                      request.kind == Kind::cloud || fitted);
  const bool sensible = !fitted || (request.count >= 1 && request.count <= most &&
                                    request.side >= 1 && request.side <= largest_side);
  if (known && sensible && request.keep_transparency <= 1 && request.y_up <= 1 &&
      request.size > 0 && request.size <= request.limits.max_bytes)
    return {};
  return failed("the media worker was sent nonsense");
}

Status check(const Reply& reply, const Request& request) {
  if (reply.magic != Reply::expected_magic) return nonsense("no reply");
  if (reply.error != 0) {
    const bool known = reply.error == uint32_t(ErrorCode::failed) ||
                       reply.error == uint32_t(ErrorCode::usage) ||
                       reply.error == uint32_t(ErrorCode::bad_input) ||
                       reply.error == uint32_t(ErrorCode::no_memory);
    if (known && reply.size <= longest_message) return {};
    return nonsense("an unknown error");
  }
  if (request.kind == Kind::sound) return check_sound(reply, request);
  if (request.kind == Kind::cloud) return check_cloud(reply);
  return check_pixels(reply, request);
}

Result<Picture> to_picture(const Reply& reply, std::vector<uint8_t> bytes) {
  if (reply.error) return carried_error(reply, bytes);
  return Picture{int(reply.width), int(reply.height), int(reply.channels), std::move(bytes)};
}

Result<Sound> to_sound(const Reply& reply, const std::vector<uint8_t>& bytes) {
  if (reply.error) return carried_error(reply, bytes);
  Sound sound;
  sound.samples.resize(size_t(reply.count));
  std::memcpy(sound.samples.data(), bytes.data(), bytes.size());
  const auto in_range = [](float sample) { return std::abs(sample) <= 1; };  // NaN is not
  if (!std::all_of(sound.samples.begin(), sound.samples.end(), in_range))
    return nonsense("samples beyond [-1, 1]");
  return sound;
}

Result<std::vector<Picture>> to_frames(const Reply& reply, const std::vector<uint8_t>& bytes) {
  if (reply.error) return carried_error(reply, bytes);
  const size_t size = bytes.size() / reply.count;
  std::vector<Picture> frames;
  for (auto at = bytes.begin(); at != bytes.end(); at += ptrdiff_t(size))
    frames.push_back(
        {int(reply.width), int(reply.height), int(reply.channels), {at, at + ptrdiff_t(size)}});
  return frames;
}

Result<Rows> to_cloud(const Reply& reply, const std::vector<uint8_t>& bytes) {
  if (reply.error) return carried_error(reply, bytes);
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  const auto finite = [](float number) { return std::isfinite(number); };
  if (!std::all_of(numbers.begin(), numbers.end(), finite))
    return nonsense("numbers that are not finite");
  const auto values = numbers.begin() + ptrdiff_t(reply.count * reply.width);
  Rows rows{kPointsModality, {numbers.begin(), values}, {}};
  for (auto at = values; at != numbers.end(); at += 3) rows.places.push_back({at[0], at[1], at[2]});
  return rows;
}

Transfer send(int socket, const void* data, size_t size, Deadline deadline) {
  return transfer(socket, static_cast<const uint8_t*>(data), size, deadline, POLLOUT,
                  [](int to, const uint8_t* at, size_t left) {
                    return ::send(to, at, left, MSG_NOSIGNAL | MSG_DONTWAIT);
                  });
}

Transfer receive(int socket, void* data, size_t size, Deadline deadline) {
  return transfer(
      socket, static_cast<uint8_t*>(data), size, deadline, POLLIN,
      [](int from, uint8_t* at, size_t left) { return ::recv(from, at, left, MSG_DONTWAIT); });
}

}  // namespace tutti::wire
