#include "train/run/judge_trainer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data/scene/augment.h"
#include "data/scene/words/english.h"
#include "eval/metrics/text_metrics.h"
#include "media/picture/fit_picture.h"
#include "media/picture/raster.h"
#include "model/judge.h"
#include "train/backend/cpu_features.h"
#include "train/backend/torch_errors.h"
#include "train/backend/torch_ops.h"
#include "train/run/optimizer.h"

namespace tutti {
namespace {

using torch::Tensor;
using Json = nlohmann::ordered_json;

constexpr int kMostFrames = 500;  // 5 s of an utterance
constexpr int kHeldOutStyle = 30;
constexpr const char* kDrawings[] = {"emoji_noto", "emoji_fluent3d", "icons_mdi", "icons_game"};

bool is_plain_noun(const std::string& name) {
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  return name.size() > 2 && std::all_of(name.begin(), name.end(), small) && nameable(name);
}

std::set<std::string> labels_of(const ShardSet& shards, const char* source) {
  std::set<std::string> labels;
  for (const PictureRecord& record : shards.pictures(source)) labels.insert(record.label);
  return labels;
}

// The eye always sees what a painting has: 64 pixels a side, shown at 128.
Picture eye_view(const Picture& picture) {
  return fit_picture(fit_picture(picture, kPaintSize), kImageSize);
}

// White behind transparent pixels, or one time in three a colour; icons now and then in any two
// colours.
Picture on_ground(const Picture& picture, Rng& rng) {
  Picture rgba = resize_picture(picture, kImageSize, kImageSize);
  uint8_t ink[3], ground[3];
  for (uint8_t& value : ink) value = uint8_t(rng.below(120));
  for (uint8_t& value : ground) value = uint8_t(136 + rng.below(120));
  const bool plain = rng.uniform() < 0.66;
  if (rgba.channels == 3 || plain) return fit_picture(picture, kImageSize);
  Picture out = make_picture(kImageSize, kImageSize, 3);
  for (int i = 0; i < kImageSize * kImageSize; ++i)
    for (int c = 0; c < 3; ++c) {
      const uint8_t* from = rgba.pixels.data() + size_t(i) * rgba.channels;
      const int colour = rgba.channels == 4 ? from[c] : ink[c];
      const int cover = rgba.channels == 4 ? from[3] : 255 - from[0];
      out.pixels[i * 3 + c] = uint8_t((colour * cover + ground[c] * (255 - cover)) / 255);
    }
  return out;
}

Mel noisy_mel(const Mel& mel, Rng& rng) {
  Mel heard = mel;
  const float level = 0.25f * float(rng.normal()), grain = 0.12f * float(rng.uniform());
  for (float& value : heard.values)
    value = std::max(value + level + grain * float(rng.normal()), -2.17f);
  const int bin = rng.below(heard.bins), bins = rng.below(12);
  for (int f = 0; f < heard.frames(); ++f)
    for (int b = bin; b < std::min(heard.bins, bin + bins); ++b)
      heard.values[size_t(f) * heard.bins + b] = -1.5f;
  return heard;
}

// The judge's classes, then every other plain noun that pictograms and icons of the training split
// bear. Telling a thousand more things apart teaches the eye what drawings have in common (held-out
// style: 0.33 without); only the rows of the classes are kept.
std::vector<std::string> taught_names(const ShardSet& train,
                                      const std::vector<std::string>& classes) {
  std::vector<std::string> names = classes;
  std::set<std::string> known(classes.begin(), classes.end());
  for (const char* source : kDrawings)
    for (const std::string& label : labels_of(train, source))
      if (is_plain_noun(label) && known.insert(label).second) names.push_back(label);
  return names;
}

// What the judge learns from, by use.
struct JudgeData {
  std::vector<std::vector<const PictureRecord*>> drawings;  // of each name
  std::vector<const SpeechRecord*> synthetic, recorded;     // English

  JudgeData(const ShardSet& shards, const std::vector<std::string>& names)
      : drawings(names.size()) {
    std::map<std::string, size_t> places;
    for (size_t i = 0; i < names.size(); ++i) places[names[i]] = i;
    for (const char* source : kDrawings)
      for (const PictureRecord& record : shards.pictures(source))
        if (const auto at = places.find(record.label); at != places.end())
          drawings[at->second].push_back(&record);
    for (const std::string& source : shards.speech_sources())
      for (const SpeechRecord& record : shards.speech(source))
        if (record.transcript.language == "en" && !record.transcript.text.empty() &&
            record.mel.frames() > 10 && record.mel.frames() <= kMostFrames)
          (record.synthetic ? synthetic : recorded).push_back(&record);
  }
};

template <class T>
const T& pick(const std::vector<T>& list, Rng& rng) {
  return list[rng.below(int(list.size()))];
}

class JudgeTrainer {
 public:
  JudgeTrainer(const JudgeData& data, const JudgeRecipe& recipe, int classes)
      : data_(data),
        recipe_(recipe),
        classes_(classes),
        ops_(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU,
             torch::cuda::is_available() || cpu_multiplies_bf16() ? torch::kBFloat16
                                                                  : torch::kFloat),
        weights_(recipe.seed, ops_.device()),
        judge_(Scope<ParameterStore>(weights_, ""), judge_sizes(), int(data.drawings.size())),
        optimizer_(weights_, OptimizerOptions(), ops_.compute()) {}

