#include "eval/tasks/picture_tasks.h"

#include <algorithm>
#include <array>
#include <set>

#include "data/split.h"
#include "eval/metrics/caption_metrics.h"
#include "eval/metrics/text_metrics.h"
#include "media/picture/fit_picture.h"

namespace tutti {
namespace {

using SetKind = EvalPictures::Kind;

const std::set<std::string> kCifar = {"airplane", "automobile", "bird",  "cat",  "deer",
                                      "dog",      "frog",       "horse", "ship", "truck"};

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

// "img/1f3cb.png" of a concept whose noto drawing is in training: the style is new, the concept
// not.
bool known_concept(const PictureRecord& record) {
  const size_t slash = record.key.rfind('/') + 1;  // npos + 1 is 0
  return split_emoji("noto", record.key.substr(slash, record.key.rfind('.') - slash)) ==
         Split::train;
}

std::string english_name(const PictureRecord& record) {
  if (!record.label.empty()) return record.label;
  for (const Caption& caption : record.captions)
    if (caption.language == "en") return caption.text;
  return "";
}

// Held-out styles where the data are ours, else every set with names.
std::vector<const PictureRecord*> pictograms(const TaskContext& context) {
  std::vector<const PictureRecord*> chosen;
  const auto ours = context.data.pictures.find("emoji_fluent3d");
  for (const auto& [name, set] : context.data.pictures) {
    if (set.kind != SetKind::named) continue;
    const bool emoji = ours != context.data.pictures.end();
    if (emoji && name != "emoji_fluent3d") continue;
    for (const PictureRecord& record : set.records)
      if (!english_name(record).empty() && (!emoji || known_concept(record)))
        chosen.push_back(&record);
  }
  chosen.resize(context.limited(chosen.size()));
  return chosen;
}

// Two pictures may share a name; then they share a candidate.
Result<std::vector<std::vector<float>>> embed_texts(const TaskContext& context,
                                                    const std::vector<std::string>& texts) {
  std::vector<std::vector<float>> all;
  for (const std::string& text : texts) {
    TUTTI_ASSIGN(std::vector<float> one, context.engine.embed(Part::of_text(text)));
    all.push_back(std::move(one));
  }
  return all;
}

Status label_set(const TaskContext& context, const std::string& task,
                 const std::vector<PictureRecord>& records, const std::vector<std::string>& labels,
                 std::optional<double> floor) {
  TextOptions options;
  options.task = TextOptions::Task::name;
  const size_t n = context.limited(records.size());
  int right = 0;
  for (size_t i = 0; i < n; ++i) {
    TUTTI_ASSIGN(const auto likelihood,
                 context.engine.score({picture_part(records[i])}, labels, options));
    const auto best = std::max_element(likelihood.begin(), likelihood.end()) - likelihood.begin();
    right += labels[size_t(best)] == records[i].label;
  }
  context.report.results.push_back(
      {task, double(right) / double(n), long(n), 1.0 / double(labels.size()), floor});
  return {};
}

// Intersection over union of the pixels that are at least half a person; two empty masks agree.
double mask_iou(const Picture& a, const Picture& b) {
  int both = 0, either = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const bool in_a = a.pixels[i] >= 128, in_b = b.pixels[i] >= 128;
    both += in_a && in_b;
    either += in_a || in_b;
  }
  return either ? double(both) / either : 1;
}

}  // namespace

Part picture_part(const PictureRecord& record) {
  return Part::of_picture(fit_picture(record.picture, kImageSize));
}

Status eval_pictograms(TaskContext& context) {
  const auto drawings = pictograms(context);
  if (drawings.size() < 2) return context.skip("name_pictograms", "no named pictograms");
  std::set<std::string> distinct;
  for (const PictureRecord* record : drawings) distinct.insert(english_name(*record));
  const std::vector<std::string> names(distinct.begin(), distinct.end());
  TUTTI_ASSIGN(const auto candidates, embed_texts(context, names));
  TextOptions options;
  options.task = TextOptions::Task::name;
  options.max_tokens = 24;
  int retrieved = 0, spelt = 0;
  for (const PictureRecord* record : drawings) {
    const Part part = picture_part(*record);
    TUTTI_ASSIGN(const auto embedding, context.engine.embed(part));
    size_t best = 0;
    for (size_t i = 1; i < names.size(); ++i)
      if (dot(embedding, candidates[i]) > dot(embedding, candidates[best])) best = i;
    retrieved += names[best] == english_name(*record);
    TUTTI_ASSIGN(const TextResult said, context.engine.describe({part}, options));
    spelt += normalise_text(said.text) == normalise_text(english_name(*record));
  }
  const double n = double(drawings.size());
  context.report.results.push_back(
      {"name_pictograms", retrieved / n, long(n), 1.0 / double(names.size())});
  context.report.results.push_back({"name_pictograms.generated", spelt / n, long(n), 0.0});
  return {};
}

