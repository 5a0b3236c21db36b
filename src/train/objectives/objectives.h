// All objectives, in one place: what a recipe says of each, and those that it turns on.
#pragma once

#include "train/objectives/contrast.h"
#include "train/objectives/ctc.h"
#include "train/objectives/flow.h"
#include "train/objectives/locate.h"
#include "train/objectives/matte.h"
#include "train/objectives/route.h"
#include "train/objectives/teach/distill.h"
#include "train/objectives/teach/few_step.h"
#include "train/objectives/text.h"
#include "train/objectives/vocoder.h"

namespace tutti {

// A member an objective, each with a table of its own: [objective.text] and so on.
struct ObjectiveOptions {
  TextOptions text;
  LocateOptions locate;
  FlowOptions flow;
  ContrastOptions contrast;
  CtcOptions ctc;
  MatteOptions matte;
  RoutingOptions route;
  VocoderOptions vocoder;
  DistillOptions distill;
  FewStepOptions few_step;

  static std::vector<std::string> tables();  // "objective.text", ...
  Status read(const RecipeFile& file, const ModelSpec& model);
  // What no table can be wrong about by itself.
  Status check(const ModelSpec& model) const;
  // What the objectives that are on ask of the model and of the noise.
  void settle(ModelSpec& model, NoiseOptions& noise) const;
};

using ObjectiveList = std::vector<std::unique_ptr<Objective>>;

ObjectiveList make_objectives(const ObjectiveOptions& options);

}  // namespace tutti
