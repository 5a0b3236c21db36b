// The scheduler on a tiny random model: its results are the engine's, its limits hold, and every
// request ends exactly once.
#include "serve/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "runtime/test_model.h"

namespace tutti {
namespace {

Engine load() {
  static const std::string path = write_model("scheduler_test", tiny_config());
  Result<Engine> engine = Engine::load(path, {2});
  if (!engine) throw std::runtime_error(engine.error().message());
  return *std::move(engine);
}

// Where one request's result arrives. Declare it before the scheduler.
template <class T>
class Outcome {
 public:
  std::function<void(Result<T>)> done() {
    return [this](Result<T> result) {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(result_) << "done came twice";
      result_ = std::move(result);
      arrived_.notify_all();
    };
  }
  const Result<T>& wait() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return bool(result_); }))
      result_ = failed("nothing came");
    return *result_;
  }
  bool arrived() {
    const std::lock_guard lock(mutex_);
    return bool(result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Result<T>> result_;
};

Picture noise_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

Mel noise_mel(int frames) {
  Rng rng(3);
  Mel mel;
  for (int i = 0; i < frames * 80; ++i) mel.values.push_back(float(rng.normal()));
  return mel;
}

Prompt words() {
  return {Part::of_text("the quick fox")};
}

const TextOptions kTokens20{.max_tokens = 20, .temperature = 1.5f, .seed = 5};

TEST(Scheduler, ResultsAreTheEngines) {
  const Engine engine = load();
  Outcome<TextResult> text;
  Outcome<Picture> picture;
  Outcome<SpeakResult> speech;
  Outcome<Transcript> transcript;
  Outcome<std::vector<float>> embedding;
  Outcome<AttentionShare> share;
  std::string streamed;
  std::vector<float> heard;
  Scheduler scheduler(engine, {});
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
  tickets.push_back(scheduler.transcribe(noise_mel(100), {transcript.done()}));
  tickets.push_back(scheduler.embed(Part::of_audio(noise_mel(50)), {embedding.done()}));
  tickets.push_back(scheduler.explain(words(), {}, {share.done()}));
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
  EXPECT_EQ(*embedding.wait(), *engine.embed(Part::of_audio(noise_mel(50))));
  EXPECT_EQ((*share.wait()).layers, (*engine.explain(words(), {})).layers);
}

// Holds a scheduler's workers in a listener until it is opened.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for_entry() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return entered_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false, entered_ = false;
};

// One worker, held by a text's first piece: what comes then waits, for sure.
class HeldScheduler {
 public:
  explicit HeldScheduler(SchedulerOptions options)
      : scheduler(engine, [&] {
          options.threads = 1;
          return options;
        }()) {
    holder_ = *scheduler.text({Part::of_text("the quick fox")}, kTokens20,
                              {[this](const std::string&) {
                                 gate.wait();
                                 return true;
                               },
                               {}},
                              "holder");
    gate.wait_for_entry();
  }
  ~HeldScheduler() { gate.open(); }

  const Engine engine = load();
  Gate gate;
  Scheduler scheduler;

 private:
  Ticket holder_;
};

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
  EXPECT_EQ(most, 1);
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

TEST(Scheduler, CancelledRequestsEndOnceAndTheNextOnesRun) {
  const Engine engine = load();
  Outcome<TextResult> dropped, kept;
  Scheduler scheduler(engine, {});
  {
    const auto ticket =
        scheduler.text(words(), {.max_tokens = 100000, .temperature = 3}, {{}, dropped.done()});
    ASSERT_TRUE(ticket);
  }  // the handle's end cancels
  auto ticket = scheduler.text(words(), kTokens20, {{}, kept.done()});
  EXPECT_EQ(dropped.wait().error().code(), ErrorCode::cancelled);
  EXPECT_TRUE(kept.wait());
}

