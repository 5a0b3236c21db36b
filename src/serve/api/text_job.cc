#include "serve/api/text_job.h"

#include "serve/api/text_options.h"

namespace tutti {
namespace {

// What one running job's events share.
struct Running {
  StopCutter cutter;
  TextJobEvents events;
  std::string text;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  double first = 0;

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }
  void take(const std::string& piece) {
    if (piece.empty()) return;
    if (text.empty()) first = seconds();
    text += piece;
    if (events.on_text) events.on_text(piece);
  }
  void end(int prompt_tokens, int tokens, bool cut) {
    take(cutter.finish());
    events.done(TextAnswer{text, cut ? "length" : "stop", prompt_tokens, tokens, first, seconds()});
  }
};

Status start_transcript(Api& api, const std::shared_ptr<Jobs>& jobs, Mel mel,
                        const std::shared_ptr<Running>& running) {
  // As the decoder would count them: 25 positions a second heard; a token a letter spelled.
  const int heard = (mel.frames() + 3) / 4;
  TranscribeEvents events;
  events.done = [running, heard](Result<Transcript> result) {
    if (!result) return running->events.done(result.error());
    running->take(running->cutter.push(result->text));
    running->end(heard, int(result->text.size()), false);
  };
  return jobs->add(api.scheduler().transcribe(std::move(mel), std::move(events), jobs->owner()));
}

}  // namespace

std::string StopCutter::push(const std::string& piece) {
  if (stopped_) return {};
  held_ += piece;
  size_t cut = held_.npos, keep = 0;
  for (const std::string& stop : *stop_) {
    cut = std::min(cut, held_.find(stop));
    for (size_t n = std::min(stop.size() - 1, held_.size()); n > keep; --n)
      if (held_.compare(held_.size() - n, n, stop, 0, n) == 0) keep = n;
  }
  if (cut != held_.npos) {
    stopped_ = true;
    return std::exchange(held_, {}).substr(0, cut);
  }
  std::string ready = held_.substr(0, held_.size() - keep);
  held_.erase(0, ready.size());
  return ready;
}

std::string StopCutter::finish() {
  return stopped_ ? "" : std::exchange(held_, {});
}

Status start_text(Api& api, const std::shared_ptr<Jobs>& jobs, TextJob job, TextJobEvents events) {
  auto running =
      std::make_shared<Running>(Running{StopCutter(std::move(job.stop)), std::move(events), {}});
  if (only_transcribes(*job.prompt, job.options))
    return start_transcript(api, jobs, job.prompt->back().mel, running);
  TextEvents text;
  text.on_text = [running](const std::string& piece) {
    running->take(running->cutter.push(piece));
    return !running->cutter.stopped();  // then no more is computed, nor counted
  };
  text.done = [running](Result<TextResult> result) {
    if (!result) return running->events.done(result.error());
    running->end(result->prompt_tokens, result->tokens, result->cut && !running->cutter.stopped());
  };
  return jobs->add(api.scheduler().text(std::move(job.prompt), std::move(job.options),
                                        std::move(text), jobs->owner()));
}

}  // namespace tutti
