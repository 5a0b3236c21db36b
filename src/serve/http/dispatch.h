// A whole request goes to its handler, or its connection becomes a WebSocket. Private to
// src/serve/http/.
#pragma once

#include <memory>

#include "serve/http/websocket_session.h"

namespace tutti {

// The workers that handle requests of this route with a body of that size.
FairPool& pool_for(Core& core, const Route& route, size_t body_bytes);

// Runs the route's handler: at once where it is quick, else on a worker. Where none takes it, it is
// refused by `reply`. `body` is charged until it is handled.
void run_handler(const std::shared_ptr<Core>& core, const Route& route, Request request,
                 Charge body, const std::shared_ptr<Reply>& reply);

// Gives the stream to a WebSocket, whose session the route's handler starts on a worker; false
// where there is no memory for that, and the stream is closed.
bool start_websocket(const std::shared_ptr<Core>& core, std::shared_ptr<Stream> stream,
                     const Route& route, Request request, BeastRequest handshake, Charge session);

}  // namespace tutti
