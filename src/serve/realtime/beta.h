// OpenAI's realtime API as it was in its beta, in terms of the released one: other names for some
// events, and sessions that are flat. Clients that ask for it (the header "OpenAI-Beta:
// realtime=v1", the subprotocol "openai-beta.realtime-v1") get it; the rest of the server knows the
// released API alone.
#pragma once

#include <optional>

#include "serve/contract/fields.h"
#include "serve/http/message.h"

namespace tutti {

bool asks_for_beta(const Request& upgrade);

// A client's event; what the beta does not have stays as it is. Errors name the released API's
// parameters.
Json from_beta(Json event);
// A server's event; none where the beta has nothing like it.
std::optional<Json> to_beta(Json event);

}  // namespace tutti
