#include "serve/api/speech_job.h"

#include <map>

#include "engine/requests/speak_request.h"
#include "media/encode_sound.h"
#include "serve/api/pcm.h"

namespace tutti {
namespace {

struct SoundFormat {
  const char* media_type;
  const char* extension;  // of media/encode_sound.h; nullptr: PCM in pieces
};
const std::map<std::string, SoundFormat> kSoundFormats = {
    {"pcm16", {"audio/pcm", nullptr}}, {"pcm", {"audio/pcm", nullptr}},
    {"wav", {"audio/wav", nullptr}},   {"mp3", {"audio/mpeg", "mp3"}},
    {"flac", {"audio/flac", "flac"}},  {"opus", {"audio/ogg", "opus"}},
    {"aac", {"audio/aac", "aac"}}};

// What is held until all has been spoken, charged as it grows; where there is no more room, the
// rest is not spoken.
class Held {
 public:
  explicit Held(std::shared_ptr<Jobs> jobs) : jobs_(std::move(jobs)), charge_(jobs_->account()) {}

  // As many bytes more, in something that doubles when it is full.
  bool grow(size_t bytes) {
    if (!status_) return false;
    status_ = charge_.grow(2 * bytes);
    if (!status_) jobs_->cancel();
    return bool(status_);
  }
  // Why it ended: the want of room rather than the cancelling that came of it.
  std::optional<Error> why(const Result<SpeakResult>& result) const {
    if (!status_) return status_.error();
    return result ? std::nullopt : std::optional<Error>(result.error());
  }

 private:
  const std::shared_ptr<Jobs> jobs_;
  Charge charge_;
  Status status_;
};

// PCM or WAV under way, on the scheduler's thread.
struct Spoken {
  Spoken(bool wav, const std::shared_ptr<Jobs>& jobs, SpeechJobEvents events)
      : wav(wav),
        pcm(wav ? kModelSampleRate : kClientSampleRate),
        events(std::move(events)),
        held(jobs) {}

  void take(std::string bytes) {
    if (bytes.empty()) return;
    if (!events.on_bytes) {
      if (held.grow(bytes.size())) all += bytes;
      return;
    }
    if (wav && !std::exchange(begun, true)) bytes = wav_header(kModelSampleRate) + bytes;
    events.on_bytes(std::move(bytes));
  }
  void end(const Result<SpeakResult>& result) {
    if (result) take(pcm.finish());
    if (const auto error = held.why(result)) return events.done(*error);
    if (wav && !events.on_bytes) all = wav_header(kModelSampleRate, uint32_t(all.size())) + all;
    events.done(std::move(all));
  }

  const bool wav;
  PcmStream pcm;
  SpeechJobEvents events;
  Held held;
  std::string all;     // where nobody takes it in pieces
  bool begun = false;  // something of it has been taken
};

Status speak_in_pieces(Api& api, const std::shared_ptr<Jobs>& jobs, SpeechJob job,
                       SpeechJobEvents done) {
  auto spoken = std::make_shared<Spoken>(job.format == "wav", jobs, std::move(done));
  TUTTI_CHECK(spoken->pcm.ready());
  job.options.on_audio = [spoken](std::span<const float> samples) {
    spoken->take(spoken->pcm.push(samples));
    return true;
  };
  return jobs->add(api.scheduler().submit(
      std::make_unique<SpeakRequest>(job.model->handle, std::move(job.text),
                                     std::move(job.options)),
      [spoken](const Result<SpeakResult>& result) { spoken->end(result); }, jobs->owner()));
}

// For encoders, which want it whole, and take their time, which the scheduler's threads have not.
struct Whole {
  Held held;
  Sound sound;
};

Status speak_and_encode(Api& api, const std::shared_ptr<Jobs>& jobs, SpeechJob job,
                        SpeechJobEvents events) {
  const auto whole = std::make_shared<Whole>(Whole{Held(jobs), {}});
  job.options.on_audio = [whole](std::span<const float> samples) {
    std::vector<float>& all = whole->sound.samples;
    if (whole->held.grow(samples.size_bytes()))
      all.insert(all.end(), samples.begin(), samples.end());
    return true;
  };
  auto spoken = [&api, whole, owner = jobs->owner(),
                 extension = kSoundFormats.at(job.format).extension,
                 done = std::move(events.done)](const Result<SpeakResult>& result) {
    if (const auto error = whole->held.why(result)) return done(*error);
    const auto encode = [whole, extension, done] {
      Result<std::vector<uint8_t>> bytes = encode_sound(whole->sound, extension);
      bytes ? done(std::string(bytes->begin(), bytes->end())) : done(bytes.error());
    };
    api.server().post(encode, owner);
  };
  return jobs->add(
      api.scheduler().submit(std::make_unique<SpeakRequest>(job.model->handle, std::move(job.text),
                                                            std::move(job.options)),
                             std::move(spoken), jobs->owner()));
}

}  // namespace

bool streams(const std::string& format) {
  return !kSoundFormats.at(format).extension;
}
const char* media_type_of(const std::string& format) {
  return kSoundFormats.at(format).media_type;
}

Status start_speech(Api& api, const std::shared_ptr<Jobs>& jobs, SpeechJob job,
                    SpeechJobEvents events) {
  job.options.keep = false;
  return (streams(job.format) ? speak_in_pieces : speak_and_encode)(api, jobs, std::move(job),
                                                                    std::move(events));
}

}  // namespace tutti
