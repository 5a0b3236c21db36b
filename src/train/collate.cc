#include "train/collate.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "format/text/special_tokens.h"
#include "media/dsp/mel.h"

namespace tutti {
namespace {

uint64_t hash_tokens(const std::vector<int32_t>& tokens) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int32_t token : tokens) hash = (hash ^ uint32_t(token)) * 0x100000001b3u;
  return hash;
}

// Noisy values z = t x + (1 - t) e (x-prediction, JiT arXiv 2511.13720).
struct Noised {
  std::vector<float> values;
  float t;
};

Noised add_noise(const std::vector<float>& clean, const CollateOptions& options, Rng& rng) {
  Noised out;
  if (options.from_noise) {
    out.t = 0;
  } else {
    const float s = options.noise_mean + options.noise_spread * float(rng.normal());
    out.t = 1.0f / (1.0f + std::exp(-s));
  }
  out.values.reserve(clean.size());
  for (float x : clean) out.values.push_back(out.t * x + (1.0f - out.t) * float(rng.normal()));
  return out;
}

class Collator {
 public:
  Collator(const ModelConfig& config, const CollateOptions& options, Rng& rng)
      : builder_(config), options_(options), rng_(rng) {}

  void add(const Example& example) {
    if (example.task == Task::vocode) return add_vocoder(example);
    builder_.begin_sequence();
    const bool drop = drops_condition(example) && rng_.uniform() < options_.drop_text;
    int first_span = -1, last_text = -1;
    for (const Segment& segment : example.segments) {
      const int span = add_segment(example, segment, drop, last_text);
      if (first_span < 0) first_span = span;
      last_text = segment.kind == Segment::Kind::text ? span : -1;
    }
    if (example.pair >= 0) add_pair(example, first_span);
  }

  TrainBatch finish() {
    out_.batch = builder_.build();
    const auto& spans = out_.batch.spans;
    for (const Prediction& p : predictions_) {
      out_.predict_rows.push_back(spans[p.span].first_row + p.offset);
      out_.predict_ids.push_back(p.id);
      out_.predict_task.push_back(p.task);
    }
    for (const Prediction& p : located_) {
      const bool text = spans[p.span].kind == Kind::text;
      (text ? out_.mention_rows : out_.locate_rows).push_back(spans[p.span].first_row + p.offset);
      (text ? out_.mention_ids : out_.locate_ids).push_back(p.id);
    }
    finish_pairs();
    for (auto& [span, text] : spoken_)
      out_.spoken.push_back({spans[span].local_first, spans[span].local_rows, text});
    return std::move(out_);
  }

 private:
  struct Prediction {
    int span, offset;
    int32_t id, task;
  };

  static bool drops_condition(const Example& example) {
    return example.task == Task::paint || example.task == Task::speak ||
           example.task == Task::speech_to_picture;
  }

  int add_segment(const Example& example, const Segment& segment, bool drop, int last_text) {
    switch (segment.kind) {
      case Segment::Kind::text:
        return add_text(example, segment, drop, last_text);
      case Segment::Kind::image:
        return add_image(example, segment);
      case Segment::Kind::clip:
        return located(segment, builder_.clip(segment.clip.frames));
      case Segment::Kind::audio:
        return add_audio(segment);
      case Segment::Kind::paint:
        return add_paint(segment);
      case Segment::Kind::speak:
        return add_speak(segment);
    }
    return -1;
  }

  int add_text(const Example& example, const Segment& segment, bool drop, int last_text) {
    std::vector<int32_t> tokens = segment.tokens;
    // "<s> text <paint>" becomes "<s> <paint>".
    if (drop && tokens.size() > 2) tokens.erase(tokens.begin() + 1, tokens.end() - 1);
    const int span = builder_.text(tokens);
    if (segment.target) {
      const int task = int(example.task);
      // The row before the segment says its first token; its last row says </s>.
      if (last_text >= 0 && text_rows_.at(last_text) > 0)
        predictions_.push_back({last_text, text_rows_.at(last_text) - 1,
                                tokens.empty() ? int32_t(token_end) : tokens[0], task});
      for (size_t i = 0; i < tokens.size(); ++i)
        predictions_.push_back(
            {span, int(i), i + 1 < tokens.size() ? tokens[i + 1] : int32_t(token_end), task});
    }
    text_rows_[span] = int(tokens.size());
    return located(segment, span);
  }

  int add_image(const Example& example, const Segment& segment) {
    if (example.task == Task::matte) {
      out_.matte_images.push_back(images_);
      for (float value : patchify(example.alpha, kImagePatch))
        out_.matte_alpha.push_back((value + 1.0f) / 2.0f);
    }
    ++images_;
    return located(segment, builder_.image(segment.image));
  }

  int located(const Segment& segment, int span) {
    for (const Located& word : segment.located) located_.push_back({span, word.row, word.token, 0});
    return span;
  }

