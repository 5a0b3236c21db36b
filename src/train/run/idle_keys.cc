#include "train/run/idle_keys.h"

namespace tutti {
namespace {

Status refuse(const RecipeFile& file, const std::string& table,
              std::initializer_list<const char*> keys, const std::string& because) {
  for (const char* key : keys)
    if (file.states(table, key))
      return bad_input(table + '.' + key + " changes nothing " + because);
  return {};
}

}  // namespace

Status check_idle_keys(const RecipeFile& file, const Recipe& recipe) {
  const ObjectiveOptions& o = recipe.objectives;
  if (o.few_step.teacher.empty()) {
    TUTTI_CHECK(refuse(file, "objective.few_step",
                       {"steps", "substeps", "paint_guidance", "speak_guidance"},
                       "without objective.few_step.teacher; name a model file there, or take the "
                       "key out"));
  } else {
    TUTTI_CHECK(refuse(file, "noise", {"drop_text", "mean", "spread"},
                       "with objective.few_step.teacher, since the student generates from noise "
                       "alone and with its text; take the key out"));
    const char* const because =
        "with objective.few_step.teacher, which makes a model of objective.few_step.steps steps "
        "without guidance; take the key out";
    TUTTI_CHECK(refuse(file, "model",
                       {"paint_steps", "paint_guidance", "speak_steps", "speak_guidance"},
                       because));
    for (size_t i = 0; i < recipe.model.modalities.size(); ++i)
      TUTTI_CHECK(refuse(file, "model.modalities[" + std::to_string(i) + ']', {"steps", "guidance"},
                         because));
  }
  if (o.distill.teacher.empty())
    return refuse(
        file, "objective.distill", {"inherit", "logits", "flow", "relations"},
        "without objective.distill.teacher; name a model file there, or take the key out");
  if (!o.distill.inherit || recipe.start_from.empty()) return {};
  return refuse(file, "objective.distill", {"inherit"},
                "with run.start_from, whose weights the student begins with; take one of them out");
}

}  // namespace tutti