TEST(Scheduler, AListenerThatHasEnoughEndsItsTextAndIsNotCancelled) {
  const Engine engine = load();
  Outcome<TextResult> outcome;
  int pieces = 0;
  Scheduler scheduler(engine, {});
  const auto ticket =
      scheduler.text(words(), {.max_tokens = 100000, .temperature = 3, .seed = 9},
                     {[&](const std::string&) { return ++pieces < 3; }, outcome.done()});
  ASSERT_TRUE(outcome.wait());
  EXPECT_EQ(pieces, 3);
  EXPECT_LE((*outcome.wait()).tokens, 30);
  EXPECT_EQ(scheduler.stats().kinds[int(JobKind::text)].finished, 1u);
}

TEST(Scheduler, DrainRefusesNewRequestsAndFinishesOldOnes) {
  const Engine engine = load();
  std::vector<Outcome<TextResult>> outcomes(5);
  Outcome<TextResult> late;
  std::vector<Ticket> tickets;
  Scheduler scheduler(engine, {});
  for (auto& outcome : outcomes)
    tickets.push_back(*scheduler.text(words(), kTokens20, {{}, outcome.done()}));
  EXPECT_TRUE(scheduler.drain());
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.arrived());
  EXPECT_EQ(scheduler.text(words(), kTokens20, {{}, late.done()}).error().code(), ErrorCode::busy);
}

TEST(Scheduler, ARequestMayNotTakeForever) {
  const Engine engine = load();
  Outcome<TextResult> outcome;
  Scheduler scheduler(engine, {.most_seconds = 1e-4});
  auto ticket =
      scheduler.text(words(), {.max_tokens = 100000, .temperature = 3}, {{}, outcome.done()});
  EXPECT_EQ(outcome.wait().error().code(), ErrorCode::timed_out);
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
  std::vector<Outcome<std::vector<float>>> embeddings(count);
  std::vector<Ticket> tickets;
  Scheduler scheduler(engine, {.threads = 2, .most_running = 20});
  for (int i = 0; i < count; ++i) {
    const PaintOptions paint{.steps = 3 + i % 3, .seed = uint64_t(i)};
    const SpeakOptions speak{.steps = 2, .seed = uint64_t(i)};
    tickets.push_back(*scheduler.text(prompt(i), text_options(i), {{}, texts[i].done()}));
    tickets.push_back(*scheduler.paint(words(), paint, {{}, pictures[i].done()}));
    tickets.push_back(
        *scheduler.speak("hello " + std::to_string(i), speak, {{}, speeches[i].done()}));
    tickets.push_back(*scheduler.embed(Part::of_picture(noise_picture(i)), {embeddings[i].done()}));
  }
  EXPECT_TRUE(scheduler.drain());
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ((*texts[i].wait()).text, (*engine.describe(prompt(i), text_options(i))).text);
    EXPECT_EQ((*pictures[i].wait()).pixels,
              (*engine.paint(words(), {.steps = 3 + i % 3, .seed = uint64_t(i)})).pixels);
    EXPECT_EQ((*speeches[i].wait()).sound.samples,
              (*engine.speak("hello " + std::to_string(i), {.steps = 2, .seed = uint64_t(i)}))
                  .sound.samples);
    EXPECT_EQ(*embeddings[i].wait(), *engine.embed(Part::of_picture(noise_picture(i))));
  }
}

TEST(Scheduler, TextsDecodeTogether) {
  const Engine engine = load();
  std::vector<Outcome<TextResult>> outcomes(12);
  std::vector<Ticket> tickets;
  Scheduler scheduler(engine, {.most_running = 12});
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
  Scheduler scheduler(engine, {});
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
  Scheduler scheduler(engine, {});
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
  Scheduler scheduler(engine, {.most_waiting = 1000, .most_running = 2});
  std::vector<Ticket> kept;
  for (int i = 0; i < 200; ++i) {
    const Prompt prompt = i % 5 == 0 ? Prompt() : words();
    const float temperature = i % 7 == 0 ? -1.0f : 1.5f;
    auto text = scheduler.text(prompt, {.max_tokens = 8, .temperature = temperature},
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
  for (const auto& kind : stats.kinds)
    EXPECT_EQ(kind.accepted, kind.finished + kind.failed + kind.cancelled + kind.timed_out);
  EXPECT_GT(stats.kinds[int(JobKind::text)].finished, 50u);
}

}  // namespace
}  // namespace tutti
