#include "serve/turns.h"

#include <algorithm>
#include <tuple>

namespace tutti {
namespace {

// What decides between kinds: of all patient ones together, and of all live ones where some are
// late, the most urgent.
struct Urgency {
  SteadyTime patient = SteadyTime::max(), live = SteadyTime::max();
  bool late = false;
};

Urgency survey(std::span<const Candidate> candidates, SteadyTime now, SteadyTime last_patient) {
  Urgency most;
  for (const Candidate& c : candidates) {
    if (c.patient) {
      most.patient = std::min(most.patient, std::max(c.accepted, last_patient) + kPatientTurn);
    } else {
      most.live = std::min(most.live, c.due);
    }
  }
  most.late = most.live < now;
  if (most.patient <= now) most.patient = SteadyTime::min();  // before whatever is late
  return most;
}

}  // namespace

std::optional<size_t> next_turn(std::span<const Candidate> candidates, SteadyTime now,
                                SteadyTime last_patient) {
  const Urgency most = survey(candidates, now, last_patient);
  const auto order = [&](size_t i) {
    const Candidate& c = candidates[i];
    if (c.patient) return std::tuple(most.patient, c.served, c.accepted, c.accepted, i);
    const SteadyTime due = c.started ? c.due : std::max(c.due, now);
    return std::tuple(most.late ? most.live : due, c.served, due, c.accepted, i);
  };
  std::optional<size_t> best;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (!best || order(i) < order(*best)) best = i;
  return best;
}

}  // namespace tutti
