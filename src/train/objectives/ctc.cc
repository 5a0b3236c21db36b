#include "train/objectives/ctc.h"

namespace tutti {

using torch::Tensor;

Status CtcOptions::read(RecipeTable table) {
  return table.read("weight", weight, kWeight).finish();
}

std::shared_ptr<Targets> CtcObjective::targets(const Collated& collated) const {
  if (!collated.config.has(HeadSpec::Kind::ctc)) return nullptr;
  auto out = std::make_unique<CtcTargets>();
  for (const PlacedSegment& placed : collated.segments) {
    const std::string& text = placed.segment->transcript;
    if (!placed.segment->sounds() || text.empty()) continue;
    const Span& span = collated.span(placed);
    if (int(text.size()) * 10 > span.local_rows * kCtcPerToken * 9) continue;  // too fast to spell
    out->spoken.push_back({span.local_first, span.local_rows, text});
  }
  if (out->spoken.empty()) return nullptr;
  out->counts["ctc"] = double(out->spoken.size());
  return out;
}

void CtcObjective::losses(Pass& pass, const Targets& targets, const Whole&,
                          LossTerms& terms) const {
  const Tensor logits = pass.model.heads.ctc_logits(pass.ops, *pass.out.audio).to(torch::kFloat);
  const Tensor log_p = torch::log_softmax(logits, -1);
  std::vector<Tensor> sequences;
  std::vector<int64_t> lengths, target_lengths, ids;
  for (const auto& spoken : static_cast<const CtcTargets&>(targets).spoken) {
    sequences.push_back(
        log_p.narrow(0, spoken.first_row * kCtcPerToken, spoken.rows * kCtcPerToken));
    lengths.push_back(spoken.rows * kCtcPerToken);
    target_lengths.push_back(int64_t(spoken.text.size()));
    for (unsigned char byte : spoken.text) ids.push_back(byte);
  }
  const Tensor padded = torch::nn::utils::rnn::pad_sequence(sequences);
  const Tensor loss =
      torch::ctc_loss(padded, torch::tensor(ids), torch::tensor(lengths),
                      torch::tensor(target_lengths), /*blank=*/256, at::Reduction::None,
                      /*zero_infinity=*/true);
  const Tensor per_byte = torch::tensor(target_lengths).to(pass.ops.device(), torch::kFloat);
  terms.add("ctc", (loss / per_byte.clamp_min(1)).mean(), options_.weight);
}

}  // namespace tutti
