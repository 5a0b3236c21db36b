// Text to speech as bytes of a format: in pieces as they are spoken (pcm16 and wav), or encoded as
// a whole.
#pragma once

#include "serve/api/answer.h"
#include "serve/api/uploads/data_url.h"

namespace tutti {

// pcm16 is raw 16-bit mono at 24 kHz, which OpenAI's clients assume; wav has the model's own 16 kHz
// in its header; mp3, flac, opus, aac come when all has been spoken.
bool streams(const std::string& format);
const char* media_type_of(const std::string& format);

struct SpeechJob {
  ServedPtr model;
  std::string text;
  SpeakOptions options;
  std::string format;
};

struct SpeechJobEvents {
  std::function<void(std::string bytes)> on_bytes;     // of formats that stream; may be empty
  std::function<void(Result<std::string> rest)> done;  // what on_bytes did not get
};

// The error where the scheduler is busy; else `done` comes exactly once.
Status start_speech(Api& api, const std::shared_ptr<Jobs>& jobs, SpeechJob job,
                    SpeechJobEvents events);

}  // namespace tutti
