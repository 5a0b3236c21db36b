#include "format/text/ngram.h"

#include <algorithm>
#include <cstring>

namespace tutti {
namespace {

Error broken(const std::string& what) {
  return bad_input("the table of n-grams " + what + "; make it again");
}

// Takes what is there from the front.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool take(void* to, size_t count) {
    if (count > bytes_.size()) return false;
    std::memcpy(to, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
    return true;
  }
  bool take(std::vector<uint8_t>& to, size_t count) {
    if (count > bytes_.size()) return false;  // before memory is asked for
    to.resize(count);
    return count == 0 || take(to.data(), count);
  }
  size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
};

std::vector<uint32_t> running_sum(const std::vector<uint8_t>& counts) {
  std::vector<uint32_t> sums(counts.size() + 1, 0);
  for (size_t i = 0; i < counts.size(); ++i) sums[i + 1] = sums[i] + counts[i];
  return sums;
}

}  // namespace

Result<NgramTable> NgramTable::open(std::span<const std::byte> bytes) {
  Cursor cursor(bytes);
  std::array<char, kNgramMagic.size()> magic;
  std::array<uint8_t, 2> order;
  if (!cursor.take(magic.data(), magic.size()) ||
      kNgramMagic != std::string_view(magic.data(), magic.size()))
    return broken("does not begin as one");
  if (!cursor.take(order.data(), order.size()) || order[0] < 1 || order[0] > kMostNgramOrder ||
      order[1])
    return broken("has an order beyond 1 to " + std::to_string(kMostNgramOrder));
  std::vector<std::array<uint8_t, 4>> counts(order[0]);
  if (!cursor.take(counts.data(), counts.size() * 4)) return broken("is cut short");
  NgramTable table;
  table.levels_.resize(order[0]);
  for (size_t k = 0; k < counts.size(); ++k) {
    Level& level = table.levels_[k];
    const size_t count = counts[k][0] | size_t(counts[k][1]) << 8 | size_t(counts[k][2]) << 16 |
                         size_t(counts[k][3]) << 24;
    std::vector<uint8_t> children;
    const bool inner = k + 1 < counts.size();
    if (!cursor.take(level.last, count) || !cursor.take(level.cost, count) ||
        (inner && !(cursor.take(level.weight, count) && cursor.take(children, count))))
      return broken("is cut short");
    if (inner) level.first_child = running_sum(children);
  }
  if (cursor.left() > 0) return broken("has " + std::to_string(cursor.left()) + " bytes too many");
  TUTTI_CHECK(table.check());
  return table;
}

// Whatever holds here, walks stay inside: all bytes are among the first level, children are of the
// next one, and sorted.
Status NgramTable::check() const {
  for (size_t byte = 0; byte < 256; ++byte)
    if (levels_[0].last.size() != 256 || levels_[0].last[byte] != byte)
      return broken("does not have each byte once");
  for (size_t k = 0; k + 1 < levels_.size(); ++k) {
    const std::vector<uint32_t>& first = levels_[k].first_child;
    const std::vector<uint8_t>& last = levels_[k + 1].last;
    if (first.back() != last.size() || !std::is_sorted(first.begin(), first.end()))  // overflowed
      return broken("has n-grams that continue none");
    for (size_t node = 0; node + 1 < first.size(); ++node)
      for (uint32_t i = first[node] + 1; i < first[node + 1]; ++i)
        if (last[i - 1] >= last[i]) return broken("is not sorted");
  }
  return {};
}

uint32_t NgramTable::child(size_t level, uint32_t node, uint8_t byte) const {
  const std::vector<uint32_t>& first = levels_[level].first_child;
  const auto begin = levels_[level + 1].last.begin();
  const auto end = begin + first[node + 1];
  const auto found = std::lower_bound(begin + first[node], end, byte);
  return found != end && *found == byte ? uint32_t(found - begin) : kNone;
}

float NgramTable::log_probability(const State& state, uint8_t byte) const {
  int cost = 0;
  for (int length = state.length; length > 0; --length) {
    const size_t level = size_t(length) - 1;
    const uint32_t node = state.nodes[level];
    if (const uint32_t found = child(level, node, byte); found != kNone)
      return -kNgramStep * float(cost + levels_[level + 1].cost[found]);
    cost += levels_[level].weight[node];
  }
  return -kNgramStep * float(cost + levels_[0].cost[byte]);
}

NgramTable::State NgramTable::next(const State& state, uint8_t byte) const {
  State next;
  const int most = order() - 1;
  if (most == 0) return next;
  next.nodes[0] = byte;
  next.length = 1;
  while (next.length < most && next.length <= state.length) {
    const auto level = size_t(next.length) - 1;
    const uint32_t found = child(level, state.nodes[level], byte);
    if (found == kNone) break;
    next.nodes[size_t(next.length++)] = found;
  }
  return next;
}

size_t NgramTable::size() const {
  size_t sum = 0;
  for (const Level& level : levels_) sum += level.last.size();
  return sum;
}

}  // namespace tutti
