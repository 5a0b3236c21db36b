// One answer in text, however it comes about: by the text decoder, or spelled out by the CTC head
// where there is only a sound; with stop sequences; in pieces or as a whole.
#pragma once

#include "engine/speech/ctc_text.h"
#include "serve/api/answer.h"

namespace tutti {

struct TextJob {
  ServedPtr model;
  SharedPrompt prompt;
  TextOptions options;
  // The longest answer was said, so that a transcript, a letter a token, is cut to it as well.
  bool limited = false;
  // The answer ends before the first of these. Shared by the choices of a request; never null.
  std::shared_ptr<const std::vector<std::string>> stop;
};

struct TextAnswer {
  std::string text;
  std::string finish_reason;  // stop, length
  int prompt_tokens = 0, tokens = 0;
  double seconds_to_first_token = 0, seconds = 0;
};

struct TextJobEvents {
  std::function<void(const std::string& piece)> on_text;
  std::function<void(Result<TextAnswer>)> done;
};

// The error where the scheduler is busy; else `done` comes exactly once.
Status start_text(Api& api, const std::shared_ptr<Jobs>& jobs, TextJob job, TextJobEvents events);

// Hears the sound that a prompt ends with, which is kept until `done` has come, exactly once. The
// error where the scheduler is busy.
Status start_hearing(Api& api, const std::shared_ptr<Jobs>& jobs, const ServedModel& model,
                     const SharedPrompt& prompt, std::function<void(Result<Transcript>)> done);

// Cuts a text that comes in pieces before the first stop sequence. What could be the beginning of
// one is held back until it is known.
class StopCutter {
 public:
  explicit StopCutter(std::vector<std::string> stop)
      : StopCutter(std::make_shared<const std::vector<std::string>>(std::move(stop))) {}
  explicit StopCutter(std::shared_ptr<const std::vector<std::string>> stop)
      : stop_(std::move(stop)) {}

  std::string push(const std::string& piece);
  std::string finish();  // what was held back
  bool stopped() const { return stopped_; }

 private:
  std::shared_ptr<const std::vector<std::string>> stop_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace tutti
