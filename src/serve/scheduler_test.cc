// The scheduler on a tiny random model: its results are the engine's, whatever else runs, and every
// request ends exactly once.
#include "tests/helpers/scheduler_fixture.h"

namespace tutti {
namespace {

using namespace scheduling;

TEST(Scheduler, ResultsAreTheEngines) {
  const Engine engine = load();
  Outcome<TextResult> text;
  Outcome<Picture> picture;
  Outcome<SpeakResult> speech;
  Outcome<Transcript> transcript;
  Outcome<std::vector<std::vector<float>>> embedding;
  Outcome<AttentionShare> share;
  std::string streamed;
  std::vector<float> heard;
  TestScheduler scheduler(engine, {});
  std::vector<Result<Ticket>> tickets;
  tickets.push_back(scheduler.text({Part::of_picture(noise_picture(1))}, kTokens20,
                                   {[&](const std::string& piece) {
                                      streamed += piece;
                                      return true;
                                    },
                                    text.done()}));
  tickets.push_back(scheduler.paint(words(), {.steps = 3, .seed = 2}, {{}, picture.done()}));
  tickets.push_back(scheduler.speak("hello world", {.steps = 2, .seed = 2},
                                    {[&](std::span<const float> samples) {
                                       heard.insert(heard.end(), samples.begin(), samples.end());
                                     },
                                     speech.done()}));
  tickets.push_back(scheduler.transcribe(noise_mel(100), transcript.done()));
  tickets.push_back(scheduler.embed({Part::of_audio(noise_mel(50))}, embedding.done()));
  tickets.push_back(scheduler.explain(words(), {}, share.done()));
  for (const auto& ticket : tickets) ASSERT_TRUE(ticket);

  ASSERT_TRUE(text.wait());
  EXPECT_EQ((*text.wait()).text,
            (*engine.describe({Part::of_picture(noise_picture(1))}, kTokens20)).text);
  EXPECT_EQ(streamed, (*text.wait()).text);
  ASSERT_TRUE(picture.wait());
  EXPECT_EQ((*picture.wait()).pixels, (*engine.paint(words(), {.steps = 3, .seed = 2})).pixels);
  ASSERT_TRUE(speech.wait());
  const SpeakResult said = *engine.speak("hello world", {.steps = 2, .seed = 2});
  EXPECT_EQ((*speech.wait()).sound.samples, said.sound.samples);
  EXPECT_EQ(heard, said.sound.samples);
  EXPECT_EQ((*transcript.wait()).text, *engine.transcribe(noise_mel(100)));
  EXPECT_EQ((*embedding.wait()).front(), *engine.embed(Part::of_audio(noise_mel(50))));
  EXPECT_EQ((*share.wait()).layers, (*engine.explain(words(), {})).layers);
}

// A request costs itself at most, whatever its listeners throw.
TEST(Scheduler, WhatListenersThrowEndsTheirRequestAlone) {
  const Engine engine = load();
  Outcome<TextResult> text, next;
  Outcome<Picture> picture;
  TestScheduler scheduler(engine, {});
  const auto one =
      scheduler.text(words(), kTokens20,
                     {[](const std::string&) -> bool { throw std::bad_alloc(); }, text.done()});
  const auto two =
      scheduler.paint(words(), {.steps = 3},
                      {[](int, int, const Picture&) { throw std::bad_alloc(); }, picture.done()});
  const auto three = scheduler.transcribe(
      noise_mel(100), [](const Result<Transcript>&) { throw std::bad_alloc(); });
  ASSERT_TRUE(one && two && three);
  EXPECT_EQ(text.wait().error().code(), ErrorCode::no_memory);
  EXPECT_EQ(picture.wait().error().code(), ErrorCode::no_memory);
  const auto four = scheduler.text(words(), kTokens20, {{}, next.done()});
  EXPECT_TRUE(next.wait());
}

TEST(Scheduler, CancelledRequestsEndOnceAndTheNextOnesRun) {
  const Engine engine = load();
  Outcome<TextResult> dropped, kept;
  Gate gate;
  TestScheduler scheduler(engine, {});
  {
    const auto on_text = [&gate](const std::string&) {
      gate.wait();
      return true;
    };
    const TextOptions long_text{.max_tokens = 100000, .temperature = 1.5f, .seed = 5};
    const auto ticket = scheduler.text(words(), long_text, {on_text, dropped.done()});
    ASSERT_TRUE(ticket);
    gate.wait_for_entry();
  }  // the handle's end cancels
  gate.open();
  auto ticket = scheduler.text(words(), kTokens20, {{}, kept.done()});
  EXPECT_EQ(dropped.wait().error().code(), ErrorCode::cancelled);
  EXPECT_TRUE(kept.wait());
}

TEST(Scheduler, AListenerThatHasEnoughEndsItsTextAndIsNotCancelled) {
  const Engine engine = load();
  Outcome<TextResult> outcome;
  int pieces = 0;
  TestScheduler scheduler(engine, {});
  const auto ticket =
      scheduler.text(words(), {.max_tokens = 100000, .temperature = 3, .seed = 9},
                     {[&](const std::string&) { return ++pieces < 3; }, outcome.done()});
  ASSERT_TRUE(outcome.wait());
  EXPECT_EQ(pieces, 3);
  EXPECT_LE((*outcome.wait()).tokens, 30);
  EXPECT_EQ(scheduler.stats().kinds.at("text").finished, 1u);
}

TEST(Scheduler, DrainRefusesNewRequestsAndFinishesOldOnes) {
  const Engine engine = load();
  std::vector<Outcome<TextResult>> outcomes(5);
  Outcome<TextResult> late;
  std::vector<Ticket> tickets;
  TestScheduler scheduler(engine, {});
  for (auto& outcome : outcomes)
    tickets.push_back(*scheduler.text(words(), kTokens20, {{}, outcome.done()}));
  EXPECT_TRUE(scheduler.drain());
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.arrived());
  EXPECT_EQ(scheduler.text(words(), kTokens20, {{}, late.done()}).error().code(), ErrorCode::busy);
}

TEST(Scheduler, ARequestMayNotTakeForever) {
  const Engine engine = load();
  Outcome<TextResult> outcome;
  TestScheduler scheduler(engine, {.most_seconds = 1e-4});
  auto ticket =
      scheduler.text(words(), {.max_tokens = 100000, .temperature = 3}, {{}, outcome.done()});
  EXPECT_EQ(outcome.wait().error().code(), ErrorCode::timed_out);
  EXPECT_NE(outcome.wait().error().message().find("than the 1 s"), std::string::npos);
}

// Many of every kind at once, twice as many as may run: each gives what the engine gives it alone.
TEST(Scheduler, ResultsDoNotDependOnWhatElseRuns) {
  const Engine engine = load();
  constexpr int count = 10;
  const auto text_options = [](int i) {
    return TextOptions{.max_tokens = 10 + 5 * i, .temperature = 1.5f, .seed = uint64_t(i)};
  };
  const auto prompt = [](int i) {
    Prompt prompt = {Part::of_text("the fox number " + std::to_string(i))};
    if (i % 3 == 0) prompt.insert(prompt.begin(), Part::of_picture(noise_picture(i)));
    return prompt;
  };
  std::vector<Outcome<TextResult>> texts(count);
  std::vector<Outcome<Picture>> pictures(count);
  std::vector<Outcome<SpeakResult>> speeches(count);
  std::vector<Outcome<std::vector<std::vector<float>>>> embeddings(count);
  std::vector<Ticket> tickets;
  TestScheduler scheduler(engine, {.threads = 2, .most_running = 20});
  for (int i = 0; i < count; ++i) {
    const PaintOptions paint{.steps = 3 + i % 3, .seed = uint64_t(i)};
    const SpeakOptions speak{.steps = 2, .seed = uint64_t(i)};
    tickets.push_back(*scheduler.text(prompt(i), text_options(i), {{}, texts[i].done()}));
    tickets.push_back(*scheduler.paint(words(), paint, {{}, pictures[i].done()}));
    tickets.push_back(
        *scheduler.speak("hello " + std::to_string(i), speak, {{}, speeches[i].done()}));
    tickets.push_back(*scheduler.embed({Part::of_picture(noise_picture(i))}, embeddings[i].done()));
  }
  EXPECT_TRUE(scheduler.drain());
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ((*texts[i].wait()).text, (*engine.describe(prompt(i), text_options(i))).text);
    EXPECT_EQ((*pictures[i].wait()).pixels,
              (*engine.paint(words(), {.steps = 3 + i % 3, .seed = uint64_t(i)})).pixels);
    EXPECT_EQ((*speeches[i].wait()).sound.samples,
              (*engine.speak("hello " + std::to_string(i), {.steps = 2, .seed = uint64_t(i)}))
                  .sound.samples);
    EXPECT_EQ((*embeddings[i].wait()).front(), *engine.embed(Part::of_picture(noise_picture(i))));
  }
}

