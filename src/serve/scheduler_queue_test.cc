// What may wait for the scheduler, in which order it runs, and what is refused.
#include <algorithm>

#include "serve/scheduler_test.h"

namespace tutti {
namespace {

using namespace scheduling;

TEST(Scheduler, RefusesWhatIsAboveTheLimitAndLosesNothingBelowIt) {
  std::vector<Outcome<Picture>> outcomes(12);
  std::vector<Ticket> tickets;
  int refused = 0;
  HeldScheduler held({.most_waiting = 4});
  Scheduler& scheduler = held.scheduler;
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
  const auto count = scheduler.stats().kinds[int(JobKind::paint)];
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
    if (ticket) tickets.push_back(*std::move(ticket));
    return bool(ticket);
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("greedy"), i < 4);
  // As many again for who has none waiting; each of them one.
  for (const char* owner : {"a", "b", "c", "d"}) {
    EXPECT_TRUE(ask(owner)) << owner;
    EXPECT_FALSE(ask(owner)) << owner;
  }
  EXPECT_FALSE(ask("e"));
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
  Scheduler scheduler(engine, {.most_waiting = 1});
  EmbedEachEvents events;
  events.on_vector = [&](size_t index, std::vector<float> vector, int tokens) {
    EXPECT_EQ(index, vectors.size());
    EXPECT_EQ(tokens > 0, index % 50 != 0);
    vectors.push_back(std::move(vector));
  };
  events.done = [done = outcome.done()](Status status) {
    done(status ? Result<bool>(true) : status.error());
  };
  const auto ticket = scheduler.embed_each(parts, std::move(events));
  ASSERT_TRUE(ticket);
  ASSERT_TRUE(outcome.wait());
  ASSERT_EQ(vectors.size(), parts.size());
  for (size_t i = 0; i < parts.size(); i += 23) EXPECT_EQ(vectors[i], *engine.embed(parts[i])) << i;
}

TEST(Scheduler, TextsThatCannotFitAreRefusedAtOnce) {
  const Engine engine = load();
  const std::string vast(size_t(8) << 20, 'x');
  Scheduler scheduler(engine, {});
  const auto code = [](const auto& ticket) { return ticket ? ErrorCode() : ticket.error().code(); };
  EXPECT_EQ(code(scheduler.text({Part::of_text(vast)}, {}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.paint({Part::of_text(vast)}, {}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.embed(Part::of_text(vast), {})), ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.embed_each({Part::of_text("x"), Part::of_text(vast)}, {})),
            ErrorCode::too_long);
  EXPECT_EQ(code(scheduler.explain({Part::of_text(vast)}, {}, {})), ErrorCode::too_long);
}

// All of them have one session, so a second one would wait in a worker that others want.
TEST(Scheduler, ExplanationsAreSteppedOneAfterAnother) {
  const Engine engine = load();
  std::vector<Outcome<AttentionShare>> shares(40);
  Scheduler scheduler(engine, {.threads = 2});
  std::vector<Result<Ticket>> tickets;
  for (auto& share : shares) tickets.push_back(scheduler.explain(words(), {}, {share.done()}));
  int most = 0;
  const auto all_came = [&] {
    return std::all_of(shares.begin(), shares.end(), [](auto& share) { return share.arrived(); });
  };
  while (!all_came()) most = std::max(most, scheduler.stats().running);
  EXPECT_LE(most, 1);  // none, where this thread never had a turn meanwhile
  for (auto& share : shares) EXPECT_TRUE(share.wait());
}

TEST(Scheduler, ErrorsComeToDone) {
  const Engine engine = load();
  Outcome<TextResult> empty;
  Outcome<SpeakResult> silent;
  Scheduler scheduler(engine, {});
  const auto a = scheduler.text({}, {}, {{}, empty.done()});
  const auto b = scheduler.speak("", {}, {{}, silent.done()});
  EXPECT_EQ(empty.wait().error().code(), ErrorCode::usage);
  EXPECT_EQ(silent.wait().error().code(), ErrorCode::bad_input);
}

}  // namespace
}  // namespace tutti
