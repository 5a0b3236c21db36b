#include "train/objectives/objectives.h"

namespace tutti {
namespace {

// Calls body(name, options) for every objective.
template <class Options, class Body>
Status for_each(Options& all, Body body) {
  TUTTI_CHECK(body("text", all.text));
  TUTTI_CHECK(body("locate", all.locate));
  TUTTI_CHECK(body("flow", all.flow));
  TUTTI_CHECK(body("contrast", all.contrast));
  TUTTI_CHECK(body("ctc", all.ctc));
  TUTTI_CHECK(body("matte", all.matte));
  TUTTI_CHECK(body("route", all.route));
  TUTTI_CHECK(body("vocoder", all.vocoder));
  TUTTI_CHECK(body("distill", all.distill));
  return body("few_step", all.few_step);
}

std::string table_of(const char* name) {
  return std::string("objective.") + name;
}

}  // namespace

std::vector<std::string> ObjectiveOptions::tables() {
  std::vector<std::string> names;
  const ObjectiveOptions all;
  const Status listed = for_each(all, [&](const char* name, const auto&) -> Status {
    names.push_back(table_of(name));
    return {};
  });
  (void)listed;
  return names;
}

Status ObjectiveOptions::read(const RecipeFile& file, const ModelSpec& model) {
  return for_each(*this, [&](const char* name, auto& one) {
    if constexpr (requires { one.read(file.table(table_of(name)), model); })
      return one.read(file.table(table_of(name)), model);
    else
      return one.read(file.table(table_of(name)));
  });
}

Status ObjectiveOptions::check(const ModelSpec& model) const {
  if (!few_step.teacher.empty() && !distill.teacher.empty())
    return bad_input(
        "objective.few_step.teacher and objective.distill.teacher exclude each other: distil "
        "first, then make the student a few-step model");
  return route.check(model);
}

// A few-step model trains from noise as it will generate, always with its text, and says so in its
// file.
void ObjectiveOptions::settle(ModelSpec& model, NoiseOptions& noise) const {
  if (few_step.teacher.empty()) return;
  noise.from_noise = true;
  noise.drop_text = 0;
  for (ModalitySpec& modality : model.modalities)
    if (modality.noisy()) {
      modality.steps = few_step.steps;
      modality.guidance = 1;
    }
}

ObjectiveList make_objectives(const ObjectiveOptions& options) {
  ObjectiveList all;
  all.push_back(std::make_unique<TextObjective>(options.text));
  all.push_back(std::make_unique<LocateObjective>(options.locate));
  if (options.few_step.teacher.empty())
    all.push_back(std::make_unique<FlowObjective>(options.flow));
  else
    all.push_back(std::make_unique<FewStepObjective>(options.few_step, options.flow));
  all.push_back(std::make_unique<ContrastObjective>(options.contrast));
  all.push_back(std::make_unique<CtcObjective>(options.ctc));
  all.push_back(std::make_unique<MatteObjective>(options.matte));
  all.push_back(std::make_unique<RouteObjective>(options.route));
  all.push_back(std::make_unique<VocoderObjective>(options.vocoder));
  if (!options.distill.teacher.empty())
    all.push_back(std::make_unique<DistillObjective>(options.distill, options.text, options.flow));
  return all;
}

}  // namespace tutti
