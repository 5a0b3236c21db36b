#include "eval/tasks/speech_tasks.h"

#include <algorithm>
#include <functional>
#include <set>

#include "eval/metrics/text_metrics.h"
#include "media/dsp/mel.h"

namespace tutti {
namespace {

const std::vector<std::string> kDigits = {"zero", "one", "two",   "three", "four",
                                          "five", "six", "seven", "eight", "nine"};

// A set whose texts are at most 64 different ones of at most two words is a closed set of labels;
// returns them, or nothing.
std::vector<std::string> closed_labels(const std::vector<SpeechRecord>& records) {
  constexpr size_t kMostLabels = 64, kMostWords = 2;
  std::set<std::string> labels;
  for (const SpeechRecord& record : records) {
    if (record.synthetic || record.transcript.text.empty()) return {};
    const std::string text = normalise_text(record.transcript.text);
    if (text.empty() || split_words(text).size() > kMostWords) return {};
    labels.insert(text);
    if (labels.size() > kMostLabels) return {};
  }
  return labels.size() < 2 ? std::vector<std::string>()
                           : std::vector<std::string>(labels.begin(), labels.end());
}

bool all_digits(const std::vector<std::string>& labels) {
  return std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return std::find(kDigits.begin(), kDigits.end(), label) != kDigits.end();
  });
}

size_t index_of_largest(const std::vector<double>& values) {
  return size_t(std::max_element(values.begin(), values.end()) - values.begin());
}

struct LabelScore {
  int right = 0, right_ctc = 0, right_spelt = 0, right_scored = 0, n = 0;
  double chance_sum = 0;  // of each sample
};

// The rule: the label that is likeliest under the CTC head and the decoder together (the product of
// their likelihoods, arXiv 1609.06773). Beside it: each alone, and the label nearest to what the
// CTC head spells greedily.
Status score_set(const TaskContext& context, const std::vector<SpeechRecord>& records,
                 const std::vector<std::string>& labels, LabelScore& score) {
  TextOptions transcribe;
  transcribe.task = TextOptions::Task::transcribe;
  for (size_t i = 0; i < context.limited(records.size()); ++i) {
    const std::string truth = normalise_text(records[i].transcript.text);
    TUTTI_ASSIGN(const std::string heard, context.engine.transcribe(records[i].mel));
    TUTTI_ASSIGN(const auto likelihood,
                 context.engine.score({Part::of_audio(records[i].mel)}, labels, transcribe));
    TUTTI_ASSIGN(const auto spelling, context.engine.spelling_scores(records[i].mel, labels));
    std::vector<double> both(labels.size());
    std::transform(spelling.begin(), spelling.end(), likelihood.begin(), both.begin(),
                   std::plus<double>());
    score.right += labels[index_of_largest(both)] == truth;
    score.right_ctc += labels[index_of_largest(spelling)] == truth;
    score.right_spelt += labels[nearest_label(heard, labels)] == truth;
    score.right_scored += labels[index_of_largest(likelihood)] == truth;
    score.chance_sum += 1.0 / double(labels.size());
    ++score.n;
  }
  return {};
}

void report_errors(const TaskContext& context, const std::string& task, const WordErrors& errors,
                   std::optional<double> floor) {
  context.report.results.push_back({task,
                                    errors.rate(),
                                    errors.texts,
                                    std::nullopt,
                                    floor,
                                    /*lower_is_better=*/true,
                                    {{"words", double(errors.words)}}});
}

}  // namespace

namespace {

Status spoken_labels(TaskContext& context, const char* task, bool digits, double floor) {
  LabelScore score;
  for (const auto& [name, records] : context.data.speech) {
    const auto labels = closed_labels(records);
    if (labels.empty() || all_digits(labels) != digits) continue;
    // A sample of digits may lack one; the closed set is all ten.
    TUTTI_CHECK(score_set(context, records, digits ? kDigits : labels, score));
  }
  if (score.n == 0) return context.skip(task, "no recordings of a closed set of words");
  const double n = score.n;
  context.report.results.push_back({task,
                                    score.right / n,
                                    score.n,
                                    score.chance_sum / n,
                                    floor,
                                    false,
                                    {{"by_ctc_likelihood", score.right_ctc / n},
                                     {"by_greedy_spelling", score.right_spelt / n},
                                     {"by_decoder_likelihood", score.right_scored / n}}});
  return {};
}

// Adds up the errors of every open set's recordings that `wanted` picks, by the name it gives them.
template <class Wanted>
Status transcribe(TaskContext& context, std::map<std::string, WordErrors>& sums,
                  const Wanted& wanted) {
  for (const auto& [name, records] : context.data.speech) {
    if (!closed_labels(records).empty()) continue;
    for (size_t i = 0; i < context.limited(records.size()); ++i) {
      const SpeechRecord& record = records[i];
      const std::string sum = record.transcript.text.empty() ? "" : wanted(record);
      if (sum.empty()) continue;
      const auto heard = context.engine.transcribe(record.mel);
      if (!heard) return heard.error().with_context("transcribing " + record.key);
      sums[sum].add(*heard, record.transcript.text);
    }
  }
  return {};
}

}  // namespace

Status eval_spoken_digits(TaskContext& context) {
  return spoken_labels(context, "spoken_digits", true, 0.90);
}

Status eval_spoken_commands(TaskContext& context) {
  return spoken_labels(context, "spoken_commands", false, 0.75);
}

Status eval_asr_synthetic(TaskContext& context) {
  std::map<std::string, WordErrors> sums;
  TUTTI_CHECK(transcribe(context, sums, [](const SpeechRecord& record) -> std::string {
    if (!record.synthetic) return "";
    return record.transcript.language == "en" ? "asr_synthetic_wer"
                                              : "asr_synthetic_wer.other_languages";
  }));
  if (!sums.count("asr_synthetic_wer"))
    return context.skip("asr_synthetic_wer",
                        "no synthesised English speech; build shards with espeak-ng installed");
  for (const auto& [task, errors] : sums)
    report_errors(context, task, errors,
                  task == "asr_synthetic_wer" ? std::optional(0.25) : std::nullopt);
  return {};
}

Status eval_asr_recorded(TaskContext& context) {
  std::map<std::string, WordErrors> sums;
  TUTTI_CHECK(transcribe(context, sums, [](const SpeechRecord& record) {
    return record.synthetic ? "" : record.source;
  }));
  if (sums.empty()) return context.skip("asr_recorded_wer", "no recorded sentences");
  WordErrors all;
  for (const auto& [source, errors] : sums) {
    all.errors += errors.errors;
    all.words += errors.words;
    all.texts += errors.texts;
  }
  report_errors(context, "asr_recorded_wer", all, std::nullopt);
  for (const auto& [source, errors] : sums)
    report_errors(context, "asr_recorded_wer." + source, errors, std::nullopt);
  return {};
}

}  // namespace tutti
