// Where there is something to hear in a sound. A recogniser that was taught speech alone hears
// words in silence too ("be"), and hears the first word at once however late it is said; so it is
// shown only what is not silent.
//
// The level of a frame is that of white noise which looks like it to the mel filters, in dB of full
// scale: what has its energy in a few bands, as voices have, comes out several dB above its own.
// Sound is 60 ms above the threshold within 100 ms (a click is shorter), with what lies close to
// it. A shorter pause is part of what surrounds it, so ordinary speech is one span of all frames,
// to the bit what it would be without this. tutti-nano hears nothing wrong in 0.7 s of silence
// before speech, and a "be" in 0.9 s.
//
// Rejected: a threshold that follows the noise (serve/realtime/voice_activity.h needs one, to say
// while somebody speaks that he has ended; here it could only take away speech, and steady noise
// does no harm that this would mend).
#pragma once

#include <vector>

#include "base/media_types.h"

namespace tutti {

inline constexpr float kQuietestSound = -52;  // dB
inline constexpr int kLongLead = 80;          // frames: 0.8 s of silence before the first sound
inline constexpr int kLongPause = 100;        // frames: 1 s between sounds, or behind the last one
inline constexpr int kAroundSound = 30;       // frames kept in front of and behind what is heard

// Frames [begin, end) of a mel.
struct SoundSpan {
  int begin, end;
};

// Whether a frame of a mel is above the threshold.
bool is_loud(const float* frame, int bins);

// Runs of what is above the threshold, without margins, joined where less than `pause` frames lie
// between them.
std::vector<SoundSpan> sounding_frames(const Mel& mel, int pause = 1);

// Sounding frames of a mel of `frames`, with margins, joined where no long pause lies between them
// or before the ends: what to listen to, in order. Empty where nothing can be heard.
std::vector<SoundSpan> sound_spans(const std::vector<SoundSpan>& sounds, int frames);
inline std::vector<SoundSpan> sound_spans(const Mel& mel) {
  return sound_spans(sounding_frames(mel), mel.frames());
}

inline bool is_silent(const Mel& mel) {
  return sounding_frames(mel).empty();
}

// Frames [begin, end) alone.
Mel part_of(const Mel& mel, const SoundSpan& span);

}  // namespace tutti
