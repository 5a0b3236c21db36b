#include "eval/tasks/recorded_tasks.h"

#include <algorithm>

#include "eval/metrics/text_metrics.h"
#include "eval/recorded_items.h"

namespace tutti {
namespace {

constexpr uint64_t kRecordedClipSeed = 20260104;
constexpr int kQuestions = 200;  // a set

struct Tally {
  int right = 0, n = 0;
  // question -> answer -> how often: who knows the questions can always say the commonest answer.
  std::map<std::string, std::map<std::string, int>> truth;

  void add(const QuestionAnswer& asked, bool correct) {
    right += correct;
    ++n;
    ++truth[asked.question][asked.answer];
  }
  double accuracy() const { return double(right) / n; }
  double chance() const {
    int sum = 0;
    for (const auto& [question, answers] : truth) {
      int most = 0;
      for (const auto& [answer, count] : answers) most = std::max(most, count);
      sum += most;
    }
    return double(sum) / n;
  }
};

}  // namespace

Status eval_recorded_clips(TaskContext& context) {
  TextOptions options;
  options.task = TextOptions::Task::answer;
  options.max_tokens = 16;
  bool any = false;
  for (const std::string& set : recorded_sets(context.data)) {
    Tally all;
    std::map<std::string, Tally> by_kind;
    const int count = int(context.limited(kQuestions));
    for (const AskedClip& clip : recorded_clips(context.data, set, count, kRecordedClipSeed)) {
      const Part part = Part::of_clip(clip.frames);
      for (const QuestionAnswer& q : clip.questions) {
        TUTTI_ASSIGN(const TextResult said,
                     context.engine.describe({part, Part::of_text(q.question)}, options));
        const bool right = normalise_text(said.text) == normalise_text(q.answer);
        all.add(q, right);
        by_kind[q.kind].add(q, right);
      }
    }
    if (!all.n) continue;
    std::map<std::string, double> details;
    for (const auto& [kind, tally] : by_kind) {
      details[kind] = tally.accuracy();
      details[kind + "_chance"] = tally.chance();
      details[kind + "_n"] = tally.n;
    }
    context.report.results.push_back({"clip_questions." + set, all.accuracy(), all.n, all.chance(),
                                      std::nullopt, false, details});
    any = true;
  }
  return any ? Status() : context.skip("clip_questions", "no recorded series and no voxels");
}

}  // namespace tutti
