#include "data/build/speech_synth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <thread>

#include "data/build/process.h"
#include "media/decode_sound.h"

namespace tutti {
namespace {

constexpr int kRate = 22050;
constexpr int kGapUnits = 12;  // -g
constexpr int kKeptGap = 330;  // 15 ms, what fluent speech has between words
constexpr int kTail = 1300;    // 60 ms of silence at the end

// Samples of zeros that one unit of -g adds, measured with release 1.51.
struct SpeedGap {
  int words_a_minute;
  int samples;
};
constexpr std::array<SpeedGap, 5> kSpeedGaps = {
    {{120, 421}, {140, 331}, {160, 269}, {180, 218}, {200, 181}}};

int gap_samples(int speed) {
  for (const SpeedGap& gap : kSpeedGaps) {
    if (gap.words_a_minute == speed) return gap.samples * kGapUnits;
  }
  return kSpeedGaps[2].samples * kGapUnits;
}

// [begin, end) of zeros.
struct Run {
  size_t begin, end;
  size_t length() const { return end - begin; }
};

std::vector<Run> zero_runs(const std::vector<int16_t>& samples, size_t shortest) {
  std::vector<Run> runs;
  for (size_t i = 0; i < samples.size();) {
    size_t end = i;
    while (end < samples.size() && samples[end] == 0) ++end;
    if (end - i >= shortest) runs.push_back({i, end});
    i = std::max(end, i + 1);
  }
  return runs;
}

void trim_ends(std::vector<int16_t>& samples) {
  const auto sounds = [](int16_t s) { return s != 0; };
  const auto first = std::find_if(samples.begin(), samples.end(), sounds);
  samples.erase(samples.begin(), first);
  const auto last = std::find_if(samples.rbegin(), samples.rend(), sounds);
  samples.erase(last.base(), samples.end());
}

bool is_spoken(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

std::vector<uint8_t> wav_file(const std::vector<int16_t>& samples) {
  const uint32_t bytes = uint32_t(samples.size() * 2), rate = kRate, byte_rate = kRate * 2;
  const uint32_t riff = bytes + 36, format_bytes = 16;
  const uint16_t pcm = 1, channels = 1, align = 2, bits = 16;
  std::vector<uint8_t> file;
  const auto put = [&](const void* from, size_t size) {
    const auto* p = static_cast<const uint8_t*>(from);
    file.insert(file.end(), p, p + size);
  };
  put("RIFF", 4), put(&riff, 4), put("WAVEfmt ", 8), put(&format_bytes, 4);
  put(&pcm, 2), put(&channels, 2), put(&rate, 4), put(&byte_rate, 4), put(&align, 2), put(&bits, 2);
  put("data", 4), put(&bytes, 4), put(samples.data(), bytes);
  return file;
}

}  // namespace

std::vector<SpokenPart> words_of(const std::string& text) {
  std::vector<SpokenPart> words;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = std::min(text.find_first_not_of(" \t\n", i), text.size());
    const size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
    if (end > begin && is_spoken(std::string_view(text).substr(begin, end - begin))) {
      words.push_back({int(begin), int(end), 0, 0});
    }
    i = end;
  }
  return words;
}

SpokenText align_words(const std::string& text, std::vector<int16_t> samples, int speed) {
  trim_ends(samples);
  std::vector<SpokenPart> words = words_of(text);
  const size_t gap = size_t(gap_samples(speed));
  const std::vector<Run> runs = zero_runs(samples, gap * 7 / 10);
  if (samples.empty() || words.size() != runs.size() + 1) return {};
  SpokenText spoken;
  size_t from = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t end = i < runs.size() ? runs[i].begin : samples.size();
    words[i].seconds_begin = float(spoken.samples.size()) / kRate;
    spoken.samples.insert(spoken.samples.end(), samples.begin() + from, samples.begin() + end);
    words[i].seconds_end = float(spoken.samples.size()) / kRate;
    if (i == runs.size()) break;
    // A longer run holds the pause of a comma as well, which stays.
    const size_t pause = runs[i].length() > gap * 3 / 2 ? runs[i].length() - gap : kKeptGap;
    spoken.samples.resize(spoken.samples.size() + pause);
    from = runs[i].end;
  }
  spoken.samples.resize(spoken.samples.size() + kTail);
  spoken.timing = std::move(words);
  return spoken;
}

