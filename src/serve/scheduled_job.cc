#include "serve/scheduled_job.h"

#include <algorithm>
#include <utility>

#include "runtime/perceive.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTokenTime{50};  // 20 tokens a second are as fast as people read
constexpr int kBriefTokens = 64;
constexpr milliseconds kFirstSound{100};   // from acceptance: at once, where only pictures wait
constexpr milliseconds kSoundInHand{300};  // what a listener should always have left to play

// Options whose listener is `on`, unless the request was cancelled.
template <class Options, class Listener>
Options listening(Options options, Listener Options::*listener, Listener on) {
  options.*listener = std::move(on);
  return options;
}

}  // namespace

std::optional<Error> ScheduledJob::refusal(SteadyTime now) const {
  if (cancelled()) return Error(ErrorCode::cancelled, "the request was cancelled");
  const auto most = std::chrono::ceil<std::chrono::seconds>(too_late - accepted);
  if (now > too_late)
    return Error(ErrorCode::timed_out, "the request took longer than the " +
                                           std::to_string(most.count()) +
                                           " s that it may; ask for less, or try when less is "
                                           "going on");
  return std::nullopt;
}

ScheduledText::ScheduledText(const LoadedModel& loaded, SharedPrompt prompt, TextOptions options,
                             TextEvents events)
    : ScheduledJob(JobKind::text, 1),
      prompt_(std::move(prompt)),
      events_(std::move(events)),
      brief_(options.max_tokens <= kBriefTokens),
      request_(loaded, *prompt_,
               listening<TextOptions, std::function<bool(const std::string&)>>(
                   std::move(options), &TextOptions::on_text, [this](const std::string& piece) {
                     if (cancelled()) return false;
                     return !events_.on_text || events_.on_text(piece);
                   })) {}

void ScheduledText::end(const std::optional<Error>& error) {
  if (events_.done) events_.done(error ? Result<TextResult>(*error) : request_.result());
}

SteadyTime ScheduledText::next_due(SteadyTime now) {
  return now + kTokenTime;
}

ScheduledPicture::ScheduledPicture(const LoadedModel& loaded, SharedPrompt prompt, PaintOptions options,
                   PaintEvents events)
    : ScheduledJob(JobKind::paint, 2),
      prompt_(std::move(prompt)),
      events_(std::move(events)),
      request_(loaded, *prompt_,
               listening<PaintOptions, std::function<bool(int, int, const Picture&)>>(
                   std::move(options), &PaintOptions::on_preview,
                   events_.on_preview ? [this](int step, int steps, const Picture& preview) {
                     if (!cancelled()) events_.on_preview(step, steps, preview);
                     return !cancelled();
                   } : std::function<bool(int, int, const Picture&)>())) {}

void ScheduledPicture::end(const std::optional<Error>& error) {
  if (events_.done) events_.done(error ? Result<Picture>(*error) : request_.result());
}

ScheduledSpeech::ScheduledSpeech(const LoadedModel& loaded, std::string text, SpeakOptions options,
                                 SpeakEvents events)
    : ScheduledJob(JobKind::speak, 2),
      events_(std::move(events)),
      request_(loaded, std::move(text),
               listening<SpeakOptions, std::function<bool(const std::vector<float>&)>>(
                   std::move(options), &SpeakOptions::on_audio,
                   [this](const std::vector<float>& samples) {
                     if (cancelled()) return false;
                     if (events_.on_audio) events_.on_audio(samples);
                     return true;
                   })) {}

void ScheduledSpeech::end(const std::optional<Error>& error) {
  if (events_.done)
    events_.done(error ? Result<SpeakResult>(*error) : std::move(request_.result()));
}

Result<bool> ScheduledEmbeddings::step(Session& session) {
  if (next_ == parts_->size()) return false;
  int tokens = 0;
  TUTTI_ASSIGN(std::vector<float> vector, embed(session, (*parts_)[next_], &tokens));
  if (!cancelled() && events_.on_vector) events_.on_vector(next_, std::move(vector), tokens);
  return ++next_ < parts_->size();
}

void ScheduledEmbeddings::end(const std::optional<Error>& error) {
  if (events_.done) events_.done(error ? Status(*error) : Status());
}

SteadyTime ScheduledEmbeddings::next_due(SteadyTime now) {
  return now + kTokenTime;
}

SteadyTime ScheduledSpeech::next_due(SteadyTime now) {
  const double fresh =
      request_.seconds_delivered() - std::exchange(delivered_, request_.seconds_delivered());
  if (delivered_ == 0) return accepted + kFirstSound;
  if (fresh > 0)
    heard_until_ = std::max(heard_until_, now) + std::chrono::duration_cast<SteadyTime::duration>(
                                                     std::chrono::duration<double>(fresh));
  return heard_until_ - kSoundInHand;
}

}  // namespace tutti
