// Sound in and out, and text alone.
#include <algorithm>

#include "data/mix/drawer.h"

namespace tutti {

void Drawer::heard(const SpeechPool& pool, Examples& out, Rng& rng) const {
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

void Drawer::digit(Examples& out, Rng& rng) const {
  const bool more = !pools_.more_digits.empty() && rng.below(2);
  heard(more ? pools_.more_digits : pools_.digits, out, rng);
}
void Drawer::command(Examples& out, Rng& rng) const {
  heard(pools_.commands, out, rng);
}
void Drawer::recorded(Examples& out, Rng& rng) const {
  heard(pools_.recorded, out, rng);
}
void Drawer::synthetic(Examples& out, Rng& rng) const {
  heard(pools_.synthetic, out, rng);
}

void Drawer::spelled(Examples& out, Rng& rng) const {
  const SpeechRecord* record = pick(pools_.synthetic, rng);
  // English two times in three: its letters are what most speech heard here is written in.
  for (int tries = 0; tries < 2 && record->transcript.language != "en"; ++tries)
    record = pick(pools_.synthetic, rng);
  Example example;
  example.task = Task::transcribe;
  example.segments = {heard_segment(*record, rng)};
  out.push_back(std::move(example));
}

void Drawer::sound(Examples& out, Rng& rng) const {
  const SpeechRecord& record = *pick(pools_.sounds, rng);
  Segment segment = heard_segment(record, rng);
  segment.transcript.clear();
  out.push_back(described(std::move(segment), Task::caption, token_name, "en", ids(record.label)));
}

void Drawer::speak(Examples& out, Rng& rng) const {
  const SpeechRecord& record = *pick(pools_.spoken, rng);
  Example example;
  example.task = Task::speak;
  Segment speech;
  speech.kind = Segment::Kind::speak;
  speech.mel = record.mel;
  speech.transcript = record.transcript.text;
  speech.timing = record.timing;
  example.segments = {text_segment(generation_prompt(clipped(record.transcript.ids), token_speak)),
                      std::move(speech)};
  out.push_back(std::move(example));
}

void Drawer::speech_to_picture(Examples& out, Rng& rng) const {
  const auto& [record, pictures] = pick(pools_.spoken_names, rng);
  Example example;
  example.task = Task::speech_to_picture;
  example.segments = {heard_segment(*record, rng), text_segment(mark(token_paint)),
                      paint_segment(pick(pictures, rng)->picture)};
  out.push_back(std::move(example));
}

void Drawer::text(Examples& out, Rng& rng) const {
  const TextRecord& record = *pick(pools_.texts, rng);
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
void Drawer::vocoder(Examples& out, Rng& rng) const {
  const Sound& sound = pick(pools_.vocoder, rng)->sound;
  constexpr int kSamples = 64 * 160;
  if (int(sound.samples.size()) < kSamples) return;
  const int begin = rng.below(int(sound.samples.size()) - kSamples + 1);
  Example example;
  example.task = Task::vocode;
  example.sound.samples.assign(sound.samples.begin() + begin,
                               sound.samples.begin() + begin + kSamples);
  out.push_back(std::move(example));
}

}  // namespace tutti
