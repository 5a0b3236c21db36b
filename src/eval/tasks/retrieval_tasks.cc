#include "eval/tasks/retrieval_tasks.h"

#include <algorithm>
#include <set>

#include "eval/metrics/text_metrics.h"
#include "eval/scene_items.h"
#include "eval/tasks/held_out_speech.h"
#include "eval/tasks/picture_tasks.h"

namespace tutti {
namespace {

constexpr size_t kCandidates = 100;
constexpr uint64_t kRetrievalClipSeed = 20260103;

using Embeddings = std::vector<std::vector<float>>;

// Pairs (a, b) of two modalities, embedded.
struct Pairs {
  Embeddings a, b;

  Status add(const Engine& engine, const Part& left, const Part& right) {
    TUTTI_ASSIGN(std::vector<float> x, engine.embed(left));
    TUTTI_ASSIGN(std::vector<float> y, engine.embed(right));
    a.push_back(std::move(x));
    b.push_back(std::move(y));
    return {};
  }
  bool full(size_t most) const { return a.size() >= std::min(most, kCandidates); }
};

// Share of queries whose own partner is nearest.
double recall_at_1(const Embeddings& queries, const Embeddings& candidates) {
  int right = 0;
  for (size_t q = 0; q < queries.size(); ++q) {
    size_t best = 0;
    double highest = -2;
    for (size_t c = 0; c < candidates.size(); ++c) {
      double cosine = 0;
      for (size_t i = 0; i < queries[q].size(); ++i)
        cosine += double(queries[q][i]) * candidates[c][i];
      if (cosine > highest) {
        highest = cosine;
        best = c;
      }
    }
    right += best == q;
  }
  return double(right) / double(queries.size());
}

void report(const TaskContext& context, const std::string& pair, const Pairs& pairs,
            const std::string& reason) {
  const std::string task = "retrieval." + pair;
  if (pairs.a.size() < 2) {
    (void)context.skip(task, reason);
    return;
  }
  const double forth = recall_at_1(pairs.a, pairs.b), back = recall_at_1(pairs.b, pairs.a);
  context.report.results.push_back({task,
                                    (forth + back) / 2,
                                    long(pairs.a.size()),
                                    1.0 / double(pairs.a.size()),
                                    std::nullopt,
                                    false,
                                    {{"forth", forth}, {"back", back}}});
}

// Photographs with their first English caption, or, where there are none, pictograms with names.
Status image_text(TaskContext& context) {
  for (const auto kind : {EvalPictures::Kind::captioned, EvalPictures::Kind::named}) {
    Pairs pairs;
    std::set<std::string> used;
    for (const auto& [name, set] : context.data.pictures)
      for (const PictureRecord& record : set.records) {
        if (set.kind != kind || pairs.full(context.limited(kCandidates))) continue;
        for (const Caption& caption : record.captions)
          if (caption.language == "en" && used.insert(caption.text).second) {
            TUTTI_CHECK(
                pairs.add(context.engine, picture_part(record), Part::of_text(caption.text)));
            break;
          }
      }
    const bool photos = kind == EvalPictures::Kind::captioned;
    report(context, photos ? "photo-text" : "pictogram-text", pairs,
           photos ? "no captioned photographs" : "no named pictograms");
  }
  return {};
}

Status audio_text(TaskContext& context) {
  Pairs pairs;
  std::set<std::string> used;
  for (const bool synthetic : {true, false})
    for (const auto& [name, records] : context.data.speech)
      for (const SpeechRecord& record : records) {
        if (record.synthetic != synthetic || record.transcript.language != "en" ||
            pairs.full(context.limited(kCandidates)))
          continue;
        if (record.transcript.text.empty() ||
            !used.insert(normalise_text(record.transcript.text)).second)
          continue;
        TUTTI_CHECK(pairs.add(context.engine, Part::of_audio(record.mel),
                              Part::of_text(record.transcript.text)));
      }
  report(context, "audio-text", pairs, "no English speech");
  return {};
}

// Pictograms and their spoken names: never a pair in training.
Status image_audio(TaskContext& context) {
  Pairs pairs;
  std::set<std::string> used;
  std::string reason = "no named pictograms";
  for (const auto& [name, set] : context.data.pictures)
    for (const PictureRecord& record : set.records) {
      if (set.kind != EvalPictures::Kind::named || record.picture.channels == 1 ||
          record.label.empty())
        continue;
      if (pairs.full(context.limited(kCandidates)) || !used.insert(record.label).second) continue;
      const auto spoken = held_out_speech(context.data, record.label, used.size());
      if (!spoken) {
        reason = spoken.error().message();
        continue;
      }
      TUTTI_CHECK(pairs.add(context.engine, picture_part(record), Part::of_audio(*spoken)));
    }
  report(context, "image-audio", pairs, reason);
  return {};
}

// Clips with their captions, with one frame of theirs, and with their captions spoken.
Status clips(TaskContext& context) {
  TUTTI_ASSIGN(const EvalScenes scenes, EvalScenes::create(context.data));
  Pairs with_text, with_image, with_audio;
  std::string reason = "no clips";
  std::set<std::string> used;
  const int count = int(context.limited(kCandidates));
  for (const SeenClip& clip : scenes.clips(2 * count, kRetrievalClipSeed)) {
    if (with_text.full(size_t(count)) || !used.insert(clip.caption).second) continue;
    const Part part = Part::of_clip(clip.frames);
    TUTTI_CHECK(with_text.add(context.engine, part, Part::of_text(clip.caption)));
    TUTTI_CHECK(with_image.add(context.engine, part,
                               Part::of_picture(clip.frames[clip.frames.size() / 2])));
    const auto spoken = held_out_speech(context.data, clip.caption, used.size());
    if (spoken)
      TUTTI_CHECK(with_audio.add(context.engine, part, Part::of_audio(*spoken)));
    else
      reason = spoken.error().message();
  }
  report(context, "clip-text", with_text, reason);
  report(context, "clip-image", with_image, reason);
  report(context, "clip-audio", with_audio, reason);
  return {};
}

}  // namespace

Status eval_retrieval(TaskContext& context) {
  TUTTI_CHECK(image_text(context));
  TUTTI_CHECK(audio_text(context));
  TUTTI_CHECK(image_audio(context));
  return clips(context);
}

}  // namespace tutti
