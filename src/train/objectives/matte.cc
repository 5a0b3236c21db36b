#include "train/objectives/matte.h"

namespace tutti {
namespace {

using torch::Tensor;

// What the head reads of these pictures: their rows of all three levels.
PictureFeatures<Tensor> features_of(Pass& pass, const std::vector<int32_t>& images) {
  const auto rows = [&](const Tensor& level, int per_image) {
    std::vector<int32_t> index;
    for (int32_t image : images)
      for (int i = 0; i < per_image; ++i) index.push_back(image * per_image + i);
    return pass.ops.gather_rows(level, index);
  };
  const auto& pictures = *pass.out.pictures;
  return {rows(pictures.stem_PS, kStemRows), rows(pictures.local_PC, kMiddleRows),
          rows(pictures.tokens_PD, kPictureTokens)};
}

}  // namespace

Status MatteOptions::read(RecipeTable table) {
  return table.read("weight", weight, kWeight).finish();
}

std::shared_ptr<Targets> MatteObjective::targets(const Collated& collated) const {
  if (!collated.config.has(HeadSpec::Kind::matte)) return nullptr;
  auto out = std::make_unique<MatteTargets>();
  int32_t images = 0;
  for (const PlacedSegment& placed : collated.segments) {
    if (placed.segment->stem != Stem::picture) continue;
    const Example& example = placed.drawn->example;
    if (example.task == Task::matte) {
      out->images.push_back(images);
      for (float value : patchify(example.alpha, kImagePatch))
        out->alpha.push_back((value + 1.0f) / 2.0f);
    }
    ++images;
  }
  if (out->images.empty()) return nullptr;
  out->counts["matte"] = double(out->images.size());
  return out;
}

void MatteObjective::losses(Pass& pass, const Targets& targets, const Whole&,
                            LossTerms& terms) const {
  const auto& mine = static_cast<const MatteTargets&>(targets);
  const auto n = int64_t(mine.images.size());
  const Tensor logits =
      pass.model.heads.matte->forward(pass.ops, features_of(pass, mine.images), int(n))
          .to(torch::kFloat);
  const Tensor alpha = pass.floats(mine.alpha).reshape(logits.sizes());
  const Tensor entropy = torch::binary_cross_entropy_with_logits(logits, alpha);
  const auto picture = [&](const Tensor& x) {
    return x.reshape({n, kStemGrid, kStemGrid, kImagePatch, kImagePatch})
        .permute({0, 1, 3, 2, 4})
        .reshape({n, kImageSize, kImageSize});
  };
  const Tensor error = picture(torch::sigmoid(logits) - alpha);
  const auto steps = [&](int axis) {
    constexpr int kSteps = kImageSize - 1;
    return (error.narrow(axis, 1, kSteps) - error.narrow(axis, 0, kSteps)).abs().mean();
  };
  const Tensor edges = steps(1) + steps(2);
  terms.add("matte", entropy + edges, options_.weight);
}

}  // namespace tutti
