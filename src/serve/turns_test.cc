// The order of turns, on a simulated machine: cores that take steps of known lengths.
#include "serve/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace tutti {
namespace {

using std::chrono::milliseconds;

SteadyTime at(int ms) {
  return SteadyTime() + milliseconds(1000000 + ms);
}

// A stream of sound (a chunk every `period` ms, each of `steps` steps) or a picture (all steps, no
// deadlines but its place in the queue).
struct Work {
  bool patient;
  int accepted, step_ms, steps, chunks, period = 500;
  int done_steps = 0, done_chunks = 0;
  int ends = -1, late_ms = 0;
  bool started = false, stepping = false;
  int heard_until = 0;
  int owner = 0;

  bool finished() const { return ends >= 0; }
  int due() const {
    if (done_chunks == 0) return accepted + 100;
    return heard_until - 300;
  }
  void step_done(int now) {
    if (++done_steps < steps) return;
    done_steps = 0;
    if (done_chunks > 0) late_ms = std::max(late_ms, now - heard_until);
    heard_until = std::max(heard_until, now) + period;
    if (++done_chunks == chunks) ends = now;
  }
};

struct Machine {
  explicit Machine(int cores) : busy(cores, nullptr), until(cores, 0) {}

  void run(std::vector<Work>& work, int limit_ms) {
    for (int now = 0; now < limit_ms; ++now)
      for (size_t core = 0; core < busy.size(); ++core) {
        if (busy[core] && until[core] <= now) {
          served[busy[core]->owner] += busy[core]->step_ms * 1e-3;
          busy[core]->stepping = false;
          busy[core]->step_done(now);
          busy[core] = nullptr;
        }
        if (!busy[core]) take(work, core, now);
      }
  }
  void take(std::vector<Work>& work, size_t core, int now) {
    std::vector<Candidate> candidates;
    std::vector<Work*> owners;
    for (Work& w : work) {
      if (w.accepted > now || w.finished() || w.stepping) continue;
      candidates.push_back({w.patient, w.started, at(w.accepted), at(w.due()), served[w.owner]});
      owners.push_back(&w);
    }
    const auto turn = next_turn(candidates, at(now), last_patient);
    if (!turn) return;
    Work& w = *owners[*turn];
    if (w.patient) last_patient = at(now);
    w.started = w.stepping = true;
    busy[core] = &w;
    until[core] = now + w.step_ms;
  }

