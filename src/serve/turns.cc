#include "serve/turns.h"

#include <algorithm>
#include <tuple>

namespace tutti {
namespace {

SteadyTime urgency(const Candidate& candidate, SteadyTime now, SteadyTime last_patient) {
  if (candidate.patient) {
    const SteadyTime due = std::max(candidate.accepted, last_patient) + kPatientTurn;
    return due <= now ? SteadyTime::min() : due;  // whatever else is late
  }
  return candidate.started ? candidate.due : std::max(candidate.due, now);
}

}  // namespace

std::optional<size_t> next_turn(std::span<const Candidate> candidates, SteadyTime now,
                                SteadyTime last_patient) {
  std::optional<size_t> best;
  const auto order = [&](size_t i) {
    const Candidate& c = candidates[i];
    return std::tuple(urgency(c, now, last_patient), c.accepted, i);
  };
  for (size_t i = 0; i < candidates.size(); ++i)
    if (!best || order(i) < order(*best)) best = i;
  return best;
}

}  // namespace tutti