TEST(Scheduler, TextsDecodeTogether) {
  const Engine engine = load();
  std::vector<Outcome<TextResult>> outcomes(12);
  std::vector<Ticket> tickets;
  TestScheduler scheduler(engine, {.most_running = 12});
  for (size_t i = 0; i < outcomes.size(); ++i)
    tickets.push_back(*scheduler.text(words(), {.max_tokens = 150, .temperature = 3, .seed = i},
                                      {{}, outcomes[i].done()}));
  EXPECT_TRUE(scheduler.drain());
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.wait());
  const Scheduler::Stats stats = scheduler.stats();
  EXPECT_GT(stats.decoded_tokens, 2 * stats.decode_passes);
}

TEST(Scheduler, PreviewsComeInOrderAndAPictureIsCancelledBetweenThem) {
  const Engine engine = load();
  Outcome<Picture> whole, dropped;
  std::vector<int> steps;
  std::atomic<int> previews = 0;
  Ticket ticket;
  std::mutex given;
  TestScheduler scheduler(engine, {});
  const auto first = scheduler.paint(words(), {.steps = 5},
                                     {[&](int step, int of, const Picture& preview) {
                                        EXPECT_EQ(of, 5);
                                        EXPECT_EQ(preview.pixels.size(), 64u * 64 * 3);
                                        steps.push_back(step);
                                      },
                                      whole.done()});
  EXPECT_TRUE(whole.wait());
  EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4}));
  {
    const std::lock_guard lock(given);
    ticket = *scheduler.paint(words(), {.steps = 1000},
                              {[&](int, int, const Picture&) {
                                 const std::lock_guard lock(given);
                                 if (++previews == 3) ticket.cancel();
                               },
                               dropped.done()});
  }
  EXPECT_EQ(dropped.wait().error().code(), ErrorCode::cancelled);
  EXPECT_EQ(previews, 3);
}

