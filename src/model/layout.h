// Where each token's row lies and what it may attend to.
//
// Design. The trunk keeps its rows sorted by kind (all text rows, then all image rows, ...), so
// that each modality group's feed-forward is one matrix product on a contiguous slice, for any mix
// of sequences. Only attention needs sequence order, and it gets it through row lists. Every mask
// in Tutti is one half-open key range per query: causal text sees [0, i], an image sees [0, its
// end), a windowed encoder sees its window, noisy tokens come last in their sequence, so they see
// everything and nothing sees them. No mask matrix exists anywhere. Rejected: padding to rectangles
// (30-50 % wasted work in mixed batches) and dense mask tensors.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/spec.h"

namespace tutti {

// Ticks of a clock in a unit of time: 90,000 a second, as in MPEG, of which 10 ms and a frame at
// 24, 25, 30 or 60 a second are whole numbers.
inline constexpr int64_t kTicksPerUnit = 3600;

// Rotary coordinates. Time in units of 40 ms (one text token, one audio token), y and x in units of
// one image token (1/8 of the picture). Time counts from `clock`, in ticks: a float alone is off by
// 0.1 radians of the fastest rotation after a day. What attends to each other may count from
// different clocks.
struct Position {
  float time = 0, y = 0, x = 0;
  int64_t clock = 0;
  bool operator==(const Position&) const = default;
};

// The place of a token in a sound, 25 a second, whether it is taken whole or in pieces: the clock
// moves on once a minute, so that time keeps 1e-4 of a unit.
Position sound_position(int token);

// Queries and keys of S sequences, each listed in sequence order.
struct AttentionPlan {
  std::vector<int32_t> query_offsets = {0};   // S + 1, into the query lists
  std::vector<int32_t> key_offsets = {0};     // S + 1, into the key lists
  std::vector<int32_t> query_rows, key_rows;  // rows of the q and kv tensors
  std::vector<Position> query_positions, key_positions;
  std::vector<uint8_t> query_groups, key_groups;
  // Per query: the half-open range of its sequence's keys that it sees. Cached keys, if any, come
  // before the new ones and count from 0.
  std::vector<int32_t> first_key, last_key;
  std::vector<int32_t> past;  // S: keys already in the sequence's cache
  // S: no query of this pass or a later one sees keys before this one, so a full cache may drop
  // them. Empty: it keeps all.
  std::vector<int32_t> oldest;
  std::vector<int32_t> slots;  // S: which of the cache's sequences each is; empty: in order

  int slot(int sequence) const { return slots.empty() ? sequence : slots[sequence]; }
  int sequences() const { return int(query_offsets.size()) - 1; }
};

// Appends a sequence whose tokens attend among themselves in windows of `window` tokens.
void add_windows(AttentionPlan& plan, int first_row, const std::vector<Position>& positions,
                 int window);

// Appends one ragged audio segment, or what follows its first `past` tokens: token i sees the
// `left` tokens before its chunk and its chunk.
void add_chunks(AttentionPlan& plan, int first_row, int tokens, int chunk, int left, int past = 0);

// Appends `queries` resampler queries (rows from first_query) over `keys` tokens (from first_key).
void add_cross(AttentionPlan& plan, int first_query, const std::vector<Position>& queries,
               int first_key, const std::vector<Position>& keys);

// Morton (Z) order of a size x size grid: raster index of the i-th token. In this order every
// aligned window and every 2x2 merge is a contiguous range of rows.
std::vector<int32_t> morton_order(int size);

// Positions of those tokens, in units of 1/8 of the picture.
std::vector<Position> morton_positions(int size, float time = 0);

}  // namespace tutti
