#include "serve/api/text_job.h"

#include "base/utf8.h"
#include "engine/requests/text_request.h"
#include "engine/requests/transcribe_request.h"
#include "engine/text_prompt.h"
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

Status start_transcript(Api& api, const std::shared_ptr<Jobs>& jobs, const TextJob& job,
                        const std::shared_ptr<Running>& running) {
  // As the decoder would count them: 25 positions a second heard; a token a letter spelled.
  const int heard = (job.prompt->back().mel.frames() + 3) / 4;
  const size_t most = job.limited ? size_t(job.options.max_tokens) : SIZE_MAX;
  const auto done = [running, heard, most](Result<Transcript> result) {
    if (!result) return running->events.done(result.error());
    const size_t spelled = character_end(result->text, most);
    const bool cut = spelled < result->text.size();
    running->take(running->cutter.push(result->text.substr(0, spelled)));
    running->end(heard, int(spelled), cut && !running->cutter.stopped());
  };
  return start_hearing(api, jobs, *job.model, job.prompt, done);
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

Status start_hearing(Api& api, const std::shared_ptr<Jobs>& jobs, const ServedModel& model,
                     const SharedPrompt& prompt, std::function<void(Result<Transcript>)> done) {
  return jobs->add(api.scheduler().submit(
      std::make_unique<TranscribeRequest>(model.handle, prompt.keep(prompt->back().mel)),
      std::move(done), jobs->owner()));
}

Status start_text(Api& api, const std::shared_ptr<Jobs>& jobs, TextJob job, TextJobEvents events) {
  auto running =
      std::make_shared<Running>(Running{StopCutter(std::move(job.stop)), std::move(events), {}});
  if (only_transcribes(*job.prompt, job.options.task))
    return start_transcript(api, jobs, job, running);
  job.options.on_text = [running](const std::string& piece) {
    running->take(running->cutter.push(piece));
    return !running->cutter.stopped();  // then no more is computed, nor counted
  };
  const auto done = [running](Result<TextResult> result) {
    if (!result) return running->events.done(result.error());
    running->end(result->prompt_tokens, result->tokens, result->cut && !running->cutter.stopped());
  };
  return jobs->add(
      api.scheduler().submit(std::make_unique<TextRequest>(job.model->handle, std::move(job.prompt),
                                                           std::move(job.options)),
                             done, jobs->owner()));
}

}  // namespace tutti