  int add_audio(const Segment& segment) {
    const int span = builder_.audio(segment.mel);
    if (!segment.transcript.empty()) spoken_.push_back({span, segment.transcript});
    return span;
  }

  int add_paint(const Segment& segment) {
    const std::vector<float> clean = paint_patches(segment.image);
    const Noised noisy = add_noise(clean, options_, rng_);
    out_.paint_clean.insert(out_.paint_clean.end(), clean.begin(), clean.end());
    out_.paint_weight.insert(out_.paint_weight.end(), kPaintTokens, flow_weight(noisy.t));
    return builder_.paint(noisy.values, noisy.t);
  }

  int add_speak(const Segment& segment) {
    const std::vector<float> clean = speak_tokens(segment.mel);
    const Noised noisy = add_noise(clean, options_, rng_);
    const int tokens = int(clean.size()) / kSpeakValues;
    out_.speak_clean.insert(out_.speak_clean.end(), clean.begin(), clean.end());
    out_.speak_weight.insert(out_.speak_weight.end(), tokens, flow_weight(noisy.t));
    const std::vector<int32_t> alignment = align_speech(segment, tokens);
    const std::string text = spoken_text(segment.transcript);
    std::vector<float> counts(text.size());
    for (int32_t byte : alignment) counts[byte] += 1;
    add_durations(segment, counts);
    return builder_.speak(noisy.values, noisy.t, text, alignment);
  }

  // A word's bytes share its tokens equally: the synthesiser gives no finer truth.
  void add_durations(const Segment& segment, std::vector<float> counts) {
    for (const SpokenPart& part : segment.timing) {
      const int begin = part.byte_begin + 1, end = std::min(part.byte_end + 1, int(counts.size()));
      if (begin >= end) continue;
      const float tokens = (part.seconds_end - part.seconds_begin) * 25.0f / float(end - begin);
      std::fill(counts.begin() + begin, counts.begin() + end, tokens);
    }
    for (float count : counts)
      out_.duration_targets.push_back(segment.timing.empty() ? -1.0f : std::log1p(count));
  }

  void add_vocoder(const Example& example) {
    const Mel mel = log_mel(example.sound.samples);
    out_.vocoder_frames.push_back(mel.frames());
    out_.vocoder_mel.insert(out_.vocoder_mel.end(), mel.values.begin(), mel.values.end());
    std::vector<float> samples = example.sound.samples;
    samples.resize(size_t(mel.frames()) * 160);
    out_.vocoder_samples.insert(out_.vocoder_samples.end(), samples.begin(), samples.end());
  }

  struct Side {
    int span;
    uint64_t meaning;
    Segment::Kind kind;
  };

  void add_pair(const Example& example, int span) {
    const Segment& first = example.segments.front();
    uint64_t meaning = 0;
    for (const Segment& segment : example.segments)
      if (segment.kind == Segment::Kind::text && first.kind == Segment::Kind::text && !meaning)
        meaning = hash_tokens(segment.tokens);
    pairs_[example.pair].push_back({span, meaning, first.kind});
  }

  int pool(const Side& side) {
    const Span& span = out_.batch.spans[side.span];
    // The marker behind a text ("<s> text <paint>") is not part of its meaning.
    const int rows = side.kind == Segment::Kind::text ? std::max(1, span.rows - 1) : span.rows;
    for (int i = 0; i < rows; ++i) out_.pool_rows.push_back(span.first_row + i);
    out_.pool_bounds.push_back(int32_t(out_.pool_rows.size()));
    return int(out_.pool_bounds.size()) - 2;
  }

  void finish_pairs() {
    for (const auto& [id, sides] : pairs_) {
      if (sides.size() != 2) continue;
      const bool swap = sides[0].kind == Segment::Kind::text;
      const Side &left = sides[swap], &right = sides[!swap];
      if (right.kind != Segment::Kind::text) continue;
      out_.pair_left.push_back(pool(left));
      out_.pair_right.push_back(pool(right));
      out_.pair_space.push_back(int(left.kind));
      out_.pair_meaning.push_back(right.meaning);
    }
  }

  BatchBuilder builder_;
  CollateOptions options_;
  Rng& rng_;
  TrainBatch out_;
  int images_ = 0;
  std::vector<Prediction> predictions_, located_;
  std::map<int, int> text_rows_;
  std::vector<std::pair<int, std::string>> spoken_;
  std::map<int, std::vector<Side>> pairs_;
};

}  // namespace

float flow_weight(float t) {
  const float rest = std::max(1.0f - t, 0.05f);
  return 1.0f / (rest * rest);
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

TrainBatch collate(const ModelConfig& config, const std::vector<Example>& examples,
                   const CollateOptions& options, Rng& rng) {
  Collator collator(config, options, rng);
  for (const Example& example : examples) collator.add(example);
  return collator.finish();
}

}  // namespace tutti
