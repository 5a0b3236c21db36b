#include "serve/api/speech_job.h"

#include <map>

#include "media/encode_video.h"
#include "serve/api/pcm.h"

namespace tutti {
namespace {

struct SoundFormat {
  const char* media_type;
  const char* extension;  // of media/encode.h; nullptr: PCM in pieces
};
const std::map<std::string, SoundFormat> kSoundFormats = {
    {"pcm16", {"audio/pcm", nullptr}}, {"pcm", {"audio/pcm", nullptr}},
    {"wav", {"audio/wav", nullptr}},   {"mp3", {"audio/mpeg", "mp3"}},
    {"flac", {"audio/flac", "flac"}},  {"opus", {"audio/ogg", "opus"}},
    {"aac", {"audio/aac", "aac"}}};

// PCM or WAV under way, on the scheduler's thread.
struct Spoken {
  Spoken(bool wav, SpeechJobEvents events)
      : wav(wav), pcm(wav ? kModelSampleRate : kClientSampleRate), events(std::move(events)) {}

  void take(std::string bytes) {
    if (bytes.empty()) return;
    if (wav && all.empty() && events.on_bytes) bytes = wav_header(kModelSampleRate) + bytes;
    all += bytes;
    if (events.on_bytes) events.on_bytes(std::move(bytes));
  }
  void end() {
    take(pcm.finish());
    if (wav && !events.on_bytes) all = wav_header(kModelSampleRate, uint32_t(all.size())) + all;
    events.done(std::move(all));
  }

  const bool wav;
  PcmStream pcm;
  SpeechJobEvents events;
  std::string all;
};

Status speak_in_pieces(Api& api, const std::shared_ptr<Jobs>& jobs, SpeechJob job,
                       SpeechJobEvents done) {
  auto spoken = std::make_shared<Spoken>(job.format == "wav", std::move(done));
  TUTTI_CHECK(spoken->pcm.ready());
  SpeakEvents events;
  events.on_audio = [spoken](std::span<const float> samples) {
    spoken->take(spoken->pcm.push(samples));
  };
  events.done = [spoken](Result<SpeakResult> result) {
    result ? spoken->end() : spoken->events.done(result.error());
  };
  return jobs->add(
      api.scheduler().speak(std::move(job.text), job.options, std::move(events), jobs->owner()));
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
  if (streams(job.format)) return speak_in_pieces(api, jobs, std::move(job), std::move(events));
  SpeakEvents speak;
  // Encoders take their time, and the scheduler's threads have none.
  speak.done = [&api, owner = jobs->owner(), extension = kSoundFormats.at(job.format).extension,
                done = std::move(events.done)](Result<SpeakResult> result) {
    if (!result) return done(result.error());
    api.server().post(
        [sound = std::move(result->sound), extension, done] {
          Result<std::vector<uint8_t>> bytes = encode_sound(sound, extension);
          bytes ? done(std::string(bytes->begin(), bytes->end())) : done(bytes.error());
        },
        owner);
  };
  return jobs->add(
      api.scheduler().speak(std::move(job.text), job.options, std::move(speak), jobs->owner()));
}

}  // namespace tutti
