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
    const Stem stem = placed.segment->stem;
    const auto rows = size_t(collated.span(placed).rows);
    for (size_t i = 0; i < kFlows.size(); ++i) {
      if (kFlows[i].stem != stem) continue;
      append(out.flows[i].clean, placed.noisy->clean);
      append(out.flows[i].weight, std::vector<float>(rows, flow_weight(placed.noisy->t)));
    }
    if (stem == Stem::spoken) add_durations(*placed.segment, int(rows), out.durations);
  }
  const auto known = [](float target) { return target >= 0; };
  out.counts["duration"] = double(std::count_if(out.durations.begin(), out.durations.end(), known));
  bool any = false;
  for (size_t i = 0; i < kFlows.size(); ++i) {
    out.counts[kFlows[i].name] = double(out.flows[i].weight.size());
    any = any || !out.flows[i].clean.empty();
  }
  return any;
}

Flows<Tensor> flow_predictions(Pass& pass) {
  Flows<Tensor> predicted;
  for (size_t i = 0; i < kFlows.size(); ++i)
    predicted[i] = pass.once(std::string("flow.") + kFlows[i].name, nullptr, [&] {
      return head_values(pass.ops, pass.model, pass.batch, pass.out.trunk.x_ND,
                         pass.model.spec.find(kFlows[i].stem));
    });
  return predicted;
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
  const Flows<Tensor> predicted = flow_predictions(pass);
  for (size_t i = 0; i < kFlows.size(); ++i) {
    const Flow& flow = mine.flows[i];
    if (flow.clean.empty()) continue;
    const Tensor target = pass.floats(flow.clean).reshape(predicted[i].sizes());
    terms.add(kFlows[i].name, flow_distance(pass, predicted[i], target, flow.weight),
              options_.weights()[i]);
  }
  if (mine.durations.empty()) return;
  const Tensor target = pass.floats(mine.durations);
  const Tensor known = (target >= 0).to(torch::kFloat);
  const Tensor lasting = pass.model.speech_text->durations(pass.ops, *pass.out.speech_text)
                             .to(torch::kFloat)
                             .flatten();
  terms.add("duration", (torch::abs(lasting - target) * known).sum() / (known.sum() + 1e-6),
            options_.duration);
}

}  // namespace tutti
