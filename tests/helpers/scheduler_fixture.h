// What the tests of the scheduler share: a tiny random model, results that arrive, and a scheduler
// whose worker is held.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "engine/requests/embed_request.h"
#include "engine/requests/explain_request.h"
#include "engine/requests/paint_request.h"
#include "engine/requests/speak_request.h"
#include "engine/requests/text_request.h"
#include "engine/requests/transcribe_request.h"
#include "serve/scheduler.h"
#include "tests/helpers/test_model.h"

namespace tutti::scheduling {

inline std::string tiny_model() {
  static const std::string path = write_model("scheduler_test", tiny_config());
  return path;
}

inline Engine load() {
  Result<Engine> engine = Engine::load(tiny_model(), {2});
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
    if (!arrived_.wait_for(lock, std::chrono::minutes(5), [&] { return bool(result_); }))
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

inline Picture noise_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

inline Mel noise_mel(int frames) {
  Rng rng(3);
  Mel mel;
  for (int i = 0; i < frames * 80; ++i) mel.values.push_back(float(rng.normal()));
  return mel;
}

inline Prompt words() {
  return {Part::of_text("the quick fox")};
}

inline const TextOptions kTokens20{.max_tokens = 20, .temperature = 1.5f, .seed = 5};

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

// A scheduler over one engine's model, and what comes of a request in one argument.
class TestScheduler : public Scheduler {
 public:
  TestScheduler(const Engine& engine, SchedulerOptions options)
      : Scheduler(options), model_(engine.model()) {}

  struct TextEvents {
    std::function<bool(const std::string&)> on_text;
    std::function<void(Result<TextResult>)> done;
  };
  Result<Ticket> text(SharedPrompt prompt, TextOptions options, TextEvents events,
                      const std::string& owner = {}) {
    options.on_text = std::move(events.on_text);
    return submit(std::make_unique<TextRequest>(model_, std::move(prompt), std::move(options)),
                  std::move(events.done), owner);
  }
  struct PaintEvents {
    std::function<void(int, int, const Picture&)> on_preview;
    std::function<void(Result<Picture>)> done;
  };
  Result<Ticket> paint(SharedPrompt prompt, PaintOptions options, PaintEvents events,
                       const std::string& owner = {}) {
    if (events.on_preview)
      options.on_preview = [show = std::move(events.on_preview)](int step, int steps,
                                                                 const Picture& preview) {
        show(step, steps, preview);
        return true;
      };
    return submit(std::make_unique<PaintRequest>(model_, std::move(prompt), std::move(options)),
                  std::move(events.done), owner);
  }
  struct SpeakEvents {
    std::function<void(std::span<const float>)> on_audio;
    std::function<void(Result<SpeakResult>)> done;
  };
  Result<Ticket> speak(std::string text, SpeakOptions options, SpeakEvents events,
                       const std::string& owner = {}) {
    if (events.on_audio)
      options.on_audio = [hear = std::move(events.on_audio)](const std::vector<float>& samples) {
        hear(samples);
        return true;
      };
    return submit(std::make_unique<SpeakRequest>(model_, std::move(text), std::move(options)),
                  std::move(events.done), owner);
  }
  Result<Ticket> transcribe(Mel mel, std::function<void(Result<Transcript>)> done,
                            const std::string& owner = {}) {
    return submit(
        std::make_unique<TranscribeRequest>(model_, std::make_shared<const Mel>(std::move(mel))),
        std::move(done), owner);
  }
  Result<Ticket> embed(SharedPrompt parts,
                       std::function<void(Result<std::vector<std::vector<float>>>)> done,
                       const std::string& owner = {}) {
    return submit(std::make_unique<EmbedRequest>(model_, std::move(parts)), std::move(done), owner);
  }
  Result<Ticket> explain(SharedPrompt prompt, TextOptions options,
                         std::function<void(Result<AttentionShare>)> done,
                         const std::string& owner = {}) {
    return submit(std::make_unique<ExplainRequest>(model_, std::move(prompt), std::move(options)),
                  std::move(done), owner);
  }

 private:
  const ModelHandle model_;
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
  TestScheduler scheduler;

 private:
  Ticket holder_;
};

}  // namespace tutti::scheduling
