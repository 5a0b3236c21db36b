#include "runtime/ops/attention_pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/kernels/attention_kernels.h"

namespace tutti {
namespace {

constexpr int kKeyBlock = kPanelRows;  // positions that one thread puts: whole panels

static_assert(kHeadWidth == kHeadColumns);

int padded_keys(int keys) {
  return (keys + kPanelRows - 1) / kPanelRows * kPanelRows;
}

// The gains have a row for each pair of groups.
int gain_groups(const AttentionWeights<CpuTensor>& weights) {
  if (!weights.modality_gain) return 1;
  return int(std::lround(std::sqrt(double(weights.modality_gain->rows()))));
}

const float* gain_of(const std::optional<CpuTensor>& gain) {
  return gain ? gain->row(0) : nullptr;
}

}  // namespace

// Heads alone are enough to share out where there are no more threads than that.
AttentionPass::AttentionPass(const CpuTensor& q, const CpuTensor& kv,
                             const AttentionWeights<CpuTensor>& weights, const AttentionPlan& plan,
                             KvCache* cache, Precision kept, ThreadPool& threads,
                             AttentionLists& lists)
    : q_(q),
      kv_(kv),
      weights_(weights),
      plan_(plan),
      cache_(cache),
      threads_(threads),
      lists_(lists),
      precision_(cache ? cache->precision() : kept),
      heads_(q.cols() / kHeadWidth),
      kv_heads_(kv.cols() / 2 / kHeadWidth),
      groups_(gain_groups(weights)),
      probe_(cache ? cache->probe : nullptr),
      rows_(heads_ < threads.size() ? kAttentionRows : kMostAttentionRows) {}

template <class Body>
void AttentionPass::parallel(int rows, size_t work, const Body& body) {
  if (rows <= 0) return;
  if (rows * work < kWorthThreads)
    body(0, rows);
  else
    threads_.run(rows, [&](int, int begin, int end) { body(begin, end); });
}

bool AttentionPass::fits(bool planning) const {
  const int gains = weights_.modality_gain ? weights_.modality_gain->rows() : 1;
  bool good = q_.cols() % kHeadWidth == 0 && kv_heads_ && kv_.cols() % (2 * kHeadWidth) == 0 &&
              heads_ % kv_heads_ == 0 && q_.rows() == int(plan_.query_rows.size()) &&
              (!weights_.modality_gain || weights_.modality_gain->cols() == heads_) &&
              groups_ <= kMostGroups && gains == groups_ * groups_;
  if (cache_) good = good && cache_->heads() == kv_heads_;
  for (int s = 0; good && s < plan_.sequences(); ++s)
    good = cache_ ? fits_cache(s, planning) : plan_.past[s] == 0;
  return good;
}

// That there is room, and what queries ask for. First keys are in order, but for noisy rows'.
bool AttentionPass::fits_cache(int s, bool planning) const {
  if (plan_.slot(s) >= cache_->sequences()) return false;
  const KvSequence& keys = cache_->sequence(plan_.slot(s));
  const int end = plan_.past[s] + plan_.key_offsets[s + 1] - plan_.key_offsets[s];
  if (end - oldest(s) / kPanelRows * kPanelRows > keys.capacity()) return false;
  if (planning) return true;
  int first = plan_.past[s];
  for (int i = plan_.query_offsets[s]; i < plan_.query_offsets[s + 1]; ++i)
    first = std::min(first, plan_.first_key[i]);
  return plan_.past[s] <= keys.length() && keys.oldest() <= first && oldest(s) <= first;
}

AttentionSizes AttentionPass::lay_out() {
  const size_t positions = cache_ ? 0 : list_key_begins();
  list_query_blocks();
  const int element = 4 / step_columns(multiplied_in(precision_));  // bytes
  const int keys_row = padded_keys(most_ + kPanelRows);
  const int floats = rows_ * kHeadWidth + groups_ * keys_row +
                     int(attention_floats(most_, precision_, rows_)) +
                     (probe_ ? rows_ * keys_row : 0);
  return {int(positions) * kv_heads_, 2 * kHeadWidth * element / 4, q_.rows() * heads_,
          kHeadWidth * element / 4, padded_keys(floats)};
}

void AttentionPass::list_query_blocks() {
  lists_.blocks.clear();
  for (int s = 0; s < plan_.sequences(); ++s)
    for (int first = plan_.query_offsets[s]; first < plan_.query_offsets[s + 1]; first += rows_) {
      const int count = std::min(rows_, plan_.query_offsets[s + 1] - first);
      QueryBlock block{s, first, count, plan_.first_key[first], plan_.last_key[first]};
      for (int i = first; i < first + count; ++i) {
        block.first_key = std::min(block.first_key, plan_.first_key[i]);
        block.last_key = std::max(block.last_key, plan_.last_key[i]);
      }
      most_ = std::max(most_, block.last_key - block.first_key);
      lists_.blocks.push_back(block);
    }
}

// Where each sequence's panels begin without a cache; returns their positions.
size_t AttentionPass::list_key_begins() {
  auto& begins = lists_.key_begins;
  begins.assign(1, 0);
  for (int s = 0; s < plan_.sequences(); ++s)
    begins.push_back(begins.back() + padded_keys(plan_.key_offsets[s + 1] - plan_.key_offsets[s]));
  return begins.back();
}

// The first new key is at position past(sequence).
KvHead AttentionPass::key_head(int s, int h) const {
  if (cache_) return cache_->sequence(plan_.slot(s)).head(h);
  const auto& begins = lists_.key_begins;
  const int capacity = int(begins[s + 1] - begins[s]);
  const size_t position = KvHead::bytes(1, precision_);
  return KvHead(keys_ + (begins[s] * kv_heads_ + size_t(h) * capacity) * position, capacity,
                precision_);
}

const uint8_t* AttentionPass::key_groups(int s, int key) const {
  return cache_ ? &cache_->sequence(plan_.slot(s)).group(key)
                : &plan_.key_groups[plan_.key_offsets[s] + key];
}

// Of new keys [begin, end), all in one block of positions.
void AttentionPass::put_keys(int s, int begin, int end) const {
  const int width = kv_heads_ * kHeadWidth, first = plan_.key_offsets[s];
  float cosines[kKeyBlock][kRopePairs], sines[kKeyBlock][kRopePairs];
  float keys[kKeyBlock][kHeadWidth], values[kKeyBlock][kHeadWidth];
  RopeClock clock;
  for (int i = begin; i < end; ++i)
    kernels::rope_table(weights_.rope, plan_.key_positions[first + i], clock, cosines[i - begin],
                        sines[i - begin]);
  for (int h = 0; h < kv_heads_; ++h) {
    for (int i = begin; i < end; ++i) {
      const float* row = kv_.row(plan_.key_rows[first + i]) + h * kHeadWidth;
      kernels::rotate_head(row, gain_of(weights_.key_gain), cosines[i - begin], sines[i - begin], 1,
                           keys[i - begin]);
      std::copy_n(row + width, kHeadWidth, values[i - begin]);
    }
    key_head(s, h).put(past(s) + begin, {keys[0], end - begin, kHeadWidth, kHeadWidth},
                       {values[0], end - begin, kHeadWidth, kHeadWidth});
  }
}

void AttentionPass::store_keys() {
  const int width = kv_heads_ * kHeadWidth;
  for (int s = 0; s < plan_.sequences(); ++s) {
    const int first = plan_.key_offsets[s], count = plan_.key_offsets[s + 1] - first;
    const int before = past(s), first_block = before / kKeyBlock;
    if (cache_) cache_->sequence(plan_.slot(s)).make_room(before + count, oldest(s));
    const int key_blocks = (before + count + kKeyBlock - 1) / kKeyBlock - first_block;
    parallel(key_blocks, size_t(10) * width * kKeyBlock, [&](int begin, int end) {
      for (int b = begin; b < end; ++b) {
        const int at = (first_block + b) * kKeyBlock - before;
        put_keys(s, std::max(at, 0), std::min(at + kKeyBlock, count));
      }
    });
    if (!cache_) continue;
    KvSequence& keys = cache_->sequence(plan_.slot(s));
    for (int i = 0; i < count; ++i) keys.group(before + i) = plan_.key_groups[first + i];
    keys.set_length(before + count);
  }
}

// queries_: (heads * queries) rows of 64 in the keys' precision, scaled by 1 / sqrt(64).
void AttentionPass::rotate_queries() {
  const int queries = q_.rows();
  const Precision precision = multiplied_in(precision_);
  const size_t row_bytes = size_t(kHeadWidth) * 4 / step_columns(precision);
  parallel(queries, size_t(10) * q_.cols(), [&](int begin, int end) {
    float cosines[kRopePairs], sines[kRopePairs], row[kHeadWidth];
    RopeClock clock;
    for (int i = begin; i < end; ++i) {
      kernels::rope_table(weights_.rope, plan_.query_positions[i], clock, cosines, sines);
      for (int head = 0; head < heads_; ++head) {
        uint8_t* out = queries_ + (size_t(head) * queries + i) * row_bytes;
        kernels::rotate_head(q_.row(plan_.query_rows[i]) + head * kHeadWidth,
                             gain_of(weights_.query_gain), cosines, sines, 0.125f, row);
        if (precision == Precision::bf16)
          kernels::round_bf16(row, kHeadWidth, out);
        else
          std::memcpy(out, row, sizeof row);
      }
    }
  });
}

// Gains of the keys that the block sees, for each group that asks: what is added to the scores.
// rows[g] is indexed by key.
void AttentionPass::gain_rows(const QueryBlock& block, int head, float* memory,
                              const float** rows) const {
  const ConstMatrix gain = weights_.modality_gain->matrix();
  const uint8_t* groups = key_groups(block.sequence, block.first_key);
  const int begin = block.first_key / kPanelRows * kPanelRows;
  const int length = padded_keys(block.last_key - begin);
  for (int i = block.first; i < block.first + block.count; ++i) {
    const int g = plan_.query_groups[i];
    if (rows[g]) continue;
    float gains[kMostGroups];
    for (int k = 0; k < groups_; ++k) gains[k] = gain.row(g * groups_ + k)[head];
    float* row = memory + size_t(g) * length;
    for (int key = block.first_key; key < block.last_key; ++key)
      row[key - begin] = gains[groups[key - block.first_key]];
    rows[g] = row - begin;
  }
}

void AttentionPass::count_shares(const QueryBlock& block, const float* probabilities) const {
  const uint8_t* groups = key_groups(block.sequence, block.first_key);
  const int begin = block.first_key / kPanelRows * kPanelRows;
  const int length = padded_keys(block.last_key - begin);
  for (int i = 0; i < block.count; ++i, probabilities += length) {
    const int group = plan_.query_groups[block.first + i];
    probe_->queries[group] += 1;
    for (int key = block.first_key; key < block.last_key; ++key)
      probe_->share[group][groups[key - block.first_key]] += probabilities[key - begin];
  }
}

// scratch: results, gains, what the products want, and probabilities for a probe.
void AttentionPass::attend(const QueryBlock& block, int head, float* scratch, Matrix y) const {
  float* gains = scratch + size_t(rows_) * kHeadWidth;
  const float *by_group[kMostGroups] = {}, *bias[kMostAttentionRows];
  if (groups_ > 1) gain_rows(block, head, gains, by_group);  // one gain for all changes nothing
  for (int i = 0; i < block.count; ++i) bias[i] = by_group[plan_.query_groups[block.first + i]];
  const size_t row = size_t(head) * plan_.query_rows.size() + block.first;
  const size_t row_bytes = size_t(kHeadWidth) * 4 / step_columns(multiplied_in(precision_));
  float* rest = gains + size_t(groups_) * padded_keys(most_ + kPanelRows);
  float* probabilities = probe_ ? rest + attention_floats(most_, precision_, rows_) : nullptr;
  tutti::attend(key_head(block.sequence, head / (heads_ / kv_heads_)),
                {queries_ + row * row_bytes, block.count, plan_.first_key.data() + block.first,
                 plan_.last_key.data() + block.first, groups_ > 1 ? bias : nullptr, scratch,
                 kHeadWidth, probabilities},
                rest);
  if (probe_) count_shares(block, probabilities);
  for (int i = 0; i < block.count; ++i)
    std::copy_n(scratch + i * kHeadWidth, kHeadWidth,
                y.row(plan_.query_rows[block.first + i]) + head * kHeadWidth);
}

void AttentionPass::run(const AttentionMemory& memory, Matrix y) {
  keys_ = reinterpret_cast<uint8_t*>(memory.keys.data);
  queries_ = reinterpret_cast<uint8_t*>(memory.queries.data);
  store_keys();
  rotate_queries();
  // Head by head, for blocks differ in size: threads that share out heads have the same to do.
  const int blocks = int(lists_.blocks.size());
  const auto work = [&](int thread, int begin, int end) {
    for (int task = begin; task < end; ++task)
      attend(lists_.blocks[task % blocks], task / blocks, memory.scratch.row(thread), y);
  };
  const int tasks = blocks * heads_;
  if (probe_ || size_t(q_.rows()) * q_.cols() * most_ < kWorthThreads)
    work(0, 0, tasks);  // a probe adds up in order
  else
    threads_.run(tasks, work);
}

}  // namespace tutti
