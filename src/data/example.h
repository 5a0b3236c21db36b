// One training or evaluation example: a sequence of segments in the order the model reads them.
// Everything here is plain values, so that the trainer needs neither files nor codecs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "model/spec.h"

namespace tutti {

enum class Task {
  text,               // [text]                 language modelling, text instructions
  caption,            // [image|rows][text]     naming and describing what is seen
  paint,              // [text][paint]          text to picture
  transcribe,         // [audio][text]          speech to text (plus CTC on the encoder)
  speak,              // [text][speak]          text to speech
  speech_to_picture,  // [audio][paint]
  question,           // [image][text][text]    questions about a scene
  clip,               // [clip][text]           captions of short videos
  matte,              // [image] + alpha        person mattes
  vocode,             // sound                  mel to waveform
};

// When each part of a spoken text begins, from the synthesiser or an aligner.
struct SpokenPart {
  int byte_begin = 0;  // into Segment::transcript (UTF-8)
  int byte_end = 0;
  float seconds_begin = 0;
  float seconds_end = 0;
};

// A word that one of a segment's rows should say inside the network: a summary token of a picture
// or clip, for it covers what the word is about, or a piece of a question that names it.
struct Located {
  int row;        // which of the segment's summary tokens or pieces
  int32_t token;  // first piece of the word
};

struct Segment {
  Stem stem = Stem::pieces;      // what it enters the model by
  std::vector<int32_t> tokens;   // pieces: SentencePiece ids, without end-of-segment marks
  bool target = false;           // pieces: the model is trained to produce this segment
  Picture image;                 // picture: 128x128 RGB; noisy: 64x64 RGB
  Clip clip;                     // clip: 16 frames of 128x128 RGB
  Rows rows;                     // patches: for the modality of that name
  std::vector<Located> located;  // picture, clip, question: what is where, if that is known
  Mel mel;                       // sound, spoken
  std::string transcript;        // sound: what is said (CTC target, may be empty); spoken: the text
  std::vector<SpokenPart> timing;  // spoken: one entry a word, in order

  // Text; something to hear; a painting or a piece of speech, which is generated.
  bool says() const { return stem == Stem::pieces; }
  bool sounds() const { return stem == Stem::sound; }
  bool noisy() const { return stem == Stem::noisy || stem == Stem::spoken; }
};

struct Example {
  Task task = Task::text;
  std::vector<Segment> segments;
  Picture alpha;       // matte: 128x128, 1 channel, the exact mask of segments[0].image
  Sound sound;         // vocode: 16 kHz
  int pair = -1;       // examples of one step with the same pair begin with segments that
                       // mean the same, in different modalities (contrastive)
  std::string source;  // data set or generator it came from, for reports
};

}  // namespace tutti
