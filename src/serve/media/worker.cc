// The worker's part of the protocol; what it decodes with is given to it.
#include "serve/media/worker.h"

#include <algorithm>
#include <array>
#include <new>

#include "serve/media/wire.h"

namespace tutti {
namespace {

using Bytes = std::vector<uint8_t>;
using wire::Transfer;

bool send_answer(int socket, wire::Reply reply, std::span<const std::span<const uint8_t>> parts) {
  for (const auto& part : parts) reply.size += part.size();
  if (wire::send(socket, &reply, sizeof reply) != Transfer::done) return false;
  return std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
    return wire::send(socket, part.data(), part.size()) == Transfer::done;
  });
}

bool send_error(int socket, const Error& error) {
  const std::string message = error.message().substr(0, wire::longest_message);
  const std::span<const uint8_t> part(reinterpret_cast<const uint8_t*>(message.data()),
                                      message.size());
  return send_answer(socket, {.error = uint32_t(error.code())}, {&part, 1});
}

bool send_pictures(int socket, std::span<const Picture> pictures) {
  std::vector<std::span<const uint8_t>> parts;
  for (const Picture& picture : pictures) parts.emplace_back(picture.pixels);
  const Picture& first = pictures.front();
  return send_answer(socket,
                     {.width = uint32_t(first.width),
                      .height = uint32_t(first.height),
                      .channels = uint32_t(first.channels),
                      .count = pictures.size()},
                     parts);
}

template <class Value>
std::span<const uint8_t> bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(Value)};
}

bool send_sound(int socket, const Sound& sound) {
  return send_answer(socket, {.count = sound.samples.size()}, std::array{bytes_of(sound.samples)});
}

bool send_cloud(int socket, const Rows& rows) {
  const size_t count = rows.places.size();
  return send_answer(socket, {.width = uint32_t(rows.values.size() / count), .count = count},
                     std::array{bytes_of(rows.values), bytes_of(rows.places)});
}

bool answer(int socket, const wire::Request& request, const Bytes& upload,
            const MediaDecoders& decoders) {
  if (request.kind == wire::Kind::sound) {
    const auto sound = decoders.sound(upload, request.limits);
    return sound ? send_sound(socket, *sound) : send_error(socket, sound.error());
  }
  if (request.kind == wire::Kind::cloud) {
    const auto cloud = decoders.cloud(upload, request.limits, request.y_up ? UpAxis::y : UpAxis::z);
    return cloud ? send_cloud(socket, *cloud) : send_error(socket, cloud.error());
  }
  if (request.kind == wire::Kind::frames) {
    const auto frames =
        decoders.frames(upload, int(request.count), int(request.side), request.limits);
    return frames ? send_pictures(socket, *frames) : send_error(socket, frames.error());
  }
  if (request.kind == wire::Kind::fitted_picture) {
    auto picture = decoders.picture(upload, request.limits, Transparency::over_white);
    if (!picture) return send_error(socket, picture.error());
    const Picture fitted = decoders.fit(*picture, int(request.side));
    return send_pictures(socket, {&fitted, 1});
  }
  const auto transparency =
      request.keep_transparency ? Transparency::keep : Transparency::over_white;
  const auto picture = decoders.picture(upload, request.limits, transparency);
  return picture ? send_pictures(socket, {&*picture, 1}) : send_error(socket, picture.error());
}

// Memory grows with what has come, not with what was claimed.
bool receive_upload(int socket, size_t size, Bytes& upload) {
  constexpr size_t first = size_t(1) << 20;
  while (upload.size() < size) {
    const size_t had = upload.size();
    upload.resize(std::min(size, std::max(first, 2 * had)));
    if (wire::receive(socket, upload.data() + had, upload.size() - had) != Transfer::done)
      return false;
  }
  return true;
}

// False: the other end is gone, or makes no sense.
bool serve_one(int socket, const MediaDecoders& decoders) {
  wire::Request request;
  if (wire::receive(socket, &request, sizeof request) != Transfer::done) return false;
  if (!wire::check(request)) return false;
  Bytes upload;
  try {
    if (!receive_upload(socket, size_t(request.size), upload)) return false;
    return answer(socket, request, upload, decoders);
  } catch (const std::bad_alloc&) {
    return send_error(socket, {ErrorCode::no_memory,
                               std::string(kUploadName) +
                                   ": decoding it takes more memory than a media worker has; "
                                   "send a smaller one, or try again later"});
  }
}

}  // namespace

void answer_requests(int socket, const MediaDecoders& decoders) {
  while (serve_one(socket, decoders)) {
  }
}

}  // namespace tutti