namespace {

constexpr std::string_view kFlite = "flite/";

RawSpeech record_of(const Utterance& utterance) {
  RawSpeech speech;
  speech.transcript = utterance.text;
  speech.language = utterance.language;
  speech.speaker = utterance.voice;
  speech.synthetic = true;
  return speech;
}

// Pitch 0 to 99 is half to twice 110 Hz; only kal16 obeys it, the others keep their own.
Result<RawSpeech> synthesise_flite(const Utterance& utterance) {
  const std::string name = utterance.voice.substr(kFlite.size());
  const double hertz = 110 * std::exp2((utterance.pitch - 50) / 50.0);
  TUTTI_ASSIGN(const std::string wav,
               run_program({"flite", "-voice", name, "--setf",
                            "duration_stretch=" + std::to_string(160.0 / utterance.speed), "--setf",
                            "int_f0_target_mean=" + std::to_string(hertz), "-t",
                            utterance.text + " ", "-o", "/dev/stdout"}));
  RawSpeech speech = record_of(utterance);
  TUTTI_ASSIGN(speech.sound, load_sound(std::vector<uint8_t>(wav.begin(), wav.end())));
  return speech;
}

}  // namespace

Result<RawSpeech> synthesise(const Utterance& utterance) {
  if (utterance.voice.starts_with(kFlite)) return synthesise_flite(utterance);
  TUTTI_ASSIGN(const std::string wav,
               run_program({"espeak-ng", "-v", utterance.voice, "-s",
                            std::to_string(utterance.speed), "-p", std::to_string(utterance.pitch),
                            "-g", std::to_string(kGapUnits), "-b", "1", "--stdin", "--stdout"},
                           utterance.text));
  // A stream's head has no true length; the samples are what follows "data" and its 4 bytes.
  const size_t data = wav.find("data");
  if (data == std::string::npos || data + 8 > wav.size()) {
    return failed("espeak-ng wrote no WAV file for the voice " + utterance.voice);
  }
  std::vector<int16_t> samples((wav.size() - data - 8) / 2);
  std::memcpy(samples.data(), wav.data() + data + 8, samples.size() * 2);
  const SpokenText spoken = align_words(utterance.text, std::move(samples), utterance.speed);
  RawSpeech speech = record_of(utterance);
  if (spoken.timing.empty()) return speech;
  speech.timing = spoken.timing;
  TUTTI_ASSIGN(speech.sound, load_sound(wav_file(spoken.samples)));
  return speech;
}

Result<std::string> synthesiser_version() {
  TUTTI_ASSIGN(const std::string said, run_program({"espeak-ng", "--version"}));
  // "eSpeak NG text-to-speech: 1.51  Data at: ...": the path is nobody's business.
  return said.substr(0, said.find("  "));
}

bool has_flite() {
  return bool(run_program({"flite", "-lv"}));
}

Result<std::vector<RawSpeech>> synthesise_batch(const std::vector<Utterance>& utterances) {
  std::vector<std::optional<Result<RawSpeech>>> results(utterances.size());
  const auto work = [&](size_t first) {
    for (size_t i = first; i < utterances.size(); i += 2) {
      results[i].emplace(synthesise(utterances[i]));
    }
  };
  {
    const std::jthread other(work, 1);  // joined whatever is thrown
    work(0);
  }
  std::vector<RawSpeech> spoken;
  for (auto& result : results) {
    if (!*result) return result->error();
    spoken.push_back(**std::move(result));
  }
  return spoken;
}

}  // namespace tutti