// The queue of pictures came first; speech is heard, and ends, long before their last. They are
// dropped then: however slow the machine is, none is drawn for nothing.
TEST(Scheduler, SpeechDoesNotWaitForPictures) {
  const Engine engine = load();
  std::vector<Outcome<Picture>> pictures(30);
  Outcome<SpeakResult> speech;
  std::atomic<int> drawn = 0, drawn_before_speech = -1;
  std::vector<Ticket> tickets;
  TestScheduler scheduler(engine, {});
  for (auto& picture : pictures)
    tickets.push_back(*scheduler.paint(words(), {.steps = 240},
                                       {{}, [&, done = picture.done()](Result<Picture> result) {
                                          ++drawn;
                                          done(std::move(result));
                                        }}));
  const Ticket speaking = *scheduler.speak(
      "hello world", {.steps = 4}, {{}, [&, done = speech.done()](Result<SpeakResult> result) {
                                      drawn_before_speech = drawn.load();
                                      done(std::move(result));
                                    }});
  EXPECT_TRUE(speech.wait());
  EXPECT_LT(drawn_before_speech, 15);
  tickets.clear();
  EXPECT_TRUE(scheduler.drain());
  for (auto& picture : pictures) {
    const Result<Picture>& result = picture.wait();
    EXPECT_TRUE(result || result.error().code() == ErrorCode::cancelled);
  }
}

// Requests that end in every possible way give back what they held: the same few slots serve
// hundreds.
TEST(Scheduler, SlotsComeBackHoweverRequestsEnd) {
  const Engine engine = load();
  std::atomic<int> ended = 0;
  TestScheduler scheduler(engine, {.most_waiting = 1000, .most_running = 2});
  std::vector<Ticket> kept;
  for (int i = 0; i < 200; ++i) {
    Prompt prompt = words();
    if (i % 5 == 0) prompt.push_back(Part::of_answer("and what is asked?"));
    auto text = scheduler.text(std::move(prompt), {.max_tokens = 8, .temperature = 1.5f},
                               {{}, [&](auto) { ++ended; }});
    auto speak = scheduler.speak(i % 4 ? "hi" : "", {.steps = 1}, {{}, [&](auto) { ++ended; }});
    if (i % 3 == 0) continue;  // cancels both
    kept.push_back(*std::move(text));
    kept.push_back(*std::move(speak));
  }
  EXPECT_TRUE(scheduler.drain());
  EXPECT_EQ(ended, 400);
  const Scheduler::Stats stats = scheduler.stats();
  EXPECT_EQ(stats.waiting + stats.running, 0);
  for (const auto& [name, kind] : stats.kinds)
    EXPECT_EQ(kind.accepted, kind.finished + kind.failed + kind.cancelled + kind.timed_out);
  EXPECT_GT(stats.kinds.at("text").finished, 50u);
}

}  // namespace
}  // namespace tutti
