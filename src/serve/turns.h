// Whose step a core takes next.
//
// Goals: sound and text that a person is listening to or reading never stall while pictures are
// drawn, everything else moves on all the same, and nobody's work waits for the mass of another's.
// Two kinds of work:
//   - live: every step is due at some time (the next half second of speech before the last one has
//     been played, the next token before the reader waits). While all is on time, the earliest
//     deadline first: then everybody gets what they want, in whatever order. Once something is
//     late, there is more work than time, and turns go to the owner who has had least of it; an
//     owner's own work by its deadlines. What has not started is never more than due now: what
//     runs and is late comes before it.
//   - patient (pictures, attention views): the owner who has had least first, an owner's own work
//     in the order of arrival. It gets all the time that is left, and where none is, one step in
//     100 ms: then it comes before whatever is late.
// A late live step only grows more urgent, and an owner who waits falls behind the others in time
// had, so nothing starves.
// Rejected: shares of time by weight (a share says nothing about when); priorities alone (they
// starve); deadlines for pictures as wholes (a queue of late ones would push speech aside); equal
// shares for owners at all times (one who listens would stall beside sixty who draw).
#pragma once

#include <chrono>
#include <optional>
#include <span>

namespace tutti {

using SteadyTime = std::chrono::steady_clock::time_point;

// A request that could take a step now.
struct Candidate {
  bool patient = false;
  bool started = false;
  SteadyTime accepted;
  SteadyTime due;     // of its next step; live ones only
  double served = 0;  // seconds that its owner has had (owners.h)
};

inline constexpr std::chrono::milliseconds kPatientTurn{100};

// Index of the candidate to take; none of none. last_patient: when a patient step was last taken.
std::optional<size_t> next_turn(std::span<const Candidate> candidates, SteadyTime now,
                                SteadyTime last_patient);

}  // namespace tutti
