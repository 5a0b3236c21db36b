#include "train/objectives/flow.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

using torch::Tensor;

// A word's bytes share its tokens equally: the synthesiser gives no finer truth.
void add_durations(const Segment& segment, int tokens, std::vector<float>& durations) {
  std::vector<float> counts(spoken_text(segment.transcript).size());
  for (int32_t byte : align_speech(segment, tokens)) counts[size_t(byte)] += 1;
  for (const SpokenPart& part : segment.timing) {
    const int begin = part.byte_begin + 1, end = std::min(part.byte_end + 1, int(counts.size()));
    if (begin >= end) continue;
    const float share = (part.seconds_end - part.seconds_begin) * 25.0f / float(end - begin);
    std::fill(counts.begin() + begin, counts.begin() + end, share);
  }
  for (float count : counts)
    durations.push_back(segment.timing.empty() ? -1.0f : std::log1p(count));
}

void append(std::vector<float>& to, const std::vector<float>& values) {
  to.insert(to.end(), values.begin(), values.end());
}

}  // namespace

Status FlowOptions::read(RecipeTable table) {
  return table.read("paint", paint, kWeight)
      .read("speak", speak, kWeight)
      .read("duration", duration, kWeight)
      .finish();
}

float flow_weight(float t) {
  const float rest = std::max(1.0f - t, 0.05f);
  return 1.0f / (rest * rest);
}

bool fill_flow_targets(const Collated& collated, FlowTargets& out) {
  for (const PlacedSegment& placed : collated.segments) {
    if (!placed.noisy) continue;
    const bool paint = placed.segment->stem == Stem::noisy;
    const auto rows = size_t(collated.span(placed).rows);
    append(paint ? out.paint_clean : out.speak_clean, placed.noisy->clean);
    auto& weight = paint ? out.paint_weight : out.speak_weight;
    weight.insert(weight.end(), rows, flow_weight(placed.noisy->t));
    if (!paint) add_durations(*placed.segment, int(rows), out.durations);
  }
  const auto known = [](float target) { return target >= 0; };
  out.counts = {
      {"paint", double(out.paint_weight.size())},
      {"speak", double(out.speak_weight.size())},
      {"duration", double(std::count_if(out.durations.begin(), out.durations.end(), known))}};
  return !out.paint_clean.empty() || !out.speak_clean.empty();
}

const Tensor& flow_prediction(Pass& pass, Stem stem) {
  return pass.once(stem == Stem::noisy ? "flow.paint" : "flow.speak", nullptr, [&] {
    return head_values(pass.ops, pass.model, pass.batch, pass.out.trunk.x_ND,
                       pass.model.spec.find(stem));
  });
}

Tensor flow_distance(const Pass& pass, const Tensor& predicted, const Tensor& clean,
                     const std::vector<float>& row_weight) {
  const Tensor error = predicted - clean;
  return ((error * error).mean(1) * pass.floats(row_weight)).mean();
}

std::shared_ptr<FlowTargets> flow_targets(const Collated& collated) {
  return collated.once<FlowTargets>([&]() -> std::unique_ptr<FlowTargets> {
    auto out = std::make_unique<FlowTargets>();
    if (!fill_flow_targets(collated, *out)) return nullptr;
    return out;
  });
}

std::shared_ptr<Targets> FlowObjective::targets(const Collated& collated) const {
  return flow_targets(collated);
}

void FlowObjective::losses(Pass& pass, const Targets& targets, const Whole&,
                           LossTerms& terms) const {
  const auto& mine = static_cast<const FlowTargets&>(targets);
  const auto flow = [&](const char* name, Stem stem, const std::vector<float>& clean,
                        const std::vector<float>& row_weight, double weight) {
    if (clean.empty()) return;
    const Tensor& predicted = flow_prediction(pass, stem);
    const Tensor target = pass.floats(clean).reshape(predicted.sizes());
    terms.add(name, flow_distance(pass, predicted, target, row_weight), weight);
  };
  flow("paint", Stem::noisy, mine.paint_clean, mine.paint_weight, options_.paint);
  flow("speak", Stem::spoken, mine.speak_clean, mine.speak_weight, options_.speak);
  if (mine.durations.empty()) return;
  const Tensor target = pass.floats(mine.durations);
  const Tensor known = (target >= 0).to(torch::kFloat);
  const Tensor predicted = pass.model.speech_text->durations(pass.ops, *pass.out.speech_text)
                               .to(torch::kFloat)
                               .flatten();
  terms.add("duration", (torch::abs(predicted - target) * known).sum() / (known.sum() + 1e-6),
            options_.duration);
}

}  // namespace tutti
