#include "eval/suite.h"

#include <algorithm>

#include "base/joined.h"
#include "eval/report.h"
#include "eval/tasks/cloud_tasks.h"
#include "eval/tasks/generation_tasks.h"
#include "eval/tasks/picture_tasks.h"
#include "eval/tasks/recorded_tasks.h"
#include "eval/tasks/retrieval_tasks.h"
#include "eval/tasks/scene_tasks.h"
#include "eval/tasks/speech_tasks.h"

namespace tutti {
namespace {

struct SuiteTask {
  std::string name;
  std::string what;
  Status (*run)(TaskContext&);
};

const std::vector<SuiteTask>& all_tasks() {
  static const std::vector<SuiteTask> tasks = {
      {"spoken_digits", "digits by CTC, taken to the nearest of ten labels", eval_spoken_digits},
      {"spoken_commands", "commands by CTC, taken to the nearest label of their set",
       eval_spoken_commands},
      {"asr_synthetic_wer", "word error rate of CTC transcripts of synthesised speech",
       eval_asr_synthetic},
      {"asr_recorded_wer", "the same of recorded speech, also by set", eval_asr_recorded},
      {"name_pictograms", "names of drawings in an unseen style, by embedding and as generated",
       eval_pictograms},
      {"name_photos", "labels of photographs, by likelihood among the set's labels", eval_photos},
      {"caption_photos", "CIDEr and BLEU-4 of generated captions", eval_captions},
      {"picture_questions", "exact answers to questions about pictures", eval_questions},
      {"scene_questions", "count, colour and relation in generated scenes", eval_scenes},
      {"clip_captions", "the first action in captions of generated clips", eval_clips},
      {"clip_questions", "exact answers to questions about recorded clips and turning things",
       eval_recorded_clips},
      {"points", "names of clouds of points, by likelihood and by embedding", eval_points},
      {"mattes_iou", "intersection over union of people's mattes", eval_mattes},
      {"retrieval", "recall at 1 of 100 between pairs of modalities", eval_retrieval},
      {"text_bits_per_byte", "bits per byte of plain text, by language", eval_text},
      {"text_to_picture", "paintings that the judge recognises", eval_text_to_picture},
      {"speech_to_picture", "the same from spoken names", eval_speech_to_picture},
      {"text_to_speech", "the judge's word errors on generated and on real speech, and speed",
       eval_text_to_speech},
  };
  return tasks;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> suite_tasks() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const SuiteTask& task : all_tasks()) list.emplace_back(task.name, task.what);
  return list;
}

Status check_tasks(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto same = [&](const SuiteTask& task) { return task.name == name; };
    if (std::none_of(all_tasks().begin(), all_tasks().end(), same))
      return usage_error("there is no task \"" + name +
                         "\"; there are: " + joined(all_tasks(), &SuiteTask::name));
  }
  return {};
}

Result<EvalReport> run_suite(const Engine& engine, const EvalData& data, Referee* judge,
                             const SuiteOptions& options) {
  TUTTI_CHECK(check_tasks(options.tasks));
  EvalReport report;
  TaskContext context{engine, data, judge, options, report};
  for (const SuiteTask& task : all_tasks()) {
    const auto& chosen = options.tasks;
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), task.name) == chosen.end())
      continue;
    if (options.progress) options.progress(task.name);
    if (Status status = task.run(context); !status)
      return status.error().with_context("evaluating " + task.name);
  }
  return report;
}

}  // namespace tutti
