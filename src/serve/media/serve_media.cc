#include "serve/media/serve_media.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/decode_video.h"
#include "media/points/read_cloud.h"
#include "serve/media/sandbox.h"
#include "serve/media/wire.h"

namespace tutti {
namespace {

using wire::Transfer;

Result<std::vector<Picture>> load_frames(const MediaInput& input, int count, int side,
                                         const MediaLimits& limits) {
  TUTTI_CHECK(check_input(input, limits.max_bytes));
  TUTTI_ASSIGN(VideoReader video, VideoReader::open(input, limits));
  return even_frames(video, size_t(count), side);
}

Result<Rows> decode_cloud(const MediaInput& input, const MediaLimits& limits, UpAxis up) {
  return read_cloud(input.bytes(), "", {.most_bytes = limits.max_bytes}, up);
}

// Ends the process once the other end of the socket is gone.
void* end_with_server(void* socket) {
  pollfd end = {*static_cast<const int*>(socket), 0, 0};
  while (poll(&end, 1, -1) != 1) {
  }
  _exit(0);
}

// What a killed server was having decoded is of no use to anybody.
bool watch_server(int socket) {
  static int watched;
  watched = socket;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  pthread_t thread;
  const int code = pthread_create(&thread, &attributes, end_with_server, &watched);
  pthread_attr_destroy(&attributes);
  return code == 0;
}

bool say_hello(int socket, const Status& locked_in) {
  const std::string message = locked_in ? "" : locked_in.error().message();
  wire::Hello hello;
  hello.size = uint32_t(message.size());
  return wire::send(socket, &hello, sizeof hello) == Transfer::done &&
         wire::send(socket, message.data(), message.size()) == Transfer::done;
}

}  // namespace

MediaDecoders real_decoders() {
  return {load_picture, load_sound, load_frames, load_fitted_picture, decode_cloud};
}

int serve_media(int socket, const MediaDecoders& decoders) {
  mallopt(M_ARENA_MAX, 1);  // each further one takes 128 MB of the address space that is limited
  // Pages that go back to the system after each upload and come again with the next one are a
  // fifth of the time that a short sound takes.
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  if (!watch_server(socket)) return int(ErrorCode::failed);
  const Status locked_in = enter_sandbox();
  if (!say_hello(socket, locked_in) || !locked_in) return int(ErrorCode::failed);
  answer_requests(socket, decoders);
  return 0;
}

}  // namespace tutti
