// Readers of the recorded sets: speech with transcripts, orders with intents, everyday sounds.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"

namespace tutti {

using SpeechList = Result<std::vector<RawSpeech>>;

SpeechList read_fsdd(const std::filesystem::path& folder);
SpeechList read_speech_commands(const std::filesystem::path& folder);
SpeechList read_grid_av(const std::filesystem::path& folder);
SpeechList read_lj_reread(const std::filesystem::path& folder);
SpeechList read_wake_words(const std::filesystem::path& folder);
SpeechList read_emodb(const std::filesystem::path& folder);
// No transcripts: the label is "orderDrink {...slots...}".
SpeechList read_coffee_intents(const std::filesystem::path& folder);
// No speech: the label is the class of sound.
SpeechList read_esc10(const std::filesystem::path& folder);

}  // namespace tutti
