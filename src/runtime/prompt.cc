#include "engine/prompt.h"

#include <algorithm>
#include <cmath>

#include "base/plain_text.h"
#include "media/dsp/sound_spans.h"

namespace tutti {
namespace {

Status check_picture(const Picture& picture, int size) {
  if (picture.width == size && picture.height == size && picture.channels == 3 &&
      picture.pixels.size() == size_t(size) * size * 3)
    return {};
  return bad_input("the picture is " + std::to_string(picture.width) + "x" +
                   std::to_string(picture.height) + " with " + std::to_string(picture.channels) +
                   " channels; fit it to 128x128 RGB first");
}

Status check_mel(const Mel& mel) {
  if (mel.bins != kMelBins || mel.values.empty() || mel.values.size() % kMelBins)
    return bad_input("the mel has " + std::to_string(mel.values.size()) + " values in " +
                     std::to_string(mel.bins) + " bins; expected frames of 80");
  if (!std::all_of(mel.values.begin(), mel.values.end(), [](float v) { return std::isfinite(v); }))
    return bad_input("the mel holds values that are not finite; recompute it from the sound");
  return {};
}

}  // namespace

Part Part::of_text(std::string text) {
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

Part Part::of_answer(std::string text) {
  Part part = of_text(std::move(text));
  part.kind = Kind::answer;
  return part;
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
  }
  return usage_error("a prompt part of an unknown kind");
}

Status check_text_length(const Prompt& prompt, const LoadedModel& loaded) {
  size_t bytes = 0;
  for (auto part = prompt.rbegin(); part != prompt.rend(); ++part) {
    if (part->kind == Part::Kind::answer) break;
    bytes += part->text.size();
  }
  return check_length(loaded, bytes, "the text");
}

Status Contents::add(const Part& part) {
  TUTTI_CHECK(check_part(part));
  if (part.kind == Part::Kind::answer)
    return usage_error("an answer stands in the prompt; only text is asked from a conversation");
  if (part.kind == Part::Kind::text) {
    if (!text.empty() && !part.text.empty()) text += ' ';
    text += part.text;
  } else {
    media.push_back(&part);
    (part.kind == Part::Kind::audio ? audio : pictures) = true;
  }
  return {};
}

bool all_silent(std::span<const Part* const> media) {
  return std::all_of(media.begin(), media.end(), [](const Part* part) {
    return part->kind != Part::Kind::audio || is_silent(part->mel);
  });
}

Result<ResolvedPrompt> resolve_paint_prompt(const Prompt& prompt, const LoadedModel& loaded) {
  TUTTI_CHECK(check_text_length(prompt, loaded));
  Contents contents;
  for (const Part& part : prompt) TUTTI_CHECK(contents.add(part));
  if (contents.pictures)
    return usage_error("painting follows text or audio; take pictures and clips out of the prompt");
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

int add_media(BatchBuilder& builder, const Part& part) {
  if (part.kind == Part::Kind::picture) return builder.image(part.picture);
  if (part.kind == Part::Kind::clip) return builder.clip(part.frames);
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

int64_t media_rows(const ModelConfig& config, const std::vector<const Part*>& media) {
  int64_t rows = 0;
  for (const Part* part : media) rows += media_rows(config, *part);
  return rows;
}

int64_t media_rows(const ModelConfig& config, const Part& part) {
  const auto merged = [&](int64_t tokens, int merge) -> int64_t {
    return config.hierarchy ? (tokens + merge - 1) / merge : tokens;
  };
  constexpr int kPicture = kLocalGrid * kLocalGrid, kQuantum = kAudioStride * kAudioMerge;
  switch (part.kind) {
    case Part::Kind::picture:
      return merged(kPicture, kImageMerge);
    case Part::Kind::clip:
      return merged(kPicture * kClipTubelets, kClipMerge);
    case Part::Kind::audio:  // padded to whole quanta
      return merged(
          std::max<int64_t>(1, (part.mel.frames() + kQuantum - 1) / kQuantum) * kAudioMerge,
          kAudioMerge);
    default:
      return 0;
  }
}

}  // namespace tutti
