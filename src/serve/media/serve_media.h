// The other end of IsolatedDecoder: the worker process, with real decoders, locked in.
#pragma once

#include "serve/media/worker.h"

namespace tutti {

MediaDecoders real_decoders();  // those of media/

// Locks the process in, then answers requests on `socket` until the other end closes it. Returns an
// exit code; whatever goes wrong later kills the process, and the other end notices.
int serve_media(int socket, const MediaDecoders& decoders = real_decoders());

}  // namespace tutti
