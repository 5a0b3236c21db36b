#include "train/objectives/contrast.h"

#include <algorithm>

namespace tutti {
namespace {

using torch::Tensor;

uint64_t hash_tokens(const std::vector<int32_t>& tokens) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int32_t token : tokens) hash = (hash ^ uint32_t(token)) * 0x100000001b3u;
  return hash;
}

struct Side {
  const PlacedSegment* first;
  uint64_t meaning;  // of a text; 0: not one

  bool says() const { return first->segment->says(); }
};

int pool(ContrastTargets& out, const Collated& collated, const Side& side) {
  const Span& span = collated.span(*side.first);
  // The marker behind a text ("<s> text <paint>") is not part of its meaning.
  const int rows = side.says() ? std::max(1, span.rows - 1) : span.rows;
  for (int i = 0; i < rows; ++i) out.pool_rows.push_back(span.first_row + i);
  out.pool_bounds.push_back(int32_t(out.pool_rows.size()));
  return out.segments() - 1;
}

// The pairs of a whole step.
struct Pairs {
  std::vector<int32_t> left, right, space;
  std::vector<uint64_t> meaning;

  void add(const ContrastTargets& more, int first_segment) {
    for (size_t i = 0; i < more.left.size(); ++i) {
      left.push_back(more.left[i] + first_segment);
      right.push_back(more.right[i] + first_segment);
    }
    space.insert(space.end(), more.space.begin(), more.space.end());
    meaning.insert(meaning.end(), more.meaning.begin(), more.meaning.end());
  }
};

Pairs pairs_of(const Whole& whole) {
  Pairs all;
  int segments = 0;
  for (const Targets* one : whole.targets) {
    if (!one) continue;
    const auto& targets = static_cast<const ContrastTargets&>(*one);
    all.add(targets, segments);
    segments += targets.segments();
  }
  return all;
}

std::unique_ptr<ContrastTargets> make_contrast_targets(const Collated& collated) {
  if (!collated.config.has(HeadSpec::Kind::embedding)) return nullptr;
  std::map<int, std::vector<Side>> pairs;
  const DrawnExample* last = nullptr;
  for (const PlacedSegment& placed : collated.segments) {
    const Example& example = placed.drawn->example;
    if (placed.drawn == last || example.pair < 0) continue;
    last = placed.drawn;
    const bool text = placed.segment->says();
    if (text && placed.drawn->drop) continue;  // its marks alone are in the batch
    pairs[example.pair].push_back({&placed, text ? hash_tokens(placed.segment->tokens) : 0});
  }
  auto out = std::make_unique<ContrastTargets>();
  for (const auto& [id, sides] : pairs) {
    if (sides.size() != 2) continue;
    const bool swap = sides[0].says();
    const Side &left = sides[swap], &right = sides[!swap];
    if (!right.says()) continue;
    out->left.push_back(pool(*out, collated, left));
    out->right.push_back(pool(*out, collated, right));
    out->space.push_back(collated.span(*left.first).modality);
    out->meaning.push_back(right.meaning);
  }
  return out->left.empty() ? nullptr : std::move(out);
}

}  // namespace

Status ContrastOptions::read(RecipeTable table) {
  return table.read("weight", weight, kWeight).finish();
}

std::shared_ptr<ContrastTargets> contrast_targets(const Collated& collated) {
  return collated.once<ContrastTargets>([&] { return make_contrast_targets(collated); });
}

const Tensor& embeddings(Pass& pass, const ContrastTargets& targets) {
  return pass.once("contrast.embeddings", &targets, [&] {
    return pass.model.heads.embeddings(pass.ops, pass.out.trunk.x_ND, targets.pool_rows,
                                       targets.pool_bounds);
  });
}

Tensor whole_rows(const Whole& whole, size_t which, const Tensor& live) {
  if (whole.single()) return live;
  std::vector<Tensor> parts;
  for (size_t i = 0; i < whole.targets.size(); ++i)
    if (whole.targets[i]) parts.push_back(i == whole.mine ? live : whole.statistics[i][which]);
  return torch::cat(parts);
}

std::shared_ptr<Targets> ContrastObjective::targets(const Collated& collated) const {
  return contrast_targets(collated);
}

std::vector<Tensor> ContrastObjective::statistics(Pass& pass, const Targets& targets) const {
  return {embeddings(pass, static_cast<const ContrastTargets&>(targets)).detach()};
}

void ContrastObjective::losses(Pass& pass, const Targets& targets, const Whole& whole,
                               LossTerms& terms) const {
  if (!needs_whole() && !whole.single()) return;
  const Pairs all = pairs_of(whole);
  const auto pairs = int64_t(all.left.size());
  if (pairs < 2) return;
  const Tensor e =
      whole_rows(whole, 0, embeddings(pass, static_cast<const ContrastTargets&>(targets)));
  const Tensor left = e.index_select(0, pass.longs(all.left));
  const Tensor right = e.index_select(0, pass.longs(all.right));
  Tensor scale = pass.model.heads.embed_scale.flatten();
  if (!whole.first()) scale = scale.detach();
  const Tensor logits = torch::mm(left, right.t()) * (scale[0].exp() * 10) + (scale[1] - 10);
  std::vector<float> label(size_t(pairs * pairs)), counted(size_t(pairs * pairs), 1);
  for (size_t i = 0; i < all.left.size(); ++i)
    for (size_t j = 0; j < all.left.size(); ++j) {
      const size_t at = i * all.left.size() + j;
      label[at] = i == j ? 1.0f : -1.0f;
      if (i != j && (all.meaning[i] == all.meaning[j] || all.space[i] != all.space[j]))
        counted[at] = 0;
    }
  const Tensor y = pass.floats(label).reshape({pairs, pairs}),
               m = pass.floats(counted).reshape({pairs, pairs});
  terms.add_whole("contrast", -(torch::log_sigmoid(y * logits) * m).sum() / double(pairs),
                  options_.weight);
}

}  // namespace tutti