Status eval_photos(TaskContext& context) {
  constexpr size_t kMostLabels = 20;  // each picture is scored against every label
  bool any = false;
  for (const auto& [name, set] : context.data.pictures) {
    if (set.kind != SetKind::labelled || set.records.empty()) continue;
    const std::set<std::string>& labels = set.labels;
    const bool cifar = std::includes(kCifar.begin(), kCifar.end(), labels.begin(), labels.end());
    if (labels.size() > kMostLabels || (!cifar && labels.size() < 2)) continue;
    const auto& closed = cifar ? kCifar : labels;
    // The ten classes of CIFAR-10 have a floor; other sets are reported by their names.
    const bool main = cifar && !any;
    TUTTI_CHECK(label_set(context, main ? "name_photos" : "name_labels." + name, set.records,
                          {closed.begin(), closed.end()},
                          main ? std::optional(0.65) : std::nullopt));
    any = any || cifar;
  }
  return any ? Status()
             : context.skip("name_photos", "no photographs labelled with the classes of CIFAR-10");
}

Status eval_captions(TaskContext& context) {
  std::vector<Captioned> corpus;
  TextOptions options;
  options.task = TextOptions::Task::caption;
  options.max_tokens = 40;
  for (const auto& [name, set] : context.data.pictures) {
    if (set.kind != SetKind::captioned) continue;
    for (size_t i = 0; i < context.limited(set.records.size()); ++i) {
      Captioned one;
      for (const Caption& caption : set.records[i].captions)
        if (caption.language == "en") one.references.push_back(caption.text);
      if (one.references.empty()) continue;
      TUTTI_ASSIGN(TextResult said,
                   context.engine.describe({picture_part(set.records[i])}, options));
      one.caption = std::move(said.text);
      corpus.push_back(std::move(one));
    }
  }
  if (corpus.size() < 2)
    return context.skip("caption_photos", "no photographs with English captions");
  context.report.results.push_back({"caption_photos.cider", cider(corpus), long(corpus.size())});
  context.report.results.push_back({"caption_photos.bleu4", bleu4(corpus), long(corpus.size())});
  return {};
}

Status eval_questions(TaskContext& context) {
  bool any = false;
  for (const auto& [name, set] : context.data.pictures) {
    if (set.questions.empty()) continue;
    const size_t n = context.limited(set.questions.size());
    std::map<std::string, int> answers;
    int right = 0, most = 0;
    for (size_t i = 0; i < n; ++i) {
      const QuestionRecord& asked = set.questions[i];
      TextOptions options;
      options.task = TextOptions::Task::answer;
      options.max_tokens = 16;
      TUTTI_ASSIGN(const TextResult said,
                   context.engine.describe({picture_part(set.records[asked.picture]),
                                            Part::of_text(asked.question.text)},
                                           options));
      right += normalise_text(said.text) == normalise_text(asked.answer.text);
      most = std::max(most, ++answers[normalise_text(asked.answer.text)]);
    }
    context.report.results.push_back({"picture_questions." + name, double(right) / double(n),
                                      long(n), double(most) / double(n)});
    any = true;
  }
  return any ? Status() : context.skip("picture_questions", "no pictures with questions");
}

Status eval_mattes(TaskContext& context) {
  double sum = 0, sum_all = 0;
  int n = 0;
  std::map<std::string, double> details;
  for (const auto& [name, set] : context.data.pictures) {
    if (set.kind != SetKind::masked) continue;
    double of_set = 0;
    int count = 0;
    for (size_t i = 0; i < context.limited(set.records.size()); ++i) {
      const PictureRecord& record = set.records[i];
      if (!record.mask) continue;
      TUTTI_ASSIGN(const Picture matte,
                   context.engine.matte(fit_picture(record.picture, kImageSize)));
      Picture truth = make_picture(kImageSize, kImageSize, 1);
      const Picture fitted = fit_picture(*record.mask, kImageSize);
      for (size_t k = 0; k < truth.pixels.size(); ++k) truth.pixels[k] = fitted.pixels[3 * k];
      of_set += mask_iou(matte, truth);
      sum_all += mask_iou(make_picture(kImageSize, kImageSize, 1, 255), truth);
      ++count;
    }
    if (count) details[name] = of_set / count;
    sum += of_set;
    n += count;
  }
  if (!n) return context.skip("mattes_iou", "no pictures with masks");
  context.report.results.push_back({"mattes_iou", sum / n, n, sum_all / n, 0.80, false, details});
  return {};
}

}  // namespace tutti