  void run(const std::function<void(const JudgeProgress&)>& report) {
    const auto start = std::chrono::steady_clock::now();
    double eye_sum = 0, ear_sum = 0;
    for (int step = 0; step < recipe_.steps; ++step) {
      Rng rng(recipe_.seed * 1000003 + uint64_t(step));
      const Tensor eye = eye_loss(rng);
      const Tensor ear = ear_loss(rng);
      (eye + ear).backward();
      optimizer_.step(rate(step));
      weights_.update_average(std::min(0.998, (1.0 + step) / (10.0 + step)));
      eye_sum += eye.item<double>();
      ear_sum += ear.item<double>();
      if ((step + 1) % 50) continue;
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      report({step + 1, recipe_.steps, eye_sum / 50, ear_sum / 50, seconds.count()});
      eye_sum = ear_sum = 0;
    }
    torch::NoGradGuard no_grad;
    for (auto& entry : weights_.parameters()) {
      if (entry.name == "heads.classify")
        entry.average = entry.average.narrow(0, 0, classes_).clone();
      entry.value.set_data(entry.average);  // the judge holds the same tensor
    }
  }

  // The class that a picture most looks like.
  int name(const Picture& picture) {
    torch::NoGradGuard no_grad;
    const Batch batch = batch_of({eye_view(picture)});
    return judge_.class_logits(ops_, judge_.features(ops_, batch)).argmax(1).item<int>();
  }

  std::string hear(const Mel& mel) {
    torch::NoGradGuard no_grad;
    BatchBuilder builder(judge_sizes());
    builder.begin_sequence();
    builder.audio(mel);
    const Tensor best = judge_.ctc_logits(ops_, builder.build().audio).argmax(1).to(torch::kCPU);
    std::string text;
    int64_t last = kCtcSymbols - 1;
    for (int64_t i = 0; i < best.size(0); ++i) {
      const int64_t symbol = best[i].item<int64_t>();
      if (symbol != last && symbol != kCtcSymbols - 1) text += char(symbol);
      last = symbol;
    }
    return text;
  }

  Status save(const std::string& path, const std::string& card) const {
    return weights_.save(path, judge_sizes(), card, {}, DType::bf16);
  }

 private:
  // Up over 3 % of the steps, level, then linearly down over the last 40 %.
  double rate(int step) const {
    const double done = double(step) / recipe_.steps;
    return std::min({1.0, (done + 1e-3) / 0.03, (1 - done) / 0.4});
  }

  static Batch batch_of(const std::vector<Picture>& pictures) {
    BatchBuilder builder(judge_sizes());
    for (const Picture& picture : pictures) {
      builder.begin_sequence();
      builder.image(picture);
    }
    return builder.build();
  }

  Tensor eye_loss(Rng& rng) {
    std::vector<Picture> pictures;
    std::vector<int64_t> classes;
    for (int i = 0; i < recipe_.pictures; ++i) {
      // Every other picture is of a class that stays.
      const int label = rng.below(i % 2 ? classes_ : int(data_.drawings.size()));
      const Picture shown = on_ground(pick(data_.drawings[label], rng)->picture, rng);
      pictures.push_back(
          eye_view(augment_picture(shown, rng, {.least_crop = 0.65, .light = 1, .noise = 14})));
      classes.push_back(label);
    }
    eye_batch_ = batch_of(pictures);
    const Tensor logits = judge_.class_logits(ops_, judge_.features(ops_, eye_batch_));
    return torch::nn::functional::cross_entropy(
        logits.to(torch::kFloat), torch::tensor(classes).to(ops_.device()),
        torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(0.05));
  }

