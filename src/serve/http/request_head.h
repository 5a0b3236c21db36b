// The head of a request, from the parser's form into ours. Private to src/serve/http/.
#pragma once

#include <optional>

#include "serve/http/admission.h"
#include "serve/http/websocket_session.h"

namespace tutti {

// Method, path, query and headers into `request`; or why they are refused. What is kept of them is
// charged to `charge` first.
std::optional<Refusal> read_head_fields(const BeastRequest& message, size_t most_fields,
                                        Charge& charge, Request& request);

// Whether the client sends its body only when it is told to.
bool waits_for_leave(const Request& request);

}  // namespace tutti
