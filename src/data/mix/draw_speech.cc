#include "data/mix/draw_speech.h"

#include <algorithm>

namespace tutti::draw {
namespace {

void heard(const SpeechPool& pool, std::vector<Example>& out, Rng& rng) {
  const SpeechRecord& record = *pick(pool, rng);
  if (record.transcript.ids.empty()) return;
  const int pair = int(out.size());
  Example example;
  example.task = Task::transcribe;
  example.pair = pair;
  example.segments = {heard_segment(record, rng), text_segment(transcribe_prompt()),
                      text_segment(clipped(record.transcript.ids), true)};
  out.push_back(std::move(example));
  out.push_back(text_alone(record.transcript.ids, pair));
}

}  // namespace

void digit(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const bool more = !pools.more_digits.empty() && rng.uniform() >= 1 - pools.shares.more_digits;
  heard(more ? pools.more_digits : pools.digits, out, rng);
}
void command(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  heard(pools.commands, out, rng);
}
void recorded(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  heard(pools.recorded, out, rng);
}
void synthetic(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  heard(pools.synthetic, out, rng);
}

void spelled(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const SpeechRecord* record = pick(pools.synthetic, rng);
  // English two times in three: its letters are what most speech heard here is written in.
  for (int tries = 0; tries < 2 && record->transcript.language != "en"; ++tries)
    record = pick(pools.synthetic, rng);
  Example example;
  example.task = Task::transcribe;
  example.segments = {heard_segment(*record, rng)};
  out.push_back(std::move(example));
}

void sound(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const SpeechRecord& record = *pick(pools.sounds, rng);
  Segment segment = heard_segment(record, rng);
  segment.transcript.clear();
  out.push_back(described(pools, std::move(segment), Task::caption, token_name, "en",
                          ids(pools, record.label)));
}

void speak(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const SpeechRecord& record = *pick(pools.spoken, rng);
  Example example;
  example.task = Task::speak;
  example.segments = {text_segment(generation_prompt(clipped(record.transcript.ids), token_speak)),
                      spoken_segment(record)};
  out.push_back(std::move(example));
}

void speech_to_picture(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const auto& [record, pictures] = pick(pools.spoken_names, rng);
  Example example;
  example.task = Task::speech_to_picture;
  example.segments = {heard_segment(*record, rng), text_segment(mark(token_paint)),
                      paint_segment(pick(pictures, rng)->picture)};
  out.push_back(std::move(example));
}

void text(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const TextRecord& record = *pick(pools.texts, rng);
  Example example;
  example.task = Task::text;
  const auto cut = [](const Tokens& ids, size_t most) {
    return Tokens(ids.begin(), ids.begin() + std::min(ids.size(), most));
  };
  if (record.kind == "plain") {
    example.segments = {text_segment(joined({mark(token_begin), cut(record.text, 200)}), true)};
  } else {
    example.segments = {text_segment(chat_prompt(cut(record.prompt, 120))),
                        text_segment(cut(record.text, 120), true)};
  }
  out.push_back(std::move(example));
}

// Two thirds of a second of sound.
void vocoder(const Pools& pools, std::vector<Example>& out, Rng& rng) {
  const Sound& sound = pick(pools.vocoder, rng)->sound;
  constexpr int kSamples = 64 * 160;
  if (int(sound.samples.size()) < kSamples) return;
  const int begin = rng.below(int(sound.samples.size()) - kSamples + 1);
  Example example;
  example.task = Task::vocode;
  example.sound.samples.assign(sound.samples.begin() + begin,
                               sound.samples.begin() + begin + kSamples);
  out.push_back(std::move(example));
}

}  // namespace tutti::draw
