#include "engine/prompt.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/plain_text.h"
#include "base/quote.h"
#include "base/short_number.h"
#include "media/dsp/sound_spans.h"

namespace tutti {
namespace {

constexpr float kLatest = 1 << 20;  // of a row: half a day
// Of a row's numbers: far beyond what anything is measured in, and far below where the squares of
// what the model makes of them are no floats.
constexpr float kLargestValue = 1e9f;

// What a media part enters the model by.
std::optional<Stem> stem_of(const Part& part) {
  switch (part.kind) {
    case Part::Kind::picture:
      return Stem::picture;
    case Part::Kind::clip:
      return Stem::clip;
    case Part::Kind::audio:
      return Stem::sound;
    case Part::Kind::rows:
      return Stem::patches;
    default:
      return {};
  }
}

// The modality that reads a media part, or -1.
int modality_of(const ModelSpec& config, const Part& part) {
  const std::optional<Stem> stem = stem_of(part);
  if (!stem) return -1;
  if (part.kind != Part::Kind::rows) return config.find(*stem);
  const int modality = config.find(part.rows.modality);
  return modality >= 0 && config.modalities[size_t(modality)].stem == *stem ? modality : -1;
}

std::string taken(const Part& part) {
  switch (part.kind) {
    case Part::Kind::picture:
      return "take pictures";
    case Part::Kind::clip:
      return "take clips";
    case Part::Kind::rows:
      return "take " + quote(part.rows.modality);
    default:
      return "take sounds";
  }
}

Status check_kind(const Part& part, const LoadedModel& loaded) {
  if (!stem_of(part) || modality_of(loaded.config, part) >= 0) return {};
  return lacks(loaded, taken(part));
}

Status check_rows(const Rows& rows) {
  if (rows.places.empty() || rows.values.empty() || rows.values.size() % rows.places.size())
    return bad_input("there are " + std::to_string(rows.values.size()) + " numbers for " +
                     std::to_string(rows.places.size()) +
                     " places; give as many to each row, and at least one row");
  const auto finite = [](float value) { return std::isfinite(value); };
  for (const float value : rows.values) {
    if (!finite(value))
      return bad_input("the rows hold numbers that are not finite; leave those rows out");
    if (std::abs(value) > kLargestValue)
      return bad_input("the rows hold the number " + short_number(value) + "; up to " +
                       short_number(kLargestValue) +
                       " are read, so scale them as in the model's training");
  }
  for (const Place& place : rows.places)
    if (!finite(place.y) || !finite(place.x) || !(place.time >= 0 && place.time <= kLatest))
      return bad_input("a row lies at time " + short_number(place.time) + ", y " +
                       short_number(place.y) + ", x " + short_number(place.x) +
                       "; give finite numbers, and a time from 0 to " +
                       std::to_string(int(kLatest)) + " (units of 40 ms)");
  return {};
}

// Rows are of the sizes that the model file says.
Status check_sizes(const ModalitySpec& modality, const Rows& rows) {
  const size_t count = rows.places.size(), values = rows.values.size() / count;
  if (values == size_t(modality.values) &&
      (modality.tokens == 0 || count == size_t(modality.tokens)))
    return {};
  return bad_input("there are " + std::to_string(count) + " rows of " + std::to_string(values) +
                   " numbers; the model reads " +
                   (modality.tokens ? std::to_string(modality.tokens) + " " : "") + "rows of " +
                   std::to_string(modality.values) + " as " + quote(modality.name));
}

Status check_picture(const Picture& picture, int size) {
  if (picture.width == size && picture.height == size && picture.channels == 3 &&
      picture.pixels.size() == size_t(size) * size * 3)
    return {};
  return bad_input("the picture is " + std::to_string(picture.width) + "x" +
                   std::to_string(picture.height) + " with " + std::to_string(picture.channels) +
                   " channels; fit it to 128x128 RGB first");
}

}  // namespace

Part Part::of_text(const std::string& text) {
  Part part;
  part.kind = Kind::text;
  part.text = plain_text(text);
  return part;
}

Part Part::of_picture(Picture picture) {
  Part part;
  part.kind = Kind::picture;
  part.picture = std::move(picture);
  return part;
}

Part Part::of_clip(std::vector<Picture> frames) {
  Part part;
  part.kind = Kind::clip;
  part.frames = std::move(frames);
  return part;
}

Part Part::of_audio(Mel mel) {
  Part part;
  part.kind = Kind::audio;
  part.mel = std::move(mel);
  return part;
}

Part Part::of_rows(Rows rows) {
  Part part;
  part.kind = Kind::rows;
  part.rows = std::move(rows);
  return part;
}

Part Part::of_answer(const std::string& text) {
  Part part = of_text(text);
  part.kind = Kind::answer;
  return part;
}

Status check_mel(const Mel& mel) {
  if (mel.bins != kMelBins || mel.values.empty() || mel.values.size() % kMelBins)
    return bad_input("the mel has " + std::to_string(mel.values.size()) + " values in " +
                     std::to_string(mel.bins) + " bins; expected frames of 80");
  if (!std::all_of(mel.values.begin(), mel.values.end(), [](float v) { return std::isfinite(v); }))
    return bad_input("the mel holds values that are not finite; recompute it from the sound");
  return {};
}

Status check_part(const Part& part) {
  switch (part.kind) {
    case Part::Kind::text:
    case Part::Kind::answer:
      return {};
    case Part::Kind::picture:
      return check_picture(part.picture, kImageSize);
    case Part::Kind::clip:
      if (part.frames.size() != kClipFrames)
        return bad_input("the clip has " + std::to_string(part.frames.size()) +
                         " frames; choose 16 of them");
      for (const Picture& frame : part.frames) TUTTI_CHECK(check_picture(frame, kImageSize));
      return {};
    case Part::Kind::audio:
      return check_mel(part.mel);
    case Part::Kind::rows:
      return check_rows(part.rows);
  }
  return usage_error("a prompt part of an unknown kind");
}

Status check_text_length(const Prompt& prompt, const LoadedModel& loaded) {
  size_t bytes = 0;
  for (auto part = prompt.rbegin(); part != prompt.rend(); ++part) {
    if (part->answers()) break;
    bytes += part->text.size();
  }
  return check_length(loaded, bytes, "the text");
}

Status Contents::add(const Part& part, const LoadedModel& loaded) {
  TUTTI_CHECK(check_part(part));
  TUTTI_CHECK(require(loaded, part));
  if (part.answers())
    return usage_error("an answer stands in the prompt; only text is asked from a conversation");
  if (part.says()) {
    if (!text.empty() && !part.text.empty()) text += ' ';
    text += part.text;
  } else {
    media.push_back(&part);
    (part.sounds() ? audio : pictures) = true;
  }
  return {};
}

bool all_silent(std::span<const Part* const> media) {
  return std::all_of(media.begin(), media.end(),
                     [](const Part* part) { return !part->sounds() || is_silent(part->mel); });
}

Result<ResolvedPrompt> resolve_paint_prompt(const Prompt& prompt, const LoadedModel& loaded) {
  TUTTI_CHECK(check_text_length(prompt, loaded));
  Contents contents;
  TUTTI_CHECK(require(loaded, Stem::noisy, "paint"));
  for (const Part& part : prompt) TUTTI_CHECK(contents.add(part, loaded));
  for (const Part* part : contents.media)
    if (!part->sounds())
      return usage_error("painting follows text or audio; " + taken(*part) + " out of the prompt");
  if (contents.text.empty() && !contents.audio)
    return usage_error("say what to paint: the prompt has neither text nor audio");
  if (contents.text.empty() && all_silent(contents.media))
    return bad_input(
        "there is nothing to hear in the sound, so nothing to paint; give one in which "
        "it is said");
  TUTTI_ASSIGN(const Tokens text, encode_within_context(loaded, contents.text, "the text"));
  TUTTI_CHECK(check_context(loaded.config,
                            media_rows(loaded.config, contents.media) + int64_t(text.size()),
                            "the prompt"));
  return ResolvedPrompt{
      contents.media,
      contents.text.empty() ? mark(token_paint) : generation_prompt(text, token_paint),
      {}};
}

Status require(const LoadedModel& loaded, const Part& part) {
  TUTTI_CHECK(check_kind(part, loaded));
  if (part.kind != Part::Kind::rows) return {};
  return check_sizes(loaded.config.modalities[size_t(modality_of(loaded.config, part))], part.rows);
}

Status check_kinds(const Prompt& prompt, const LoadedModel& loaded) {
  for (const Part& part : prompt) TUTTI_CHECK(check_kind(part, loaded));
  return {};
}

int add_media(BatchBuilder& builder, const Part& part) {
  if (part.kind == Part::Kind::picture) return builder.image(part.picture);
  if (part.kind == Part::Kind::clip) return builder.clip(part.frames);
  if (part.kind == Part::Kind::rows) {
    std::vector<Position> positions;
    for (const Place& place : part.rows.places) positions.push_back({place.time, place.y, place.x});
    return builder.patches(builder.spec().find(part.rows.modality), part.rows.values,
                           std::move(positions));
  }
  return builder.audio(part.mel);
}

void add_prompt(BatchBuilder& builder, const ResolvedPrompt& prompt) {
  const auto add = [&](const std::vector<const Part*>& media, const Tokens& text) {
    for (const Part* part : media) add_media(builder, *part);
    if (!text.empty()) builder.text(text);
  };
  for (const ResolvedTurn& turn : prompt.before) add(turn.media, turn.text);
  add(prompt.media, prompt.text);
}

int64_t media_rows(const ModelSpec& config, const std::vector<const Part*>& media) {
  int64_t rows = 0;
  for (const Part* part : media) rows += media_rows(config, *part);
  return rows;
}

int64_t rows_of(const ModelSpec& config, const ResolvedPrompt& prompt) {
  int64_t rows = media_rows(config, prompt.media) + int64_t(prompt.text.size());
  for (const ResolvedTurn& turn : prompt.before)
    rows += media_rows(config, turn.media) + int64_t(turn.text.size());
  return rows;
}

int64_t media_rows(const ModelSpec& config, const Part& part) {
  const int modality = modality_of(config, part);
  if (modality < 0) return 0;  // require() refuses what the model has no modality for
  const ModalitySpec& spec = config.modalities[size_t(modality)];
  if (spec.stem == Stem::patches)
    return std::max<int64_t>({int64_t(part.rows.places.size()), spec.tokens, 1});
  if (spec.stem != Stem::sound) return config.merged_rows(modality, segment_tokens(spec.stem));
  // Padded to whole rows.
  const int merge = spec.merge, quantum = kAudioStride * merge;
  const int64_t rows = std::max<int64_t>(1, (part.mel.frames() + quantum - 1) / quantum);
  return config.merged_rows(modality, rows * merge);
}

int64_t local_rows(const ModelSpec& config, const Part& part) {
  const int modality = modality_of(config, part);
  const bool merged = config.hierarchy && modality >= 0;
  return media_rows(config, part) * (merged ? config.modalities[size_t(modality)].merge : 1);
}

}  // namespace tutti
