#include "eval/decode_record.h"

#include <algorithm>

#include "data/build/blocks/speech_block.h"
#include "media/decode_picture.h"
#include "media/dsp/mel.h"
#include "media/picture_ops.h"

namespace tutti {
namespace {

constexpr int kMostSide = 256;

Result<Picture> shrunk(Picture picture) {
  const int longest = std::max(picture.width, picture.height);
  if (longest <= kMostSide) return picture;
  const auto side = [&](int length) { return std::max(1, length * kMostSide / longest); };
  return resize(picture, side(picture.width), side(picture.height));
}

// RGBA only where something is transparent.
Result<Picture> load(const std::string& file) {
  TUTTI_ASSIGN(Picture picture, load_picture(file, {}, Transparency::keep));
  TUTTI_ASSIGN(picture, shrunk(std::move(picture)));
  for (size_t i = 3; i < picture.pixels.size(); i += 4)
    if (picture.pixels[i] != 255) return picture;
  return to_rgb(picture);
}

// Grey, from however many channels.
Result<Picture> load_mask(const std::string& file) {
  TUTTI_ASSIGN(Picture rgb, load_picture(file));
  TUTTI_ASSIGN(rgb, shrunk(std::move(rgb)));
  Picture mask = make_picture(rgb.width, rgb.height, 1);
  for (size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = rgb.pixels[3 * i];
  return mask;
}

}  // namespace

Result<PictureRecord> decode_record(const RawPicture& raw, const std::string& source) {
  PictureRecord record;
  record.source = source;
  record.key = raw.key;
  record.label = raw.label;
  TUTTI_ASSIGN(record.picture, load(raw.file));
  if (!raw.mask.empty()) {
    TUTTI_ASSIGN(record.mask, load_mask(raw.mask));
  }
  for (const auto& [language, text] : raw.captions) record.captions.push_back({language, text, {}});
  return record;
}

Result<SpeechRecord> decode_record(const RawSpeech& raw, const std::string& source) {
  SpeechRecord record;
  record.source = source;
  record.key = raw.key;
  record.label = raw.label;
  record.speaker = raw.speaker;
  record.synthetic = raw.synthetic;
  record.transcript = {raw.language, raw.transcript, {}};
  TUTTI_ASSIGN(const Sound sound, sound_of(raw));
  TUTTI_ASSIGN(record.mel, log_mel(sound));
  return record;
}

}  // namespace tutti