  std::vector<Work*> busy;
  std::vector<int> until;
  std::map<int, double> served;  // seconds, by owner
  SteadyTime last_patient{};
};

Work picture(int accepted) {
  return {.patient = true, .accepted = accepted, .step_ms = 6, .steps = 20, .chunks = 1};
}

// A second of sound takes about 0.3 s of a core.
Work speech(int accepted, int chunks = 8) {
  return {.patient = false, .accepted = accepted, .step_ms = 10, .steps = 15, .chunks = chunks};
}

TEST(Turns, NothingOfNothing) {
  EXPECT_FALSE(next_turn({}, at(0), at(0)));
}

TEST(Turns, TheEarliestDeadlineFirst) {
  const std::vector<Candidate> live = {
      {false, true, at(0), at(50)}, {false, true, at(1), at(20)}, {false, true, at(2), at(40)}};
  EXPECT_EQ(next_turn(live, at(10), at(0)), 1u);
  EXPECT_EQ(next_turn(live, at(900), at(895)), 1u);  // late ones too
}

TEST(Turns, WhatRunsAndIsLateComesBeforeWhatHasNotStarted) {
  const std::vector<Candidate> live = {{false, false, at(0), at(100)},
                                       {false, true, at(300), at(480)}};
  EXPECT_EQ(next_turn(live, at(500), at(499)), 1u);
  EXPECT_EQ(next_turn(live, at(450), at(449)), 0u);
}

TEST(Turns, WhenThereIsTooMuchWhoHadLeastComesFirst) {
  const std::vector<Candidate> live = {{false, true, at(0), at(50), 7},
                                       {false, true, at(1), at(20), 9},
                                       {false, false, at(80), at(180), 2}};
  EXPECT_EQ(next_turn(live, at(10), at(0)), 1u);   // nothing is late: by the deadlines
  EXPECT_EQ(next_turn(live, at(90), at(80)), 2u);  // and here to the owner who waits
  const std::vector<Candidate> patient = {
      {true, true, at(0), {}, 7}, {true, false, at(5), {}, 2}, {true, false, at(6), {}, 2}};
  EXPECT_EQ(next_turn(patient, at(50), at(49)), 1u);
  EXPECT_EQ(next_turn(patient, at(500), at(49)), 1u);
}

// Sixty streams that two cores cannot serve, all one owner's, and now and then a short one of
// another's: it is as if the sixty were few.
TEST(Turns, AnotherOwnersShortWorkDoesNotWaitForTheMassOfOne) {
  std::vector<Work> work;
  for (int i = 0; i < 60; ++i) work.push_back(speech(0, 40));
  for (Work& w : work) w.owner = 1;
  for (int i = 0; i < 5; ++i) {
    work.push_back(
        {.patient = false, .accepted = 3000 + 2000 * i, .step_ms = 5, .steps = 8, .chunks = 1});
    work.back().owner = 2;
  }
  Machine(2).run(work, 20000);
  for (size_t i = 60; i < work.size(); ++i) {
    ASSERT_TRUE(work[i].finished());
    EXPECT_LE(work[i].ends - work[i].accepted, 8 * (5 + 10)) << i;
  }
}

TEST(Turns, PicturesInTheOrderOfArrival) {
  std::vector<Work> work = {picture(3), picture(2), picture(1)};
  Machine(1).run(work, 1000);
  EXPECT_LT(work[2].ends, work[1].ends);
  EXPECT_LT(work[1].ends, work[0].ends);
  EXPECT_LE(work[0].ends, 3 * 120 + 5);  // no time lost
}

TEST(Turns, SpeechIsOnTimeWhileAQueueOfPicturesIsDrawn) {
  std::vector<Work> work;
  for (int i = 0; i < 60; ++i) work.push_back(picture(0));
  for (int i = 0; i < 3; ++i) work.push_back(speech(500 + 400 * i));
  Machine(2).run(work, 20000);
  for (size_t i = 60; i < work.size(); ++i) {
    ASSERT_TRUE(work[i].finished());
    EXPECT_LE(work[i].late_ms, 0) << i;
  }
  // First come, first served would have made the first speech wait for all pictures.
  EXPECT_LT(work[60].ends, work[59].ends);
  EXPECT_TRUE(work[59].finished());
}

TEST(Turns, PicturesMoveOnThoughSpeechTakesEveryCore) {
  std::vector<Work> work = {picture(0)};
  // More than two cores can do: 12 streams of 0.3 s a second.
  for (int i = 0; i < 12; ++i) work.push_back(speech(0, 40));
  Machine(2).run(work, 60000);
  ASSERT_TRUE(work[0].finished());
  EXPECT_LT(work[0].ends, 20 * 130);  // a step at least every 100 ms and what is just running
}

TEST(Turns, NothingStarvesWhenThereIsTooMuch) {
  std::vector<Work> work;
  for (int i = 0; i < 30; ++i) work.push_back(speech(20 * i, 6));
  for (int i = 0; i < 10; ++i) work.push_back(picture(30 * i));
  Machine(2).run(work, 200000);
  for (const Work& w : work) EXPECT_TRUE(w.finished());
}

TEST(Turns, WhoWaitedLongerStartsFirst) {
  std::vector<Work> work = {speech(400, 1), speech(100, 1), speech(200, 1)};
  work.push_back(speech(0, 20));
  Machine(1).run(work, 60000);
  EXPECT_LT(work[1].ends, work[2].ends);
  EXPECT_LT(work[2].ends, work[0].ends);
}

}  // namespace
}  // namespace tutti
