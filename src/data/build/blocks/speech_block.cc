#include "data/build/blocks/speech_block.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "data/build/blocks/pack.h"
#include "data/shard_format.h"
#include "format/picture_file.h"
#include "media/decode_sound.h"

namespace tutti {

using nlohmann::json;

namespace {

json describe(const RawSpeech& speech) {
  json entry = {{"key", speech.key}};
  if (!speech.transcript.empty()) entry["text"] = speech.transcript;
  if (!speech.language.empty()) entry["language"] = speech.language;
  if (!speech.speaker.empty()) entry["speaker"] = speech.speaker;
  if (!speech.label.empty()) entry["label"] = speech.label;
  if (speech.synthetic) entry["synthetic"] = true;
  if (speech.timing.empty()) return entry;
  json& timing = entry["timing"] = json::array();
  // Milliseconds: finer than a frame, and shorter to write.
  const auto milliseconds = [](float seconds) { return int(std::lround(seconds * 1000)); };
  for (const SpokenPart& part : speech.timing) {
    timing.push_back({part.byte_begin, part.byte_end, milliseconds(part.seconds_begin),
                      milliseconds(part.seconds_end)});
  }
  return entry;
}

int padded(int frames) {
  return (frames + kMelAlign - 1) / kMelAlign * kMelAlign;
}

}  // namespace

Result<Sound> sound_of(const RawSpeech& speech) {
  if (speech.file.empty()) return speech.sound;
  return load_sound(speech.file);
}

Block speech_block(std::span<const MelStrip> strips, int quality) {
  int width = 0;
  for (const MelStrip& strip : strips) width += padded(strip.mel.frames());
  Picture sheet = make_picture(width, strips.empty() ? 0 : strips[0].mel.bins, 1);
  json recordings = json::array();
  int left = 0;
  for (const MelStrip& strip : strips) {
    const Mel& mel = strip.mel;
    for (int x = 0; x < padded(mel.frames()); ++x) {
      const float* frame = &mel.values[size_t(std::min(x, mel.frames() - 1)) * mel.bins];
      for (int y = 0; y < mel.bins; ++y) *sheet.at(left + x, y) = mel_to_byte(frame[y]);
    }
    left += padded(mel.frames());
    recordings.push_back(describe(*strip.speech));
    recordings.back()["frames"] = mel.frames();
  }
  const json head = {{"recordings", std::move(recordings)}};
  return {{".mel.jpg", encode_jpeg(sheet, quality)}, {".json.z", pack(head.dump())}};
}

Block vocoder_block(const RawSpeech& speech, const Sound& sound) {
  std::string bytes;
  for (float sample : sound.samples) bytes += char(sample_to_ulaw(sample));
  json entry = describe(speech);
  entry["samples"] = sound.samples.size();
  const json head = {{"recordings", json::array({std::move(entry)})}};
  return {{".ulaw.z", pack(bytes)}, {".json.z", pack(head.dump())}};
}

}  // namespace tutti
