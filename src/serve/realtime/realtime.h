// GET /v1/realtime: a spoken or written conversation over a WebSocket, in the shape of OpenAI's
// realtime API: the released one, or its beta for clients that ask for that (beta.h).
//
//   client -> session.update, input_audio_buffer.append | commit | clear,
//             conversation.item.create | delete | retrieve | truncate, response.create | cancel
//   server -> session.*, input_audio_buffer.*, conversation.item.*, response.*, error
//
// What is said is transcribed, and the transcript answered by the text decoder, which reads the
// conversation so far as far back as its context reaches; the answer is spoken. Sound is base64 of
// 16-bit little-endian PCM at 24 kHz, or at the model's own 16 kHz where the session's format says
// so.
#pragma once

#include "serve/api/api.h"

namespace tutti {

void add_realtime_routes(Router& router, Api& api);

}  // namespace tutti