  Tensor ear_loss(Rng& rng) {
    BatchBuilder builder(judge_sizes());
    std::vector<const SpeechRecord*> heard;
    for (int i = 0; i < recipe_.utterances; ++i) {
      const bool synthetic = data_.recorded.empty() || (i % 2 && !data_.synthetic.empty());
      heard.push_back(pick(synthetic ? data_.synthetic : data_.recorded, rng));
      builder.begin_sequence();
      builder.audio(noisy_mel(heard.back()->mel, rng));
    }
    ear_batch_ = builder.build();
    const Tensor log_p =
        torch::log_softmax(judge_.ctc_logits(ops_, ear_batch_.audio).to(torch::kFloat), -1);
    std::vector<Tensor> parts;
    std::vector<int64_t> lengths, target_lengths, targets;
    for (size_t i = 0; i < heard.size(); ++i) {
      const Span& span = ear_batch_.spans[i];
      parts.push_back(
          log_p.narrow(0, span.local_first * kCtcPerToken, span.local_rows * kCtcPerToken));
      lengths.push_back(span.local_rows * kCtcPerToken);
      const std::string text = normalise_text(heard[i]->transcript.text);
      target_lengths.push_back(int64_t(text.size()));
      for (unsigned char byte : text) targets.push_back(byte);
    }
    const Tensor loss =
        torch::ctc_loss(torch::nn::utils::rnn::pad_sequence(parts), torch::tensor(targets),
                        torch::tensor(lengths), torch::tensor(target_lengths), kCtcSymbols - 1,
                        at::Reduction::None, /*zero_infinity=*/true);
    return (loss / torch::tensor(target_lengths).to(ops_.device(), torch::kFloat).clamp_min(1))
        .mean();
  }

  const JudgeData& data_;
  JudgeRecipe recipe_;
  int classes_;  // the first of data_.drawings
  TorchOps ops_;
  ParameterStore weights_;
  Judge<TorchOps> judge_;
  Optimizer optimizer_;
  Batch eye_batch_, ear_batch_;  // the backward pass reads their plans
};

Json measure(JudgeTrainer& trainer, const JudgeData& held_out) {
  int right = 0, drawings = 0;
  for (size_t label = 0; label < held_out.drawings.size(); ++label)
    for (const PictureRecord* record : held_out.drawings[label]) {
      if (record->source != "emoji_fluent3d") continue;
      right += trainer.name(record->picture) == int(label);
      ++drawings;
    }
  Json figures = {{"eye_accuracy_held_out_style", drawings ? double(right) / drawings : 0.0},
                  {"eye_drawings", drawings},
                  {"eye_chance", 1.0 / double(std::max<size_t>(1, held_out.drawings.size()))}};
  std::map<std::string, WordErrors> errors;
  for (const auto* list : {&held_out.synthetic, &held_out.recorded})
    for (const SpeechRecord* record : *list) {
      WordErrors& source = errors[record->source];
      if (source.texts < 200) source.add(trainer.hear(record->mel), record->transcript.text);
    }
  for (const auto& [source, e] : errors)
    figures["ear_word_error_rate"][source] = {{"value", e.rate()}, {"texts", e.texts}};
  return figures;
}

}  // namespace

std::vector<std::string> judge_classes(const ShardSet& train, const ShardSet& held_out, int most) {
  const auto noto = labels_of(train, "emoji_noto"), seen = labels_of(train, "emoji_fluent3d"),
             unseen = labels_of(held_out, "emoji_fluent3d");
  const auto choose = [&](const std::set<std::string>& style, size_t limit) {
    std::vector<std::string> names;
    for (const std::string& name : noto)
      if (style.count(name) && is_plain_noun(name)) names.push_back(name);
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
      return stable_hash("judge/" + a) < stable_hash("judge/" + b);
    });
    names.resize(std::min(names.size(), limit));
    return names;
  };
  std::vector<std::string> classes = choose(unseen, std::min(kHeldOutStyle, most));
  const auto more = choose(seen, size_t(most) - classes.size());
  classes.insert(classes.end(), more.begin(), more.end());
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

namespace {

Result<std::string> train_on(const ShardSet& train, const ShardSet& held_out,
                             const JudgeRecipe& recipe, const std::string& path,
                             const std::function<void(const JudgeProgress&)>& report) {
  if (recipe.threads > 0) torch::set_num_threads(recipe.threads);
  const std::vector<std::string> classes = judge_classes(train, held_out, recipe.classes);
  if (classes.size() < 2)
    return bad_input(
        "the shards have no pictograms drawn in both styles; rebuild them with emoji_noto and "
        "emoji_fluent3d");
  const JudgeData data(train, taught_names(train, classes)), tests(held_out, classes);
  if (data.synthetic.empty() && data.recorded.empty())
    return bad_input(
        "the shards have no English speech; rebuild them with espeak-ng installed or with "
        "recordings");
  JudgeTrainer trainer(data, recipe, int(classes.size()));
  trainer.run(report);
  const Json card = {{"classes", classes},
                     {"figures", measure(trainer, tests)},
                     {"steps", recipe.steps},
                     {"licences", train.licences()}};
  TUTTI_CHECK(trainer.save(path, card.dump(1)));
  return card.dump(1);
}

}  // namespace

Result<std::string> train_judge(const ShardSet& train, const ShardSet& held_out,
                                const JudgeRecipe& recipe, const std::string& path,
                                const std::function<void(const JudgeProgress&)>& report) {
  return errors_of_torch("training the judge",
                         [&] { return train_on(train, held_out, recipe, path, report); });
}

}  // namespace tutti
