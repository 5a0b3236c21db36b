// Server voice-activity detection: when somebody begins and ceases to speak.
//
//   VoiceActivity vad({});
//   for (const VoiceEvent& event : vad.push(samples_at_16khz)) ...
//
// Every 10 ms the level of 25 ms of sound (without its lowest frequencies, where hum and wind are)
// is compared with the noise floor, which follows the quietest sound of late: at once downwards,
// slowly upwards. Speech begins after 60 ms above it within 100 ms (a click is shorter), and has
// ended after `silence_ms` below it.
// Rejected: a trained detector (a second network to ship; the floor copes with steady noise, and
// what else sounds like speech would fool a small one too).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tutti {

struct VoiceActivityOptions {
  float threshold = 0.5f;  // 0 hears a whisper, 1 only what is loud: 3 to 21 dB above the floor
  int prefix_ms = 300;     // of sound before speech was noticed that belongs to it
  int silence_ms = 500;    // after which speech has ended
};

struct VoiceEvent {
  enum class Kind { started, stopped };
  Kind kind;
  int64_t sample;  // where speech begins (prefix included) or ends; counted from the first sample
};

// One stream; not thread-safe.
class VoiceActivity {
 public:
  explicit VoiceActivity(const VoiceActivityOptions& options) : options_(options) {}

  // Any number of samples at a time gives the same events.
  std::vector<VoiceEvent> push(std::span<const float> samples_at_16khz);

  bool speaking() const { return speaking_; }
  float floor_db() const { return floor_db_; }
  // Speech is over, whatever is heard (the buffer was committed or cleared).
  void stop() { speaking_ = false, recent_ = 0; }

 private:
  // One pole at about 180 Hz; two of them take 22 dB from 50 Hz hum.
  struct HighPass {
    float last_in = 0, last_out = 0;
    float push(float in) {
      last_out = 0.93f * (last_out + in - last_in);
      last_in = in;
      return last_out;
    }
  };

  void frame(std::vector<VoiceEvent>& events);
  void follow_floor(float db);

  VoiceActivityOptions options_;
  std::vector<float> window_;  // high-passed, the last 25 ms at most
  HighPass high_passes_[2];
  int64_t samples_ = 0, earliest_ = 0;  // speech begins no earlier: where the last one ended
  float floor_db_ = 0;
  int frames_ = 0;
  uint32_t recent_ = 0;  // a bit a frame: was it loud?
  bool speaking_ = false;
  int quiet_frames_ = 0;
};

}  // namespace tutti
