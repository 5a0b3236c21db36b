// What is heard while it is said is what the whole says, whatever else is heard, and however it
// ends it ends once.
#include "serve/realtime/hearing.h"

#include <limits>
#include <thread>

#include "media/dsp/mel.h"
#include "tests/helpers/scheduler_fixture.h"

namespace tutti {
namespace {

using namespace scheduling;

std::vector<float> sound_of(double seconds, int seed) {
  Rng rng(seed);
  std::vector<float> samples(size_t(seconds * 16000));
  for (size_t i = 0; i < samples.size(); ++i)  // a long pause after each 1.5 s
    if (i % 48000 < 24000) samples[i] = 0.1f * float(rng.normal());
  return samples;
}

// Says a sound in pieces of 50 ms, and gathers what comes of it.
struct Speaker {
  Speaker(Scheduler& scheduler, const ModelHandle& model, const Account::Ptr& account = nullptr)
      : hearing(*Hearing::begin(scheduler, model, "me", account,
                                [this](const std::string& text) { pieces += text; })) {}
  void say(const std::vector<float>& samples) {
    for (size_t at = 0; at < samples.size(); at += 800)
      hearing->push(std::span(samples).subspan(at, std::min<size_t>(800, samples.size() - at)));
  }
  void end() {
    hearing->finish([done = text.done()](const Result<std::string>& all) { done(all); });
    hearing.reset();  // it keeps itself until its end
  }

  Outcome<std::string> text;
  std::string pieces;
  std::shared_ptr<Hearing> hearing;
};

TEST(Hearing, ManyAtOnceAreHeardAsTheirWholes) {
  const Engine engine = load();
  std::vector<std::unique_ptr<Speaker>> speakers;
  Scheduler scheduler({.threads = 2});
  for (int i = 0; i < 6; ++i)
    speakers.push_back(std::make_unique<Speaker>(scheduler, engine.model()));
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&speaker = *speakers[size_t(i)], i] {
      speaker.say(sound_of(5 + i, i));
      speaker.end();
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 6; ++i) {
    const Result<std::string>& heard = speakers[size_t(i)]->text.wait();
    ASSERT_TRUE(heard) << heard.error().message();
    EXPECT_EQ(*heard, *engine.transcribe(log_mel(sound_of(5 + i, i))));
    EXPECT_FALSE(heard->empty());
    EXPECT_EQ(speakers[size_t(i)]->pieces, *heard);
  }
  const Scheduler::Stats stats = scheduler.stats();
  EXPECT_EQ(stats.kinds.at("listen").finished, stats.kinds.at("listen").accepted);
}

TEST(Hearing, SilenceAndNothingEndWithoutAStep) {
  const Engine engine = load();
  Scheduler scheduler({.threads = 1});
  Speaker silent(scheduler, engine.model()), mute(scheduler, engine.model());
  silent.say(std::vector<float>(40000));
  for (Speaker* speaker : {&silent, &mute}) {
    speaker->end();
    ASSERT_TRUE(speaker->text.arrived());
    EXPECT_EQ(*speaker->text.wait(), "");
  }
  EXPECT_TRUE(scheduler.stats().kinds.empty());
}

// Why it ended, of one that was given `samples` and then ended.
ErrorCode why(Speaker& speaker, const std::vector<float>& samples) {
  speaker.hearing->push(samples);
  EXPECT_FALSE(speaker.hearing->well());
  speaker.hearing->push(sound_of(1, 1));
  speaker.end();
  EXPECT_EQ(speaker.pieces, "");
  const Result<std::string>& heard = speaker.text.wait();
  return heard ? ErrorCode::failed : heard.error().code();
}

TEST(Hearing, WhatCannotGoOnSaysSoOnce) {
  const Engine engine = load();
  Scheduler scheduler({.threads = 1});
  Speaker late(scheduler, engine.model()), strange(scheduler, engine.model());
  EXPECT_EQ(why(late, sound_of(61, 1)), ErrorCode::busy);
  EXPECT_EQ(why(strange, {0, std::numeric_limits<float>::infinity()}), ErrorCode::bad_input);
  const auto poor = std::make_shared<Account>("this key", 1000, ErrorCode::busy);
  Speaker greedy(scheduler, engine.model(), poor);
  EXPECT_EQ(why(greedy, sound_of(1, 1)), ErrorCode::busy);
  EXPECT_EQ(poor->held(), 0u);
  scheduler.drain(0);
  Speaker refused(scheduler, engine.model());
  EXPECT_EQ(why(refused, sound_of(3, 1)), ErrorCode::busy);
}

// A client that goes leaves nothing behind, also while a step of its is on its way.
TEST(Hearing, MayBeLeft) {
  const Engine engine = load();
  const auto account = std::make_shared<Account>("this key", 1 << 24, ErrorCode::busy);
  for (int i = 0; i < 5; ++i) {
    Scheduler scheduler({.threads = 2});
    const auto pieces = std::make_shared<std::string>();
    (*Hearing::begin(scheduler, engine.model(), "me", account, [pieces](const std::string& text) {
      *pieces += text;
    }))->push(sound_of(4, i));
    scheduler.drain();
    EXPECT_EQ(account->held(), 0u);
  }
}

}  // namespace
}  // namespace tutti
