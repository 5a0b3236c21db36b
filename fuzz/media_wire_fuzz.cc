// What a media worker and the server say to each other, from either side: a worker that is sent
// anything answers or leaves, and the server takes from a reply only what it asked for.
//
// Input: a request, a reply, and the bytes after it; the worker is sent all of it, and
// leaves after its first answer, which nobody reads.
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "fuzz_target.h"
#include "media/decode_picture.h"
#include "serve/media/wire.h"
#include "serve/media/worker.h"

namespace {

using namespace tutti;

constexpr size_t kLargest = 1 << 20;

template <class Plain>
void append(std::string& to, const Plain& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void check_pictures(const std::vector<Picture>& pictures, const wire::Request& request) {
  for (const Picture& p : pictures) {
    const size_t area = size_t(p.width) * size_t(p.height);
    if (p.width < 1 || p.height < 1 || area * size_t(p.channels) != p.pixels.size()) std::abort();
    if (request.kind == wire::Kind::picture && area > request.limits.max_pixels) std::abort();
  }
}

void check_reply(const wire::Request& request, const wire::Reply& reply,
                 std::vector<uint8_t> bytes) {
  if (!wire::check(request) || !wire::check(reply, request) || reply.size > kLargest) return;
  bytes.resize(size_t(reply.size));
  if (request.kind == wire::Kind::sound) {
    const auto sound = wire::to_sound(reply, bytes);
    if (!sound) return;
    for (const float sample : sound->samples)
      if (!(std::abs(sample) <= 1)) std::abort();
    if (sound->seconds() > request.limits.max_seconds) std::abort();
  } else if (request.kind == wire::Kind::cloud) {
    const auto rows = wire::to_cloud(reply, bytes);
    if (!rows) return;
    if (rows->places.size() != reply.count || rows->values.size() % rows->places.size())
      std::abort();
    for (const float value : rows->values)
      if (!std::isfinite(value)) std::abort();
  } else if (request.kind == wire::Kind::frames) {
    const auto frames = wire::to_frames(reply, bytes);
    if (!frames) return;
    if (frames->size() != request.count) std::abort();
    check_pictures(*frames, request);
  } else if (const auto picture = wire::to_picture(reply, bytes)) {
    check_pictures({*picture}, request);
  }
}

void send_to_worker(const uint8_t* data, size_t size) {
  MediaDecoders decoders;
  decoders.picture = [](const MediaInput& input, const MediaLimits&, Transparency) {
    return Result<Picture>(make_picture(1, 1, 3, input.bytes()[0]));
  };
  decoders.sound = [](const MediaInput&, const MediaLimits&) {
    return Result<Sound>(bad_input("no sound"));
  };
  decoders.frames = [](const MediaInput&, int, int side, const MediaLimits&) {
    return Result<std::vector<Picture>>({make_picture(side % 8 + 1, 1, 3)});
  };
  decoders.cloud = [](const MediaInput& input, const MediaLimits&, UpAxis) {
    return Result<Rows>({"points", {float(input.bytes()[0])}, {{}}});
  };
  decoders.fitted_picture = [](const MediaInput&, int side, const MediaLimits&) {
    return Result<Picture>(make_picture(side, side, 3));
  };
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
  if (wire::send(ends[0], data, size) != wire::Transfer::done) std::abort();
  shutdown(ends[0], SHUT_RDWR);  // what was sent is still read; what is answered is not waited for
  answer_requests(ends[1], decoders);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const MediaLimits limits{.max_bytes = 4096, .max_pixels = 4096, .max_seconds = 1};
  std::string picture, sound, frames, fitted, cloud, error;
  append(picture, wire::Request{.limits = limits, .size = 20});
  append(picture, wire::Reply{.width = 4, .height = 2, .channels = 3, .count = 1, .size = 24});
  append(sound, wire::Request{.kind = wire::Kind::sound, .limits = limits, .size = 4});
  append(sound, wire::Reply{.count = 6, .size = 24});
  append(frames,
         wire::Request{
             .kind = wire::Kind::frames, .count = 2, .side = 2, .limits = limits, .size = 1});
  append(frames, wire::Reply{.width = 2, .height = 2, .channels = 3, .count = 2, .size = 24});
  append(error, wire::Request{.keep_transparency = 1, .limits = limits, .size = 9});
  append(error, wire::Reply{.error = 3, .size = 24});
  std::vector<std::string> seeds;
  append(
      fitted,
      wire::Request{
          .kind = wire::Kind::fitted_picture, .count = 1, .side = 2, .limits = limits, .size = 3});
  append(fitted, wire::Reply{.width = 2, .height = 2, .channels = 3, .count = 1, .size = 12});
  append(cloud, wire::Request{.kind = wire::Kind::cloud, .limits = limits, .size = 24});
  append(cloud, wire::Reply{.width = 99, .count = 64, .size = 26112});
  for (const std::string& seed : {picture, sound, frames, fitted, cloud, error})
    seeds.push_back(std::string(seed).append("an upload or its pixels!").append(seed));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 8192) return 0;
  send_to_worker(data, size);
  wire::Request request;
  wire::Reply reply;
  if (size < sizeof request + sizeof reply) return 0;
  std::memcpy(static_cast<void*>(&request), data, sizeof request);
  std::memcpy(static_cast<void*>(&reply), data + sizeof request, sizeof reply);
  check_reply(request, reply, {data + sizeof request + sizeof reply, data + size});
  return 0;
}
