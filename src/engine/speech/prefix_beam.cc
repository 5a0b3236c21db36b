#include "engine/speech/prefix_beam.h"

#include "engine/speech/log_sum.h"

namespace tutti {
namespace {

// Whether `longer` is `shorter` with one byte behind it.
bool grows_by_one(const std::string& longer, const std::string& shorter) {
  return longer.size() == shorter.size() + 1 && longer.compare(0, shorter.size(), shorter) == 0;
}

}  // namespace

PrefixBeam::PrefixBeam(const BeamOptions& options, const TextPrior* prior)
    : options_(options), prior_(prior) {
  start();
}

void PrefixBeam::start() {
  Prefix nothing;
  nothing.byte = kNever;
  if (prior_) nothing.prior = prior_->start();
  beam_.assign(1, nothing);
  certain_ = {};
  label_ = 0;
  bytes_ = 0;
}

void PrefixBeam::push(ConstMatrix logits) {
  for (int label = 0; label < logits.rows; ++label) push_label(logits.row(label), logits.cols);
}

void PrefixBeam::push_label(const float* row, int symbols) {
  list_symbols(row, symbols);
  find_parents();
  candidates_.clear();
  stay(log_p_.back());
  for (size_t i = 0; i < beam_.size(); ++i) extend(i);
  keep_best();
  settle();
  ++label_;
}

void PrefixBeam::list_symbols(const float* row, int symbols) {
  const double total = log_total(row, symbols), least = std::log(options_.least_probability);
  log_p_.resize(size_t(symbols));
  symbols_.clear();
  for (int s = 0; s < symbols; ++s) {
    log_p_[size_t(s)] = row[s] - total;
    if (s + 1 < symbols && log_p_[size_t(s)] >= least) symbols_.emplace_back(s, log_p_[size_t(s)]);
  }
}

// Of a prefix that is kept, the one with a byte less may be kept too: what that one grows into
// belongs to the former.
void PrefixBeam::find_parents() {
  children_.resize(std::max(children_.size(), beam_.size()));
  for (size_t parent = 0; parent < beam_.size(); ++parent) {
    children_[parent].clear();
    for (size_t i = 0; i < beam_.size(); ++i)
      if (grows_by_one(beam_[i].rest, beam_[parent].rest)) children_[parent].push_back(i);
  }
}

// The text stays as it is: a blank, or its last byte once more.
void PrefixBeam::stay(double blank) {
  for (size_t i = 0; i < beam_.size(); ++i) {
    const Prefix& prefix = beam_[i];
    const double again = prefix.last < 0 ? kNever : prefix.byte + log_p_[size_t(prefix.last)];
    candidates_.push_back({i, -1, prefix.total() + blank, again, prefix.rank, 0});
  }
}

// The text gets one byte more. The last one once more takes a blank between them.
void PrefixBeam::extend(size_t from) {
  const Prefix& prefix = beam_[from];
  const double total = prefix.total();
  for (const auto& [symbol, log_p] : symbols_) {
    const double byte = (symbol == prefix.last ? prefix.blank : total) + log_p;
    if (byte == kNever) continue;
    const auto kept = std::find_if(children_[from].begin(), children_[from].end(),
                                   [&, s = symbol](size_t i) { return beam_[i].last == s; });
    if (kept != children_[from].end()) {
      candidates_[*kept].byte = log_sum(candidates_[*kept].byte, byte);
      continue;
    }
    double rank = 0;
    if (prior_)
      rank = prior_->rank(prior_->log_probability(prefix.prior, uint8_t(symbol)),
                          bytes_ + prefix.rest.size() + 1);
    candidates_.push_back({from, symbol, kNever, byte, rank, 0});
  }
}

// Ties go to what was there before, then to the smaller byte.
void PrefixBeam::keep_best() {
  for (Candidate& candidate : candidates_)
    candidate.score = log_sum(candidate.blank, candidate.byte) + candidate.rank;
  const size_t count = std::min(candidates_.size(), size_t(options_.width));
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  std::vector<Prefix> kept;
  kept.reserve(count);
  for (size_t i = 0; i < count; ++i) kept.push_back(grown(candidates_[i]));
  beam_ = std::move(kept);
}

PrefixBeam::Prefix PrefixBeam::grown(const Candidate& candidate) const {
  Prefix prefix = beam_[candidate.from];
  prefix.blank = candidate.blank;
  prefix.byte = candidate.byte;
  prefix.rank = candidate.rank;
  if (candidate.symbol < 0) return prefix;
  prefix.last = candidate.symbol;
  prefix.rest += char(candidate.symbol);
  prefix.marks.push_back(label_);
  if (prior_) prefix.prior = prior_->next(prefix.prior, uint8_t(candidate.symbol));
  return prefix;
}

// What all begin with leaves the search.
void PrefixBeam::settle() {
  const std::string best = beam_.front().rest;
  if (best.size() > options_.open)
    std::erase_if(beam_, [&, settled = best.size() - options_.open](const Prefix& prefix) {
      return prefix.rest.compare(0, settled, best, 0, settled) != 0;
    });
  size_t shared = beam_.front().rest.size();
  for (const Prefix& prefix : beam_) {
    const auto differ = std::mismatch(prefix.rest.begin(), prefix.rest.end(),
                                      beam_.front().rest.begin(), beam_.front().rest.end());
    shared = std::min(shared, size_t(differ.first - prefix.rest.begin()));
  }
  if (shared == 0) return;
  const Prefix& first = beam_.front();
  certain_.bytes.append(first.rest, 0, shared);
  certain_.marks.insert(certain_.marks.end(), first.marks.begin(),
                        first.marks.begin() + ptrdiff_t(shared));
  bytes_ += shared;
  for (Prefix& prefix : beam_) {
    prefix.rest.erase(0, shared);
    prefix.marks.erase(prefix.marks.begin(), prefix.marks.begin() + ptrdiff_t(shared));
  }
}

std::vector<Hypothesis> PrefixBeam::end() {
  std::vector<Hypothesis> texts;
  for (const Prefix& prefix : beam_) {
    double score = prefix.score();
    if (prior_) {
      const double ended = prior_->log_probability(prefix.prior, kTextBorder);
      score += prior_->rank(ended - prefix.prior.log_probability, 0);
    }
    Hypothesis& text = texts.emplace_back(certain_);
    text.bytes += prefix.rest;
    text.marks.insert(text.marks.end(), prefix.marks.begin(), prefix.marks.end());
    text.score = score;
  }
  std::stable_sort(texts.begin(), texts.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  start();
  return texts;
}

}  // namespace tutti
