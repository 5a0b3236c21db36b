// What a shard holds once it is read: pictures with captions, speech, texts, questions, series,
// voxels, clouds of points. Plain values; token ids are there for every text, so the trainer needs
// no tokenizer library.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "data/example.h"
#include "data/split.h"

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

// Pictures of one place at equal intervals, in order, of which any 16 in a row make a clip.
struct SeriesRecord {
  enum class Kind { street, radar };

  std::string source;  // "camvid_seq"
  std::string key;     // sequence and first frame
  Kind kind = Kind::street;
  std::vector<Picture> frames;  // equal sizes; street: RGB; radar: 1 channel, reflectivity
  // street: what each other pixel of each other row is, as indices into class_names; 1 channel.
  std::vector<Picture> classes;
  std::vector<std::string> class_names;
};

// A thing as the filled cells of a cube.
struct VoxelRecord {
  static constexpr int kSide = 32;
  static constexpr size_t kBytes = size_t(kSide) * kSide * kSide / 8;

  std::string source;  // "voxels"
  std::string key;
  std::string label;  // "chair"
  // One bit a cell: x slowest, then y, then z, which points up; most significant bit first.
  std::vector<uint8_t> cells;

  bool filled(int x, int y, int z) const {
    if (std::min({x, y, z}) < 0 || std::max({x, y, z}) >= kSide) return false;
    const size_t bit = (size_t(x) * kSide + size_t(y)) * kSide + size_t(z);
    return cells[bit / 8] >> (7 - bit % 8) & 1;
  }
};

// A thing as points on its surface.
struct CloudRecord {
  std::string source;  // "sweethome_points"
  std::string key;     // stable within its source, for reports
  Split split = Split::train;
  std::string name;        // in English and small letters: "glass table"
  std::string label;       // what kind of thing it is: "table"
  std::vector<float> xyz;  // n x 3, z points up
};

}  // namespace tutti
