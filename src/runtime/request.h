// A request to the engine as a series of short steps, so that several can take turns.
//
//   TextRequest request(loaded, prompt, options);
//   TUTTI_CHECK(run(request, session));     // or a step here, a step there, on any session
//   use(request.result());
//
// Between steps a request is in its own fields and in its slots of the caches, never in a session.
// Steps of one request must not overlap; what they compute does not depend on what ran in between.
#pragma once

#include <array>

#include "runtime/session_state.h"

namespace tutti {

// Of a request in the sequence caches.
using Slots = std::array<int, Session::kSequences>;

class StepRequest {
 public:
  virtual ~StepRequest() = default;

  // Runs the next step; false once there is no other.
  virtual Result<bool> step(Session& session) = 0;

  // To be set before the first step where the caches serve more than one request.
  Slots slots = {0, 1};
};

inline Status run(StepRequest& request, Session& session) {
  for (bool more = true; more;) {
    TUTTI_ASSIGN(more, request.step(session));
  }
  return {};
}

}  // namespace tutti
