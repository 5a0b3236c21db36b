// The worker's part of the protocol; what it decodes with is given to it.
#include "serve/media/worker.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "serve/media/wire.h"

namespace tutti {
namespace {

using wire::Transfer;

constexpr size_t kPadding = 64;  // as much as FFmpeg's decoders read ahead

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

bool answer(int socket, const wire::Request& request, const MediaInput& upload,
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
    const auto picture = decoders.fitted_picture(upload, int(request.side), request.limits);
    return picture ? send_pictures(socket, {&*picture, 1}) : send_error(socket, picture.error());
  }
  const auto transparency =
      request.keep_transparency ? Transparency::keep : Transparency::over_white;
  const auto picture = decoders.picture(upload, request.limits, transparency);
  return picture ? send_pictures(socket, {&*picture, 1}) : send_error(socket, picture.error());
}

// Bytes with kPadding zeros behind them. They are not written before they come, so that memory
// grows with what has come and not with what was claimed.
class Upload {
 public:
  // False: the other end is gone.
  bool receive(int socket, size_t size) {
    for (size_t had = 0; had < size;) {
      const size_t next = std::min(size, std::max(kAtOnce, 2 * had));
      make_room(had, next);
      if (wire::receive(socket, bytes_.get() + had, next - had) != Transfer::done) return false;
      had = next;
    }
    std::fill_n(bytes_.get() + size, kPadding, uint8_t(0));
    size_ = size;
    return true;
  }
  MediaInput input() const { return MediaInput::padded({bytes_.get(), size_}, kPadding); }

 private:
  static constexpr size_t kAtOnce = size_t(64) << 20;  // the usual limit of bodies is half of it

  void make_room(size_t had, size_t size) {
    auto more = std::make_unique_for_overwrite<uint8_t[]>(size + kPadding);
    std::copy_n(bytes_.get(), had, more.get());
    bytes_ = std::move(more);
  }

  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_ = 0;
};

// False: the other end is gone, or makes no sense.
bool serve_one(int socket, const MediaDecoders& decoders) {
  wire::Request request;
  if (wire::receive(socket, &request, sizeof request) != Transfer::done) return false;
  if (!wire::check(request)) return false;
  Upload upload;
  try {
    if (!upload.receive(socket, size_t(request.size))) return false;
    return answer(socket, request, upload.input(), decoders);
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
