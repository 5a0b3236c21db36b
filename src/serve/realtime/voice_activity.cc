#include "serve/realtime/voice_activity.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tutti {
namespace {

constexpr int kHop = 160, kWindow = 400;  // 10 and 25 ms
constexpr int kFrameMs = 10;
constexpr int kSettling = 10;    // first frames, whose quietest is taken for the floor
constexpr float kSilence = -70;  // dB of full scale: digital silence and a microphone's own noise
constexpr float kLoudestFloor = -35;  // a stream that begins with speech has no noise to go by
constexpr float kRise = 0.03f;        // dB a frame: 3 dB a second
constexpr float kRiseSpeaking = 0.01f;
constexpr uint32_t kOnsetWindow = (1u << 10) - 1;  // frames
constexpr int kOnset = 6;                          // of them loud
constexpr float kHangover = 3;                     // dB: going on takes less than starting

}  // namespace

// The floor falls at once and rises slowly, so pauses between words set it and words hardly lift
// it.
void VoiceActivity::follow_floor(float db) {
  if (frames_ == 0) floor_db_ = kLoudestFloor;
  if (db < floor_db_)
    floor_db_ += (frames_ < kSettling ? 1.0f : 0.2f) * (db - floor_db_);
  else
    floor_db_ = std::min(floor_db_ + (speaking_ ? kRiseSpeaking : kRise), db);
  floor_db_ = std::max(floor_db_, kSilence);
}

void VoiceActivity::frame(std::vector<VoiceEvent>& events) {
  double energy = 0;
  for (const float x : window_) energy += double(x) * x;
  const float db = 10 * float(std::log10(energy / double(window_.size()) + 1e-12));
  const float margin = 3 + 18 * std::clamp(options_.threshold, 0.0f, 1.0f);
  const bool loud = db > floor_db_ + (speaking_ ? margin - kHangover : margin);
  follow_floor(db);
  ++frames_;
  recent_ = recent_ << 1 | uint32_t(loud);
  if (!speaking_) {
    if (std::popcount(recent_ & kOnsetWindow) < kOnset) return;
    speaking_ = true;
    quiet_frames_ = 0;
    const int64_t onset = samples_ - int64_t(std::bit_width(recent_ & kOnsetWindow)) * kHop;
    const int64_t begin = onset - int64_t(options_.prefix_ms) * 16;
    events.push_back({VoiceEvent::Kind::started, std::max(begin, earliest_)});
    return;
  }
  quiet_frames_ = loud ? 0 : quiet_frames_ + 1;
  if (quiet_frames_ * kFrameMs < options_.silence_ms) return;
  stop();
  earliest_ = samples_;
  events.push_back({VoiceEvent::Kind::stopped, samples_});
}

std::vector<VoiceEvent> VoiceActivity::push(std::span<const float> samples) {
  std::vector<VoiceEvent> events;
  for (const float in : samples) {
    window_.push_back(high_passes_[1].push(high_passes_[0].push(in)));
    ++samples_;
    if (samples_ % kHop) continue;
    if (int(window_.size()) > kWindow) window_.erase(window_.begin(), window_.end() - kWindow);
    frame(events);
  }
  return events;
}

}  // namespace tutti
