#include "train/objectives/text.h"

#include "format/text/special_tokens.h"

namespace tutti {
namespace {

using torch::Tensor;

// "text.question" and so on: their mean hides which task learns.
constexpr std::pair<Task, const char*> kTextTasks[] = {{Task::text, "text.plain"},
                                                       {Task::caption, "text.caption"},
                                                       {Task::transcribe, "text.transcribe"},
                                                       {Task::question, "text.question"},
                                                       {Task::clip, "text.clip"}};

std::unique_ptr<TextTargets> make_text_targets(const Collated& collated) {
  auto out = std::make_unique<TextTargets>();
  const auto& spans = collated.batch->spans;
  for (const PlacedSegment& placed : collated.segments) {
    if (!placed.segment->says() || !placed.segment->target) continue;
    const std::vector<int32_t> tokens = text_tokens(*placed.segment, placed.drawn->drop);
    const auto says = [&](int row, size_t i) {
      out->rows.push_back(row);
      out->ids.push_back(i < tokens.size() ? tokens[i] : int32_t(token_end));
      out->tasks.push_back(int32_t(placed.drawn->example.task));
    };
    // The row before the segment says its first token; its last row says </s>.
    if (placed.text_before >= 0 && spans[size_t(placed.text_before)].rows > 0) {
      const Span& before = spans[size_t(placed.text_before)];
      says(before.first_row + before.rows - 1, 0);
    }
    const int first = collated.span(placed).first_row;
    for (size_t i = 0; i < tokens.size(); ++i) says(first + int(i), i + 1);
  }
  if (out->rows.empty()) return nullptr;
  out->counts["text"] = double(out->rows.size());
  for (const auto& [task, name] : kTextTasks)
    if (const auto count = std::count(out->tasks.begin(), out->tasks.end(), int32_t(task)))
      out->counts[name] = double(count);
  return out;
}

}  // namespace

Status TextOptions::read(RecipeTable table) {
  return table.read("weight", weight, kWeight).read("answers", answers, kWeight).finish();
}

std::shared_ptr<TextTargets> text_targets(const Collated& collated) {
  return collated.once<TextTargets>([&] { return make_text_targets(collated); });
}

const Tensor& text_logits(Pass& pass, const TextTargets& targets) {
  return pass.once("text.logits", &targets, [&] {
    return pass.ops.linear(pass.ops.gather_rows(pass.out.trunk.x_ND, targets.rows),
                           pass.model.output());
  });
}

std::shared_ptr<Targets> TextObjective::targets(const Collated& collated) const {
  return text_targets(collated);
}

void TextObjective::losses(Pass& pass, const Targets& targets, const Whole&,
                           LossTerms& terms) const {
  const auto& mine = static_cast<const TextTargets&>(targets);
  const Tensor loss = pass.ops.capped_cross_entropy(text_logits(pass, mine), pass.longs(mine.ids),
                                                    pass.model.heads.logit_cap);
  terms.add("text", loss.mean(), options_.weight);
  const Tensor tasks = pass.longs(mine.tasks);
  for (const auto& [task, name] : kTextTasks) {
    if (!mine.counts.contains(name)) continue;
    const bool answers = task == Task::question || task == Task::clip;
    terms.add(name, loss.masked_select(tasks == int64_t(task)).mean(),
              answers ? options_.answers : 0);
  }
}

}  // namespace tutti
