// libtorch says by exceptions what it cannot do: memory that ran out, shapes that do not fit. At
// the trainer's boundary they become errors.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "base/result.h"
#include "train/backend/torch.h"

namespace tutti {

// What `body` returns, a Result or Status, or what it threw.
template <class Body>
auto errors_of_torch(const std::string& what, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& problem) {
    return failed(what + ": libtorch: " + problem.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::no_memory,
                 what + ": memory ran out; use a smaller model or fewer examples a step");
  } catch (const std::exception& problem) {
    return failed(what + ": " + problem.what());
  }
}

}  // namespace tutti
