// A request to a model as a series of short steps, so that several can take turns and share passes.
//
//   TextRequest request(model, prompt, options);
//   TUTTI_CHECK(run(request, session));     // or a step here, a step there, on any session
//   use(request.result());
//
// Between steps a request is in its own fields and in its slots of the caches, never in a session.
// Steps come only where check() has found nothing, and those of one request must not overlap; what
// they compute depends neither on what ran in between nor on what shares their passes. A session is
// entered for the request's model.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <span>

#include "engine/session.h"

namespace tutti {

using SteadyTime = std::chrono::steady_clock::time_point;

// Of a request in the sequence caches.
using Slots = std::array<int, Session::kSequences>;

// What a request is to whoever arranges turns. Does not change.
struct RequestTraits {
  const char* name;      // of its kind, in statistics: "text"
  int slots = 0;         // sequences that it keeps in the caches between steps
  bool brief = false;    // over so soon that nothing others hold need keep it waiting for long
  bool patient = false;  // nobody follows it step by step: it takes the time that is left
};

// With whom the next step may share a pass: requests of one model whose keys are equal, whatever
// their adapters.
struct Sharing {
  const void* key = nullptr;  // nullptr: with nobody
  int rows = 1;               // about how many it adds to the pass
  // The pass costs hardly more for each that joins: it takes all there are, and who becomes ready
  // while it runs waits for the next one.
  bool gathers = false;
};

class ModelRequest {
 public:
  ModelRequest(ModelHandle model, const RequestTraits& traits)
      : model_(std::move(model)), traits_(traits) {}
  virtual ~ModelRequest() = default;
  ModelRequest(const ModelRequest&) = delete;
  ModelRequest& operator=(const ModelRequest&) = delete;

  const ModelHandle& model() const { return model_; }
  const RequestTraits& traits() const { return traits_; }

  // What is wrong with it and costs nothing to find, what its model cannot do above all: asked
  // once, before it waits for its turn.
  virtual Status check() const { return {}; }
  // Runs the next step; false once there is no other.
  virtual Result<bool> step(Session& session) = 0;

  virtual Sharing sharing() const { return {}; }
  // The next step of several that may share it, of which this is the first, in one pass. results[i]
  // is what step() would have given request i. `requests` are of one class if their keys are equal.
  virtual void step_together(Session& session, std::span<ModelRequest* const> requests,
                             std::span<Result<bool>> results) {
    for (size_t i = 0; i < requests.size(); ++i) results[i] = requests[i]->step(session);
  }

  // When the next step is due, of a request that was accepted at `accepted` and has just ended a
  // step at `now`.
  virtual SteadyTime due(SteadyTime /*accepted*/, SteadyTime now) { return now; }

  // To be set before the first step where the caches serve more than one request.
  Slots slots = {0, 1};
  // Whoever asked has gone: its listeners hear no more. Set by any thread.
  const std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);

 private:
  const ModelHandle model_;
  const RequestTraits traits_;
};

// One that ends with a T.
template <class T>
class RequestFor : public ModelRequest {
 public:
  using Value = T;
  using ModelRequest::ModelRequest;

  // Complete once there is no other step.
  T& result() { return result_; }

 protected:
  T result_;
};

inline Status run(ModelRequest& request, Session& session) {
  TUTTI_CHECK(request.check());
  for (bool more = true; more;) {
    TUTTI_ASSIGN(more, request.step(session));
  }
  return {};
}

}  // namespace tutti
