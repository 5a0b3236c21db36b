#include "model/layout.h"

#include <algorithm>

namespace tutti {
namespace {

void add_query(AttentionPlan& plan, int row, Position position, int first_key, int last_key) {
  plan.query_rows.push_back(row);
  plan.query_positions.push_back(position);
  plan.query_groups.push_back(0);
  plan.first_key.push_back(first_key);
  plan.last_key.push_back(last_key);
}

void add_key(AttentionPlan& plan, int row, Position position) {
  plan.key_rows.push_back(row);
  plan.key_positions.push_back(position);
  plan.key_groups.push_back(0);
}

void end_sequence(AttentionPlan& plan) {
  plan.query_offsets.push_back(int32_t(plan.query_rows.size()));
  plan.key_offsets.push_back(int32_t(plan.key_rows.size()));
  plan.past.push_back(0);
}

// The even bits of a Morton index, packed.
int even_bits(unsigned code) {
  int value = 0;
  for (int bit = 0; bit < 8; ++bit) value |= ((code >> (2 * bit)) & 1) << bit;
  return value;
}

}  // namespace

void add_windows(AttentionPlan& plan, int first_row, const std::vector<Position>& positions,
                 int window) {
  const int tokens = int(positions.size());
  for (int begin = 0; begin < tokens; begin += window) {
    const int end = std::min(begin + window, tokens);
    for (int i = begin; i < end; ++i) {
      add_query(plan, first_row + i, positions[i], 0, end - begin);
      add_key(plan, first_row + i, positions[i]);
    }
    end_sequence(plan);
  }
}

Position sound_position(int token) {
  constexpr int kMinute = 1500;
  return {float(token % kMinute), 0, 0, int64_t(token / kMinute) * kMinute * kTicksPerUnit};
}

void add_chunks(AttentionPlan& plan, int first_row, int tokens, int chunk, int left, int past) {
  const auto first_seen = [&](int token) { return std::max(0, token / chunk * chunk - left); };
  for (int i = 0; i < tokens; ++i) {
    const int token = past + i;
    const Position position = sound_position(token);
    add_query(plan, first_row + i, position, first_seen(token),
              std::min(token / chunk * chunk + chunk, past + tokens));
    add_key(plan, first_row + i, position);
  }
  end_sequence(plan);
  plan.past.back() = past;
  plan.oldest.push_back(first_seen(past));
}

void add_cross(AttentionPlan& plan, int first_query, const std::vector<Position>& queries,
               int first_key, const std::vector<Position>& keys) {
  for (size_t i = 0; i < queries.size(); ++i)
    add_query(plan, first_query + int(i), queries[i], 0, int(keys.size()));
  for (size_t i = 0; i < keys.size(); ++i) add_key(plan, first_key + int(i), keys[i]);
  end_sequence(plan);
}

std::vector<int32_t> morton_order(int size) {
  std::vector<int32_t> order(size_t(size) * size);
  for (unsigned code = 0; code < order.size(); ++code)
    order[code] = even_bits(code >> 1) * size + even_bits(code);
  return order;
}

std::vector<Position> morton_positions(int size, float time) {
  const float unit = float(kLocalGrid) / float(size);
  std::vector<Position> positions;
  for (int32_t raster : morton_order(size)) {
    const int y = raster / size, x = raster % size;
    positions.push_back({time, (float(y) + 0.5f) * unit, (float(x) + 0.5f) * unit});
  }
  return positions;
}

}  // namespace tutti
