// What speech is likely to say: the texts that the prior of transcripts is counted on
// (format/text/ngram.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/build/raw_data.h"

namespace tutti {

// By family of languages: "en", and "other", which is all the rest that espeak-ng speaks and writes
// with spaces. Training records alone: what the synthesiser is told to say (synth_plan.h), what
// was recorded, ten times, since few were, and English running text by the sentence.
std::map<std::string, std::vector<std::string>> spoken_texts(const RawData& data);

}  // namespace tutti
