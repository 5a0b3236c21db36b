#include "train/objectives/collate.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tutti {
namespace {

bool drops_condition(const Example& example) {
  return example.task == Task::paint || example.task == Task::speak ||
         example.task == Task::speech_to_picture;
}

NoisySegment add_noise(std::vector<float> clean, const NoiseOptions& options, Rng& rng) {
  NoisySegment out;
  if (!options.from_noise) {
    const float s = options.mean + options.spread * float(rng.normal());
    out.t = 1.0f / (1.0f + std::exp(-s));
  }
  out.noisy.reserve(clean.size());
  for (float x : clean) out.noisy.push_back(out.t * x + (1.0f - out.t) * float(rng.normal()));
  out.clean = std::move(clean);
  return out;
}

class Collator {
 public:
  explicit Collator(const ModelSpec& config) : builder_(config) {}

  void add(const DrawnExample& drawn) {
    if (drawn.example.task == Task::vocode) return;  // outside the trunk
    builder_.begin_sequence();
    int last_text = -1;
    size_t next_noisy = 0;
    for (const Segment& segment : drawn.example.segments) {
      PlacedSegment placed{&drawn, &segment, -1, last_text, nullptr};
      if (segment.noisy()) placed.noisy = &drawn.noisy[next_noisy++];
      placed.span = add_segment(placed);
      segments_.push_back(placed);
      last_text = segment.says() ? placed.span : -1;
    }
  }

  std::shared_ptr<Batch> build() { return std::make_shared<Batch>(builder_.build()); }
  std::vector<PlacedSegment> segments() { return std::move(segments_); }

 private:
  int add_segment(const PlacedSegment& placed) {
    const Segment& segment = *placed.segment;
    switch (segment.stem) {
      case Stem::pieces:
        return builder_.text(text_tokens(segment, placed.drawn->drop));
      case Stem::picture:
        return builder_.image(segment.image);
      case Stem::clip:
        return builder_.clip(segment.clip.frames);
      case Stem::sound:
        return builder_.audio(segment.mel);
      case Stem::patches:
        return add_rows(segment.rows);
      case Stem::noisy:
        return builder_.paint(placed.noisy->noisy, placed.noisy->t);
      case Stem::spoken:
        return builder_.speak(
            placed.noisy->noisy, placed.noisy->t, spoken_text(segment.transcript),
            align_speech(segment, int(placed.noisy->noisy.size()) / kSpeakValues));
    }
    return -1;
  }

  // They have been compared with the model (check_examples.h).
  int add_rows(const Rows& rows) {
    std::vector<Position> positions;
    for (const Place& place : rows.places) positions.push_back({place.time, place.y, place.x});
    return builder_.patches(builder_.spec().find(rows.modality), rows.values, std::move(positions));
  }

  BatchBuilder builder_;
  std::vector<PlacedSegment> segments_;
};

}  // namespace

std::vector<DrawnExample> draw_noise(std::vector<Example> examples, const NoiseOptions& options,
                                     Rng& rng) {
  std::vector<DrawnExample> drawn;
  drawn.reserve(examples.size());
  for (Example& example : examples) {
    DrawnExample& one = drawn.emplace_back();
    one.drop = drops_condition(example) && rng.uniform() < options.drop_text;
    for (const Segment& segment : example.segments) {
      if (segment.stem == Stem::noisy)
        one.noisy.push_back(add_noise(paint_patches(segment.image), options, rng));
      if (segment.stem == Stem::spoken)
        one.noisy.push_back(add_noise(speak_tokens(segment.mel), options, rng));
    }
    one.example = std::move(example);
  }
  return drawn;
}

std::vector<std::vector<const DrawnExample*>> deal(const std::vector<DrawnExample>& examples,
                                                   int count) {
  std::vector<std::vector<const DrawnExample*>> hands{size_t(count)};
  std::map<int, size_t> hand_of_pair;
  size_t next = 0;
  for (const DrawnExample& drawn : examples) {
    size_t hand = next % hands.size();
    if (const int pair = drawn.example.pair; pair >= 0) {
      const auto [at, fresh] = hand_of_pair.try_emplace(pair, hand);
      hand = at->second;
      next += fresh;
    } else {
      ++next;
    }
    hands[hand].push_back(&drawn);
  }
  return hands;
}

Collated collate(const ModelSpec& config, std::vector<const DrawnExample*> examples) {
  Collator collator(config);
  for (const DrawnExample* drawn : examples) collator.add(*drawn);
  return {config, std::move(examples), collator.build(), collator.segments()};
}

std::vector<int32_t> text_tokens(const Segment& segment, bool drop) {
  std::vector<int32_t> tokens = segment.tokens;
  // "<s> text <paint>" becomes "<s> <paint>".
  if (drop && tokens.size() > 2) tokens.erase(tokens.begin() + 1, tokens.end() - 1);
  return tokens;
}

std::string spoken_text(const std::string& transcript) {
  return " " + transcript + " ";
}

std::vector<int32_t> align_speech(const Segment& segment, int tokens) {
  const int bytes = int(segment.transcript.size()) + 2;
  std::vector<int32_t> alignment(tokens);
  for (int i = 0; i < tokens; ++i) {
    const float time = (float(i) + 0.5f) * 0.04f;
    int byte = segment.timing.empty() ? bytes * i / std::max(1, tokens) : 0;
    for (const SpokenPart& part : segment.timing) {
      if (time < part.seconds_begin) break;
      const int length = std::max(1, part.byte_end - part.byte_begin);
      const float share =
          (time - part.seconds_begin) / std::max(1e-3f, part.seconds_end - part.seconds_begin);
      // Past its end a word hands over to the space behind it.
      byte = 1 + part.byte_begin + std::min(length, int(share * float(length)));
    }
    alignment[i] = std::clamp(byte, 0, bytes - 1);
  }
  return alignment;
}

}  // namespace tutti
