#include "eval/tasks/generation_tasks.h"

#include <algorithm>
#include <chrono>

#include "eval/metrics/frechet.h"
#include "eval/metrics/text_metrics.h"
#include "eval/tasks/held_out_speech.h"
#include "format/text/voice_text.h"
#include "media/dsp/mel.h"

namespace tutti {
namespace {

constexpr size_t kMostNames = 100;  // of which pictures are painted
constexpr size_t kMostSentences = 100;
constexpr const char* kNoJudge = "needs the judge; give --judge models/judge.safetensors";

struct Paintings {
  int right = 0;
  Features features;

  Status add(Referee& judge, const Picture& picture, int asked) {
    TUTTI_ASSIGN(Seen seen, judge.look(picture));
    right += seen.label == asked;
    features.push_back(std::move(seen.features));
    return {};
  }
};

// Real drawings of the judge's concepts: those of training, and others.
struct RealDrawings {
  Features training, held_out;
};

Result<RealDrawings> look_at_real(TaskContext& context) {
  const auto& labels = context.judge->labels();
  RealDrawings real;
  for (const PictureRecord& record : context.data.training) {
    TUTTI_ASSIGN(Seen seen, context.judge->look(record.picture));
    real.training.push_back(std::move(seen.features));
  }
  for (const auto& [name, set] : context.data.pictures) {
    if (set.kind != EvalPictures::Kind::named) continue;
    for (const PictureRecord& record : set.records) {
      if (record.picture.channels == 1) continue;  // icons: another world
      if (std::find(labels.begin(), labels.end(), record.label) == labels.end()) continue;
      TUTTI_ASSIGN(Seen seen, context.judge->look(record.picture));
      real.held_out.push_back(std::move(seen.features));
    }
  }
  return real;
}

Status report_paintings(TaskContext& context, const std::string& task, const Paintings& paintings,
                        std::optional<double> floor) {
  const long n = long(paintings.features.size());
  const double classes = double(context.judge->labels().size());
  context.report.results.push_back(
      {task, double(paintings.right) / double(n), n, 1 / classes, floor});
  TUTTI_ASSIGN(const RealDrawings real, look_at_real(context));
  Features all = real.training;
  all.insert(all.end(), real.held_out.begin(), real.held_out.end());
  if (all.size() > 1 && n > 1)
    context.report.results.push_back({task + ".frechet_judge",
                                      frechet_distance(paintings.features, all),
                                      n,
                                      std::nullopt,
                                      std::nullopt,
                                      true,
                                      {{"real_drawings", double(all.size())}}});
  if (real.training.empty()) return {};
  // Far below the distance of unseen real drawings would mean copying.
  context.report.results.push_back(
      {task + ".nearest_training",
       mean_nearest_distance(paintings.features, real.training),
       n,
       std::nullopt,
       std::nullopt,
       false,
       {{"held_out_drawings", mean_nearest_distance(real.held_out, real.training)}}});
  return {};
}

// PaintOptions or SpeakOptions.
template <class Options>
Options generation(const TaskContext& context, uint64_t seed) {
  Options options;
  options.steps = context.options.steps;
  options.guidance_scale = context.options.guidance;
  options.seed = seed;
  return options;
}

// What is painted for a prompt that asks for the judge's concept `asked`, each from its own noise.
Status add_paintings(TaskContext& context, const Part& prompt, size_t asked, Paintings& paintings) {
  for (int i = 0; i < context.options.repeat; ++i) {
    const auto options = generation<PaintOptions>(context, asked + size_t(i) * 1000);
    TUTTI_ASSIGN(const Picture picture, context.engine.paint({prompt}, options));
    TUTTI_CHECK(paintings.add(*context.judge, picture, int(asked)));
  }
  return {};
}

bool is_sentence(const SpeechRecord& record) {
  const std::string& text = record.transcript.text;
  return record.transcript.language == "en" && text.size() >= 8 && text.size() <= 60;
}

// English sentences with a real or synthesised reading, of letters that the voice knows;
// synthesised first, as they are in training.
std::vector<const SpeechRecord*> sentences(const EvalData& data, size_t most) {
  std::vector<const SpeechRecord*> chosen;
  for (const bool synthetic : {true, false})
    for (const auto& [name, records] : data.speech)
      for (const SpeechRecord& record : records)
        if (record.synthetic == synthetic && is_sentence(record) && chosen.size() < most &&
            text_for_voice(record.transcript.text))
          chosen.push_back(&record);
  return chosen;
}

}  // namespace

Status eval_text_to_picture(TaskContext& context) {
  if (!context.judge) return context.skip("text_to_picture", kNoJudge);
  const auto& labels = context.judge->labels();
  Paintings paintings;
  for (size_t i = 0; i < std::min(context.limited(labels.size()), kMostNames); ++i)
    TUTTI_CHECK(add_paintings(context, Part::of_text(labels[i]), i, paintings));
  return report_paintings(context, "text_to_picture", paintings, 0.50);
}

Status eval_speech_to_picture(TaskContext& context) {
  if (!context.judge) return context.skip("speech_to_picture", kNoJudge);
  const auto& labels = context.judge->labels();
  Paintings paintings;
  for (size_t i = 0; i < std::min(context.limited(labels.size()), kMostNames); ++i) {
    const auto spoken = held_out_speech(context.data, labels[i], i);
    if (!spoken) return context.skip("speech_to_picture", spoken.error().message());
    TUTTI_CHECK(add_paintings(context, Part::of_audio(*spoken), i, paintings));
  }
  return report_paintings(context, "speech_to_picture", paintings, std::nullopt);
}

Status eval_text_to_speech(TaskContext& context) {
  if (!context.judge) return context.skip("text_to_speech", kNoJudge);
  const auto chosen = sentences(context.data, context.limited(kMostSentences));
  if (chosen.empty())
    return context.skip("text_to_speech", "no English sentences with a reading to compare with");
  WordErrors generated, real;
  double seconds = 0, audio = 0;
  std::vector<double> first;
  for (const SpeechRecord* record : chosen) {
    for (int seed = 0; seed < context.options.repeat; ++seed) {
      const auto options = generation<SpeakOptions>(context, uint64_t(seed));
      TUTTI_ASSIGN(const SpeakResult spoken,
                   context.engine.speak(record->transcript.text, options));
      seconds += spoken.seconds;
      audio += spoken.sound.seconds();
      first.push_back(spoken.seconds_to_first_audio);
      TUTTI_ASSIGN(const Mel mel, log_mel(spoken.sound));
      TUTTI_ASSIGN(const std::string heard, context.judge->hear(mel));
      generated.add(heard, record->transcript.text);
    }
    TUTTI_ASSIGN(const std::string heard_real, context.judge->hear(record->mel));
    real.add(heard_real, record->transcript.text);
  }
  std::nth_element(first.begin(), first.begin() + long(first.size() / 2), first.end());
  context.report.results.push_back({"text_to_speech.wer",
                                    generated.rate(),
                                    generated.texts,
                                    std::nullopt,
                                    std::nullopt,
                                    true,
                                    {{"real_speech", real.rate()}}});
  context.report.results.push_back({"text_to_speech.real_time_factor",
                                    audio > 0 ? seconds / audio : 0, generated.texts, std::nullopt,
                                    std::nullopt, true});
  context.report.results.push_back({"text_to_speech.first_audio_s", first[first.size() / 2],
                                    generated.texts, std::nullopt, std::nullopt, true});
  return {};
}

}  // namespace tutti
