#include "train/run/check_examples.h"

#include <algorithm>

#include "model/spec/spec_json.h"

namespace tutti {
namespace {

const char* task_name(Task task) {
  switch (task) {
    case Task::text:
      return "text";
    case Task::caption:
      return "caption";
    case Task::paint:
      return "paint";
    case Task::transcribe:
      return "transcribe";
    case Task::speak:
      return "speak";
    case Task::speech_to_picture:
      return "speech_to_picture";
    case Task::question:
      return "question";
    case Task::clip:
      return "clip";
    case Task::matte:
      return "matte";
    case Task::vocode:
      break;
  }
  return "vocode";
}

bool is_spelled(const Segment& segment) {
  return segment.sounds() && !segment.transcript.empty();
}

Error lacks(const Example& example, const std::string& part) {
  return bad_input("[mix] draws examples of the task \"" + std::string(task_name(example.task)) +
                   "\", and [model] has no " + part +
                   "; add one, or take the kinds that draw such examples out of [mix]");
}

class Check {
 public:
  Check(const ModelSpec& model, const ObjectiveOptions& objectives)
      : model_(model), objectives_(objectives) {}

  Status check(const Example& example) const {
    for (const Segment& segment : example.segments)
      if (model_.find(segment.stem) < 0)
        return lacks(example,
                     "modality with the stem \"" + std::string(name_of(segment.stem)) + '"');
    for (const Segment& segment : example.segments)
      if (segment.stem == Stem::patches) TUTTI_CHECK(rows(example, segment.rows));
    using Kind = HeadSpec::Kind;
    const bool spelled = std::any_of(example.segments.begin(), example.segments.end(), is_spelled);
    TUTTI_CHECK(head(example, example.task == Task::matte, Kind::matte, objectives_.matte.weight));
    TUTTI_CHECK(
        head(example, example.task == Task::vocode, Kind::vocoder, objectives_.vocoder.weight));
    TUTTI_CHECK(head(example, spelled, Kind::ctc, objectives_.ctc.weight));
    const double relations =
        objectives_.distill.teacher.empty() ? 0 : objectives_.distill.relations;
    return head(example, example.pair >= 0, Kind::embedding,
                objectives_.contrast.weight + relations);
  }

 private:
  // As many values to each row as the modality of that name reads.
  Status rows(const Example& example, const Rows& rows) const {
    const int modality = model_.find(std::string_view(rows.modality));
    const size_t values = rows.values.size() / std::max<size_t>(1, rows.places.size());
    if (modality >= 0 && model_.modalities[size_t(modality)].stem == Stem::patches &&
        model_.modalities[size_t(modality)].values == int(values))
      return {};
    return lacks(example, "modality \"" + rows.modality + "\" with the stem \"patches\" and " +
                              std::to_string(values) + " values a row");
  }
  Status head(const Example& example, bool reads, HeadSpec::Kind kind, double weight) const {
    if (!reads || weight == 0 || model_.has(kind)) return {};
    return lacks(example, "head of the kind \"" + std::string(name_of(kind)) + '"');
  }

  const ModelSpec& model_;
  const ObjectiveOptions& objectives_;
};

}  // namespace

Status check_examples(const ModelSpec& model, const ObjectiveOptions& objectives,
                      const std::vector<Example>& examples) {
  const Check check(model, objectives);
  for (const Example& example : examples) TUTTI_CHECK(check.check(example));
  return {};
}

}  // namespace tutti
