// What a realtime session is set to: read from session.update, shown in session.created and
// session.updated.
#pragma once

#include <optional>

#include "serve/contract/fields.h"
#include "serve/realtime/voice_activity.h"

namespace tutti {

class Api;

struct TurnDetection {
  VoiceActivityOptions voice;
  bool create_response = true;     // when the speaker has ended
  bool interrupt_response = true;  // when they begin while an answer is on its way
};

struct RealtimeSettings {
  std::string id, model, instructions, voice = "tutti";
  bool transcribe_only = false;  // a session of type transcription: no answers
  bool audio_out = true;
  int input_rate = 24000, output_rate = 24000;
  float speed = 1;
  int max_tokens = 0;          // of an answer; 0: no limit but the server's
  bool transcription = false;  // tell what was heard
  std::optional<TurnDetection> turn_detection = TurnDetection();
  // Tutti's own: as in the other endpoints.
  std::string language = "en";
  float temperature = 0;
  uint64_t seed = 0;

  // Changes what is named, in the shape of RealtimeSessionCreateRequest. What is wrong is told to
  // the fields' Checker.
  void update(const Fields& session, const Api& api);
  // Changes what a response may have of its own, in the shape of RealtimeResponseCreateParams.
  void update_response(const Fields& response, const Api& api);
  Json json() const;
  size_t bytes() const { return instructions.size() + voice.size(); }  // of what the client chose

 private:
  void update_output(const Fields& output);
};

}  // namespace tutti
