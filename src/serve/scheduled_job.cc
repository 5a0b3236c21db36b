#include "serve/scheduled_job.h"

namespace tutti {

std::optional<Error> ScheduledJob::refusal(SteadyTime now) const {
  if (cancelled()) return Error(ErrorCode::cancelled, "the request was cancelled");
  const auto most = std::chrono::ceil<std::chrono::seconds>(too_late - accepted);
  if (now > too_late)
    return Error(ErrorCode::timed_out, "the request took longer than the " +
                                           std::to_string(most.count()) +
                                           " s that it may; ask for less, or try when less is "
                                           "going on");
  return std::nullopt;
}

}  // namespace tutti
