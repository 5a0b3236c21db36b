// What a shard holds once it is read: pictures with captions, speech, texts, questions.
// Plain values; token ids are there for every text, so the trainer needs no tokenizer library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "data/example.h"

namespace tutti {

struct Caption {
  std::string language;      // ISO 639-1 where there is one, else 639-3: "en", "de", "ceb"
  std::string text;          // UTF-8
  std::vector<int32_t> ids;  // SentencePiece ids of `text`
};

struct PictureRecord {
  std::string source;  // "flickr8k"
  std::string key;     // stable within its source, for reports
  Picture picture;     // RGB, or RGBA for sprites and cut-outs, or 1 channel for icons
  std::vector<Caption> captions;
  std::string label;            // the class or name; may be empty
  std::optional<Picture> mask;  // 1 channel, 255 on the person, as large as the picture
};

struct SpeechRecord {
  std::string source;
  std::string key;
  Mel mel;                         // 80 bins, 100 frames a second
  Caption transcript;              // empty text: a sound, not speech (then see label)
  std::string speaker;             // speaker of a recording or voice of the synthesiser
  std::string label;               // emotion, intent with slots, or class of sound; may be empty
  std::vector<SpokenPart> timing;  // one entry a word, in bytes of transcript.text; may be empty
  bool synthetic = false;
  Sound sound;  // waveform, only in the source "vocoder"
};

// One line of text. Kinds: "plain" (text), "pair" (prompt in `language`, text in English),
// "instruct" (prompt, text), "prefer" (prompt, text that was chosen, rejected).
struct TextRecord {
  std::string source;
  std::string language;
  std::string kind;
  std::vector<int32_t> prompt;
  std::vector<int32_t> text;
  std::vector<int32_t> rejected;
};

struct QuestionRecord {
  size_t picture = 0;  // index into pictures(source)
  Caption question;
  Caption answer;
};

}  // namespace tutti
