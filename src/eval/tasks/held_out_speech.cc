#include "eval/tasks/held_out_speech.h"

#include "data/build/blocks/speech_block.h"
#include "data/build/speech_synth.h"
#include "data/build/synth_plan.h"
#include "media/dsp/mel.h"

namespace tutti {

Result<Mel> held_out_speech(const EvalData& data, const std::string& text, size_t turn) {
  for (const auto& [name, records] : data.speech)
    for (const SpeechRecord& record : records)
      if (record.transcript.text == text) return record.mel;
  const auto& voices = synth_variants(Split::eval);
  Utterance utterance;
  utterance.text = text;
  utterance.language = "en";
  utterance.voice = "en-us+" + voices[turn % voices.size()];
  TUTTI_ASSIGN(const RawSpeech spoken, synthesise(utterance));
  TUTTI_ASSIGN(const Sound sound, sound_of(spoken));
  return log_mel(sound);
}

}  // namespace tutti
