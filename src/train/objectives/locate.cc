#include "train/objectives/locate.h"

namespace tutti {
namespace {

using torch::Tensor;

// Pictures, or in a model without them clips.
Stem seen(const ModelSpec& spec) {
  return spec.find(Stem::picture) >= 0 ? Stem::picture : Stem::clip;
}

// Mean cross-entropy of the words that these rows of an inner layer say.
Tensor said(Pass& pass, const Tensor& x_ND, Stem stem, const std::vector<int32_t>& rows,
            const std::vector<int32_t>& ids) {
  TorchOps& ops = pass.ops;
  const auto& model = pass.model;
  const std::array<int32_t, 2> all = {0, int32_t(rows.size())};
  const ModelSpec& spec = model.spec;
  const int group = spec.merged ? 0 : spec.modalities[size_t(spec.find(stem))].group;
  const Tensor gain = model.trunk.final_norm_GD.narrow(0, group, 1);
  const Tensor normal = ops.rms_norm(ops.gather_rows(x_ND, rows), gain, all);
  return ops
      .capped_cross_entropy(ops.linear(normal, model.output()), pass.longs(ids),
                            model.heads.logit_cap)
      .mean();
}

}  // namespace

Status LocateOptions::read(RecipeTable table) {
  return table.read("weight", weight, kWeight).finish();
}

std::shared_ptr<Targets> LocateObjective::targets(const Collated& collated) const {
  auto out = std::make_unique<LocateTargets>();
  for (const PlacedSegment& placed : collated.segments) {
    const bool text = placed.segment->says();
    for (const Located& word : placed.segment->located) {
      const int row = collated.span(placed).first_row + word.row;
      (text ? out->mention_rows : out->covered_rows).push_back(row);
      (text ? out->mention_ids : out->covered_ids).push_back(word.token);
    }
  }
  if (out->covered_rows.empty() && out->mention_rows.empty()) return nullptr;
  out->counts = {{"locate", double(out->covered_rows.size())},
                 {"mention", double(out->mention_rows.size())}};
  return out;
}

void LocateObjective::losses(Pass& pass, const Targets& targets, const Whole&,
                             LossTerms& terms) const {
  const auto& mine = static_cast<const LocateTargets&>(targets);
  const auto& trunk = pass.out.trunk;
  if (!mine.covered_rows.empty())
    terms.add(
        "locate",
        said(pass, trunk.early_ND, seen(pass.model.spec), mine.covered_rows, mine.covered_ids),
        options_.weight);
  if (!mine.mention_rows.empty())
    terms.add("mention",
              said(pass, trunk.middle_ND, Stem::pieces, mine.mention_rows, mine.mention_ids),
              options_.weight);
}

}  // namespace tutti
