// What the synthesiser is to say, in which voice: about as much of each language and kind of text
// as docs/data.md tells, drawn by a fixed seed, with voices and sentences held out for evaluation.
#pragma once

#include <string>
#include <vector>

#include "base/rng.h"
#include "data/build/raw_data.h"
#include "data/build/speech_synth.h"

namespace tutti {

// Variants of espeak-ng's voices that leave exact silence between words (those with an echo do
// not); eight of the 57 speak for evaluation only.
const std::vector<std::string>& synth_variants(Split split);

// The languages other than English that espeak-ng speaks and writes with spaces.
const std::vector<std::string>& synth_languages();

// The voices of flite that were made from recorded people: more of how people differ than
// espeak-ng's formants have. They only train.
const std::vector<std::string>& flite_voices();

// Draws utterances without end from the texts of one split.
class SynthPlan {
 public:
  // With `flite` a fifth of the English training sentences, and half of the words, are its.
  SynthPlan(const RawData& data, Split split, bool flite = false);

  Utterance english();
  // A digit or a command word alone.
  Utterance word();
  // Languages take turns. There must be other_languages().
  Utterance other();
  bool has_other() const { return !others_.empty(); }

 private:
  const std::string& pick(const std::vector<std::string>& from);
  std::string number();
  std::string order();
  Utterance speak(std::string text, const std::string& language, std::string voice);
  // By flite one time in `one_in`.
  Utterance speak_english(std::string text, int one_in);

  Split split_;
  bool flite_;
  Rng rng_;
  size_t turn_ = 0;
  std::vector<std::string> sentences_, names_;  // English
  std::vector<std::pair<std::string, std::vector<std::string>>> others_;
};

}  // namespace tutti
