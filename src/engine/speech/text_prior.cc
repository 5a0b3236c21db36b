#include "engine/speech/text_prior.h"

#include "engine/speech/log_sum.h"

namespace tutti {

TextPrior::TextPrior(std::vector<Part> parts, float weight, float bonus)
    : parts_(std::move(parts)), weight_(weight), bonus_(bonus) {}

TextPrior::State TextPrior::start() const {
  State state;
  for (size_t i = 0; i < parts_.size(); ++i) {
    state.tables[i] = parts_[i].table->start();
    state.log_p[i] = -std::log(float(parts_.size()));
  }
  return state;
}

double TextPrior::log_probability(const State& state, uint8_t byte) const {
  double sum = kNever;
  for (size_t i = 0; i < parts_.size(); ++i)
    sum = log_sum(sum, state.log_p[i] + parts_[i].table->log_probability(state.tables[i], byte));
  return sum;
}

TextPrior::State TextPrior::next(const State& state, uint8_t byte) const {
  State next;
  next.log_probability = kNever;
  for (size_t i = 0; i < parts_.size(); ++i) {
    next.tables[i] = parts_[i].table->next(state.tables[i], byte);
    next.log_p[i] = state.log_p[i] + parts_[i].table->log_probability(state.tables[i], byte);
    next.log_probability = log_sum(next.log_probability, next.log_p[i]);
  }
  return next;
}

}  // namespace tutti
