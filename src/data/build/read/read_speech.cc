#include "data/build/read/read_speech.h"

#include <charconv>
#include <cmath>

#include "data/build/read/table.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

RawSpeech recording(const fs::path& folder, const std::string& file, Split split) {
  RawSpeech speech;
  speech.key = file;
  speech.split = split;
  speech.file = (folder / file).string();
  speech.language = "en";
  return speech;
}

bool parse_seconds(std::string_view text, float& seconds) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return problem == std::errc() && end == text.data() + text.size() && std::isfinite(seconds) &&
         std::abs(seconds) < 1e6f;
}

// "set:0.52-0.79 green:0.79-0.99" with times in the clip; `start` is where the recording begins.
Result<std::vector<SpokenPart>> parse_word_times(const std::string& text, const std::string& times,
                                                 float start) {
  std::vector<SpokenPart> parts;
  size_t place = 0;
  for (const std::string& field : split_fields(times, ' ')) {
    const size_t colon = field.find(':');
    const size_t dash = field.find('-', colon == std::string::npos ? 0 : colon);
    SpokenPart part;
    const std::string word = field.substr(0, colon);
    const size_t begin = text.find(word, place);
    if (colon == std::string::npos || dash == std::string::npos || begin == std::string::npos ||
        !parse_seconds(std::string_view(field).substr(colon + 1, dash - colon - 1),
                       part.seconds_begin) ||
        !parse_seconds(std::string_view(field).substr(dash + 1), part.seconds_end)) {
      return bad_input("the word time '" + field + "' does not fit the sentence '" + text + "'");
    }
    part.byte_begin = int(begin);
    part.byte_end = int(begin + word.size());
    part.seconds_begin = std::max(0.0f, part.seconds_begin - start);
    part.seconds_end = std::max(0.0f, part.seconds_end - start);
    place = begin + word.size();
    parts.push_back(part);
  }
  return parts;
}

}  // namespace

SpeechList read_fsdd(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "transcripts.tsv", {"wav", "text", "speaker"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    list.push_back(recording(folder, row[0], split_by_speaker("fsdd", row[2])));
    list.back().transcript = row[1];
    list.back().speaker = row[2];
  }
  return list;
}

SpeechList read_speech_commands(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "transcripts.tsv", {"wav", "text", "speaker"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    list.push_back(recording(folder, row[0], split_by_speaker("speech_commands", row[2])));
    list.back().transcript = row[1];
    list.back().speaker = row[2];
  }
  return list;
}

SpeechList read_grid_av(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "transcripts.tsv",
                          {"wav", "text", "wav_starts_at_s", "word_times_in_clip"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    float start = 0;
    if (!parse_seconds(row[2], start)) return bad_input("'" + row[2] + "' is not a time");
    list.push_back(recording(folder, row[0], split_by_share("grid_av", row[1], 10)));
    list.back().transcript = row[1];
    list.back().speaker = "s1";
    TUTTI_ASSIGN(list.back().timing, parse_word_times(row[1], row[3], start));
  }
  return list;
}

SpeechList read_lj_reread(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "transcripts.tsv", {"wav", "text"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    list.push_back(recording(folder, row[0], split_by_share("lj_reread", row[1], 12)));
    list.back().transcript = trim(row[1]);
    list.back().speaker = "lj_reread";
  }
  return list;
}

SpeechList read_wake_words(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "transcripts.tsv", {"wav", "text"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    // "wav/alexa_07.wav": nobody says who spoke; the takes 05 and 15 of each phrase are held out.
    const bool held_out = row[0].ends_with("5.wav");
    list.push_back(recording(folder, row[0], held_out ? Split::eval : Split::train));
    list.back().transcript = row[1];
  }
  return list;
}

SpeechList read_emodb(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "transcripts.tsv",
                                                {"wav", "text", "lang", "speaker", "emotion"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    list.push_back(recording(folder, row[0], split_by_speaker("emodb", row[3])));
    list.back().transcript = row[1];
    list.back().language = row[2];
    list.back().speaker = row[3];
    list.back().label = row[4];
  }
  return list;
}

SpeechList read_coffee_intents(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "intents.tsv", {"wav", "intent", "slots_json"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    list.push_back(recording(folder, row[0], split_by_share("coffee_intents", row[0], 15)));
    list.back().label = row[1] + " " + row[2];
  }
  return list;
}

SpeechList read_esc10(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "labels.tsv", {"wav", "label"}));
  std::vector<RawSpeech> list;
  for (const auto& row : rows) {
    // "wav/1-100032-A.wav": the number is the recording that one or more clips were cut from.
    const std::string clip = row[0].substr(0, row[0].rfind('-'));
    list.push_back(recording(folder, row[0], split_by_share("esc10", clip, 15)));
    list.back().language.clear();
    list.back().label = row[1];
  }
  return list;
}

}  // namespace tutti
