// A request that a scheduler has accepted: who is told of its end, and what it holds.
#pragma once

#include <optional>

#include "serve/model_places.h"
#include "serve/owners.h"
#include "serve/scheduler.h"
#include "serve/turns.h"

namespace tutti {

// Whose steps may share a pass.
struct SharingKey {
  const LoadedModel* model;
  const void* key;
  bool operator==(const SharingKey&) const = default;
};

struct ScheduledJob {
  enum class State { waiting, ready, stepping };

  ScheduledJob(std::unique_ptr<ModelRequest> request, Scheduler::End done)
      : request(std::move(request)), done(std::move(done)) {}

  const RequestTraits& traits() const { return request->traits(); }
  SharingKey sharing_key() const { return {request->model().model.get(), request->sharing().key}; }
  bool cancelled() const { return *request->cancelled; }
  // Why it must not go on, if so.
  std::optional<Error> refusal(SteadyTime now) const;

  const std::unique_ptr<ModelRequest> request;
  const Scheduler::End done;
  // Of the scheduler, under its lock.
  SteadyTime accepted, started, due, too_late;
  Owner* owner = nullptr;
  ModelPlace* place = nullptr;
  State state = State::waiting;
  Slots slots = {-1, -1};
};

}  // namespace tutti
