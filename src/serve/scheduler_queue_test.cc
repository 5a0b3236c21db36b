// What may wait for the scheduler, in which order it runs, and what is refused.
#include <algorithm>

#include "tests/helpers/scheduler_fixture.h"

namespace tutti {
namespace {

using namespace scheduling;

TEST(Scheduler, RefusesWhatIsAboveTheLimitAndLosesNothingBelowIt) {
  std::vector<Outcome<Picture>> outcomes(12);
  std::vector<Ticket> tickets;
  int refused = 0;
  HeldScheduler held({.most_waiting = 4});
  TestScheduler& scheduler = held.scheduler;
  for (auto& outcome : outcomes) {
    auto ticket = scheduler.paint(words(), {.steps = 2}, {{}, outcome.done()});
    if (ticket) {
      tickets.push_back(*std::move(ticket));
      continue;
    }
    EXPECT_EQ(ticket.error().code(), ErrorCode::busy);
    EXPECT_GE(scheduler.retry_after(), 1);
    ++refused;
  }
  EXPECT_EQ(refused, 8);
  EXPECT_EQ(scheduler.stats().waiting, 4);
  held.gate.open();
  EXPECT_TRUE(scheduler.drain());
  int finished = 0;
  for (auto& outcome : outcomes)
    if (outcome.arrived()) finished += bool(outcome.wait());
  EXPECT_EQ(finished, 4);
  const auto count = scheduler.stats().kinds.at("paint");
  EXPECT_EQ(count.rejected, 8u);
  EXPECT_EQ(count.finished, count.accepted);
}

TEST(Scheduler, OneOwnerCannotFillTheQueueForOthers) {
  std::vector<Outcome<Picture>> outcomes(40);
  std::vector<Ticket> tickets;
  size_t next = 0;
  HeldScheduler held({.most_waiting = 4});
  const auto ask = [&](const std::string& owner) {
    auto ticket = held.scheduler.paint(words(), {.steps = 1}, {{}, outcomes[next++].done()}, owner);
    const bool accepted = bool(ticket);
    if (accepted) tickets.push_back(*std::move(ticket));
    return accepted;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("greedy"), i < 4);
  // As many again for others: half of it for more than one of each.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask("a"), i < 2);
  for (const char* owner : {"b", "c"}) {
    EXPECT_TRUE(ask(owner)) << owner;
    EXPECT_FALSE(ask(owner)) << owner;
  }
  EXPECT_FALSE(ask("d"));
  held.gate.open();
  EXPECT_TRUE(held.scheduler.drain());
}

// The mass of one owner's work came first; another's short text is done long before it.
TEST(Scheduler, AnotherOwnersShortTextDoesNotWaitForTheMassOfOne) {
  std::vector<Outcome<TextResult>> mass(60);
  Outcome<TextResult> brief;
  std::atomic<int> done = 0, done_before = -1;
  std::vector<Ticket> tickets;
  {
    HeldScheduler held({.most_waiting = 100});
    for (size_t i = 0; i < mass.size(); ++i)
      tickets.push_back(*held.scheduler.text(words(),
                                             {.max_tokens = 150, .temperature = 3, .seed = i},
                                             {{},
                                              [&, end = mass[i].done()](Result<TextResult> result) {
                                                ++done;
                                                end(std::move(result));
                                              }},
                                             "greedy"));
    const Ticket ticket = *held.scheduler.text(words(), {.max_tokens = 4, .temperature = 3},
                                               {{},
                                                [&, end = brief.done()](Result<TextResult> result) {
                                                  done_before = done.load();
                                                  end(std::move(result));
                                                }},
                                               "other");
    held.gate.open();
    EXPECT_TRUE(brief.wait());
    tickets.clear();
    held.scheduler.drain();
  }
  EXPECT_LT(done_before, 30);
}

TEST(Scheduler, ManyPartsAreEmbeddedInOnePlaceOfTheQueue) {
  const Engine engine = load();
  Prompt parts;
  for (int i = 0; i < 300; ++i)
    parts.push_back(i % 50 ? Part::of_text("the fox number " + std::to_string(i))
                           : Part::of_picture(noise_picture(i)));
  std::vector<std::vector<float>> vectors;
  Outcome<bool> outcome;
  TestScheduler scheduler(engine, {.most_waiting = 1});
  const auto take = [&](size_t index, std::vector<float> vector, int tokens) {
    EXPECT_EQ(index, vectors.size());
    EXPECT_EQ(tokens > 0, index % 50 != 0);
    vectors.push_back(std::move(vector));
  };
  const auto ticket = scheduler.submit(std::make_unique<EmbedRequest>(engine.model(), parts, take),
                                       [done = outcome.done()](const auto& result) {
                                         done(result ? Result<bool>(true) : result.error());
                                       });
  ASSERT_TRUE(ticket);
  ASSERT_TRUE(outcome.wait());
  ASSERT_EQ(vectors.size(), parts.size());
  for (size_t i = 0; i < parts.size(); i += 23) EXPECT_EQ(vectors[i], *engine.embed(parts[i])) << i;
}

// An owner's long embeddings hold no more than a share of what runs: the rest waits, and is refused
// where too much does.
TEST(Scheduler, EmbeddingsThatHaveStartedHaveALimit) {
  std::vector<Ticket> tickets;
  std::atomic<int> begun = 0;
  const Engine engine = load();
  TestScheduler scheduler(engine, {.threads = 1, .most_waiting = 100, .most_running = 4});
  const SharedPrompt parts(Prompt(2000, Part::of_text("fox")));
  for (int i = 0; i < 40; ++i) {
    const auto count = [&begun](size_t index, auto&&...) { begun += index == 0; };
    auto ticket = scheduler.submit(std::make_unique<EmbedRequest>(engine.model(), parts, count), {},
                                   "greedy");
    ASSERT_TRUE(ticket);
    tickets.push_back(*std::move(ticket));
  }
  while (begun == 0) std::this_thread::yield();
  EXPECT_LE(scheduler.stats().running, 2);
  Outcome<Transcript> heard;
  Outcome<std::vector<std::vector<float>>> embedding;
  const auto other = scheduler.transcribe(noise_mel(100), heard.done(), "other");
  const auto another = scheduler.embed({Part::of_text("fox")}, embedding.done(), "greedy");
  EXPECT_TRUE(heard.wait());
  EXPECT_TRUE(embedding.wait()) << "a single pass waits for none of them";
  EXPECT_LE(scheduler.stats().running, 2);
  EXPECT_GE(scheduler.stats().waiting, 30);
  tickets.clear();
}

TEST(Scheduler, TextsThatCannotFitAreRefusedAtOnce) {
  const Engine engine = load();
  const std::string vast(size_t(8) << 20, 'x');
  TestScheduler scheduler(engine, {});
  const auto code = [](const auto& ticket) { return ticket ? ErrorCode() : ticket.error().code(); };
  EXPECT_EQ(code(scheduler.text({Part::of_text(vast)}, {}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.paint({Part::of_text(vast)}, {}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.embed({Part::of_text(vast)}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.embed({Part::of_text("x"), Part::of_text(vast)}, {})),
            ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.explain({Part::of_text(vast)}, {}, {})), ErrorCode::too_long);
}

// Each observes attention in caches of its own, so they may run side by side.
TEST(Scheduler, ExplanationsDoNotSeeEachOther) {
  const Engine engine = load();
  const auto asked = [](size_t i) {
    return Prompt{Part::of_text("the fox number " + std::to_string(i))};
  };
  std::vector<Outcome<AttentionShare>> shares(20);
  TestScheduler scheduler(engine, {.threads = 2});
  std::vector<Result<Ticket>> tickets;
  for (size_t i = 0; i < shares.size(); ++i)
    tickets.push_back(scheduler.explain(asked(i), {}, shares[i].done()));
  for (size_t i = 0; i < shares.size(); ++i) {
    ASSERT_TRUE(shares[i].wait());
    EXPECT_EQ((*shares[i].wait()).layers, (*engine.explain(asked(i), {})).layers) << i;
  }
}

TEST(Scheduler, ErrorsComeToDone) {
  const Engine engine = load();
  Outcome<TextResult> answered;
  Outcome<SpeakResult> silent;
  TestScheduler scheduler(engine, {});
  const auto a =
      scheduler.text({Part::of_text("a"), Part::of_answer("b")}, {}, {{}, answered.done()});
  const auto b = scheduler.speak("", {}, {{}, silent.done()});
  EXPECT_EQ(answered.wait().error().code(), ErrorCode::usage);
  EXPECT_EQ(silent.wait().error().code(), ErrorCode::bad_input);
}

TEST(Scheduler, WhatCostsNothingToFindIsToldAtOnce) {
  HeldScheduler held({});
  const auto never = [](const auto&) { ADD_FAILURE() << "it was accepted"; };
  TestScheduler& scheduler = held.scheduler;
  EXPECT_EQ(scheduler.text({}, {}, {{}, never}).error().code(), ErrorCode::usage);
  EXPECT_EQ(scheduler.text(words(), {.temperature = -1}, {{}, never}).error().code(),
            ErrorCode::usage);
  EXPECT_EQ(scheduler.paint(words(), {.steps = -1}, {{}, never}).error().code(), ErrorCode::usage);
  EXPECT_EQ(scheduler.speak("a", {.speed = 9}, {{}, never}).error().code(), ErrorCode::usage);
  EXPECT_EQ(scheduler.stats().waiting, 0);
}

}  // namespace
}  // namespace tutti
