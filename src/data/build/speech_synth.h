// Speech from the `espeak-ng` program, with the time of every word, and from `flite`, whose voices
// were made from recorded people, without.
//
// espeak-ng does not say when it speaks a word, and its library is under the GPL. So each text is
// spoken with a long gap between words (-g): a run of samples that are exactly zero, at least twice
// as long as the closure of any consonant. As many runs as there are borders between words give the
// times, and are then shortened to what natural speech has; any other number (joined words,
// spelt-out numbers, voices with an echo) drops the utterance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"

namespace tutti {

struct Utterance {
  std::string text;
  std::string language;  // as in our records; espeak's name is looked up
  std::string voice;     // espeak's name, "en-us+m3", or "flite/" and flite's, "flite/slt"
  int speed = 160;       // words a minute: 120, 140, 160, 180 or 200
  int pitch = 50;        // 0..99
};

// One spoken text cut to its words, 22.05 kHz.
struct SpokenText {
  std::vector<int16_t> samples;
  std::vector<SpokenPart> timing;
};

// The words of a text: runs without white space that hold a letter or digit. Seconds are 0.
std::vector<SpokenPart> words_of(const std::string& text);

// Finds the gaps in what espeak-ng said and shortens them; no timing when they do not match.
SpokenText align_words(const std::string& text, std::vector<int16_t> samples, int speed);

// Fails when the voice's program is not there. A record without sound was not understood word by
// word; what flite says has no timing.
Result<RawSpeech> synthesise(const Utterance& utterance);

// What `espeak-ng --version` says, for the index of the shards; an error when it is not there.
Result<std::string> synthesiser_version();

// Whether flite can be run; without it espeak-ng says everything.
bool has_flite();

// Speaks a batch on two threads; the records come back in the order of the utterances.
Result<std::vector<RawSpeech>> synthesise_batch(const std::vector<Utterance>& utterances);

}  // namespace tutti
