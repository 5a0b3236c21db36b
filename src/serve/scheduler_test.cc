// The scheduler on a tiny random model: its results are the engine's, its limits hold, and every
// request ends exactly once.
#include "serve/scheduler.h"

#include <gtest/gtest.h>

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
  Outcome<std::string> transcript;
  Outcome<std::vector<float>> embedding;
  Outcome<AttentionShare> share;
  std::string streamed;
  std::vector<float> heard;
  Scheduler scheduler(engine, {});
  std::vector<Result<Ticket>> tickets;
  tickets.push_back(
      scheduler.text({Part::of_picture(noise_picture(1))}, kTokens20,
                     {[&](const std::string& piece) { streamed += piece; }, text.done()}));
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
  EXPECT_EQ(*transcript.wait(), *engine.transcribe(noise_mel(100)));
  EXPECT_EQ(*embedding.wait(), *engine.embed(Part::of_audio(noise_mel(50))));
  EXPECT_EQ((*share.wait()).layers, (*engine.explain(words(), {})).layers);
}

TEST(Scheduler, RefusesWhatIsAboveTheLimitAndLosesNothingBelowIt) {
  const Engine engine = load();
  std::vector<Outcome<Picture>> outcomes(12);
  std::vector<Ticket> tickets;
  int refused = 0;
  Scheduler scheduler(engine, {.most_waiting = 4});
  for (auto& outcome : outcomes) {
    auto ticket = scheduler.paint(words(), {.steps = 20}, {{}, outcome.done()});
    if (ticket) {
      tickets.push_back(*std::move(ticket));
      continue;
    }
    EXPECT_EQ(ticket.error().code(), ErrorCode::busy);
    EXPECT_GE(scheduler.retry_after(), 1);
    ++refused;
  }
  EXPECT_TRUE(scheduler.drain());
  int finished = 0;
  for (auto& outcome : outcomes)
    if (outcome.arrived()) finished += bool(outcome.wait());
  EXPECT_EQ(finished, int(tickets.size()));
  EXPECT_EQ(finished + refused, 12);
  const auto count = scheduler.stats().kinds[int(JobKind::paint)];
  EXPECT_EQ(count.rejected, uint64_t(refused));
  EXPECT_EQ(count.finished, count.accepted);
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

}  // namespace
}  // namespace tutti
