#include "runtime/prompt.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

using Task = TextOptions::Task;

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

// Texts of a prompt, joined by spaces; and whether it has pictures or clips, and audio.
struct Contents {
  std::string text;
  bool pictures = false, audio = false;
};

Result<Contents> inspect(const Prompt& prompt, ResolvedPrompt& resolved) {
  Contents contents;
  for (const Part& part : prompt) {
    TUTTI_CHECK(check_part(part));
    if (part.kind == Part::Kind::text) {
      if (!contents.text.empty() && !part.text.empty()) contents.text += ' ';
      contents.text += part.text;
      continue;
    }
    resolved.media.push_back(&part);
    (part.kind == Part::Kind::audio ? contents.audio : contents.pictures) = true;
  }
  return contents;
}

Task resolve_task(Task task, const Contents& contents) {
  if (task != Task::automatic) return task;
  if (!contents.text.empty()) return Task::answer;
  return contents.audio && !contents.pictures ? Task::transcribe : Task::caption;
}

}  // namespace

Part Part::of_text(std::string text) {
  Part part;
  part.kind = Kind::text;
  part.text = std::move(text);
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

Status check_part(const Part& part) {
  switch (part.kind) {
    case Part::Kind::text:
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

Result<ResolvedPrompt> resolve_text_prompt(const Prompt& prompt, const TextOptions& options,
                                           const Tokenizer& tokenizer) {
  ResolvedPrompt resolved;
  if (prompt.empty()) {  // free text, as it begins in training
    resolved.text = mark(token_begin);
    return resolved;
  }
  TUTTI_ASSIGN(const Contents contents, inspect(prompt, resolved));
  TUTTI_ASSIGN(const Tokens text, tokenizer.encode(contents.text));
  TUTTI_ASSIGN(const Tokens language, tokenizer.encode(options.language));
  switch (resolve_task(options.task, contents)) {
    case Task::name:
    case Task::caption:
      if (!contents.pictures)
        return usage_error("a name or caption needs a picture or a clip in the prompt");
      resolved.text =
          describe_prompt(options.task == Task::name ? token_name : token_caption, language);
      return resolved;
    case Task::transcribe:
      if (!contents.audio) return usage_error("to transcribe, put audio in the prompt");
      resolved.text = transcribe_prompt();
      return resolved;
    case Task::answer:
    case Task::automatic:
      break;
  }
  if (contents.text.empty()) return usage_error("to answer, put a question in the prompt");
  resolved.text = resolved.media.empty() ? chat_prompt(text) : question_prompt(text);
  return resolved;
}

Result<ResolvedPrompt> resolve_paint_prompt(const Prompt& prompt, const Tokenizer& tokenizer) {
  ResolvedPrompt resolved;
  TUTTI_ASSIGN(const Contents contents, inspect(prompt, resolved));
  if (contents.pictures)
    return usage_error("painting follows text or audio; take pictures and clips out of the prompt");
  if (contents.text.empty() && !contents.audio)
    return usage_error("say what to paint: the prompt has neither text nor audio");
  TUTTI_ASSIGN(const Tokens text, tokenizer.encode(contents.text));
  resolved.text = contents.text.empty() ? mark(token_paint) : generation_prompt(text, token_paint);
  return resolved;
}

int add_media(BatchBuilder& builder, const Part& part) {
  if (part.kind == Part::Kind::picture) return builder.image(part.picture);
  if (part.kind == Part::Kind::clip) return builder.clip(part.frames);
  return builder.audio(part.mel);
}

void add_prompt(BatchBuilder& builder, const ResolvedPrompt& prompt) {
  for (const Part* part : prompt.media) add_media(builder, *part);
  if (!prompt.text.empty()) builder.text(prompt.text);
}

}  // namespace tutti
