// Attention on keys and values that lie as the linear kernels read weights: q k^T and p v^T are two
// products of the same kernels (product.h), with a softmax between them.
//
//   TUTTI_ASSIGN(PackedKv kv, PackedKv::create(heads, capacity, Precision::bf16));
//   kv.put(head, position, {keys, n, 64, 64}, {values, n, 64, stride});  // keys rotated already
//   attend(kv, {.head = h, .queries = q, .rows = 24, .first_keys = 100, .causal = true, ...});
//
// In bf16 both products take bf16 and add up in FP32, the softmax is FP32; in FP32 all of it is.
// Scores are materialised a block of queries at a time: 24 rows of 512 keys are 48 KB and stay in
// the second-level cache. INT8 products are no gain here: a row of keys is 64 bytes, 16 steps, and
// rounding probabilities to 7 bits costs more than the products of a head take. INT8 is for
// keeping: rows in [-127, 127] with a scale a position and head, half the memory of bf16, which a
// block of queries turns into panels of its own, in what this processor multiplies faster.
#pragma once

#include "runtime/linear/packed_weights.h"
#include "runtime/memory/tensor.h"

namespace tutti {

inline constexpr int kHeadColumns = 64;
// Rows of a block: a multiple of every instruction set's tile. More share what is unpacked for
// them, fewer leave more blocks to share out.
inline constexpr int kAttentionRows = 24, kMostAttentionRows = 72;

// The precision where none was asked for: bf16, or FP32 where this processor multiplies that
// faster.
Precision half_precision();
// What is multiplied, of keys and values kept in `kept`.
inline Precision multiplied_in(Precision kept) {
  return kept == Precision::int8 ? half_precision() : kept;
}

// What keys and values are kept in beside matrices of these precisions.
struct KeptBeside {
  bool bf16 = false, int8 = false;

  void add(Precision precision) {
    bf16 = bf16 || precision == Precision::bf16;
    int8 = int8 || precision == Precision::int8;
  }
  // In a pass: bf16 where a matrix is, which somebody asked for.
  Precision kept() const {
    return bf16 ? Precision::bf16 : multiplied_in(int8 ? Precision::int8 : Precision::f32);
  }
  // In a cache: INT8 where a matrix is.
  Precision cached() const { return int8 ? Precision::int8 : kept(); }
};

// One head's keys and values: keys are panels of 16 positions; values, transposed, are 4 panels of
// 16 channels of `capacity` positions, whole panels of them. In INT8 both are rows of 64, then the
// scales of all. Positions that were not put may hold anything, but in INT8 their scales must be
// finite. A view; different positions may be written at once, except for the two of an even and the
// next position.
//
// Positions are counted from the start of the sequence. The first one kept is `first`, at the start
// of a panel, so that products add up in the same order wherever a window begins.
struct KvHead {
  uint8_t *keys, *values;
  int capacity;
  Precision precision;
  int first = 0;

  KvHead(uint8_t* data, int capacity, Precision precision);
  static size_t bytes(int capacity, Precision precision);

  // Rows of 64 at positions [position, position + keys.rows).
  void put(int position, ConstMatrix keys, ConstMatrix values) const;
  // Drops the positions before `begin`, the start of a panel, and moves [begin, end) to the front.
  void move_down(int begin, int end) const;

  // The same as put() in one precision, from `first` on.
  void put_f32(int place, ConstMatrix keys, ConstMatrix values) const;
  void put_bf16(int place, ConstMatrix keys, ConstMatrix values) const;
  void put_rows(int place, ConstMatrix keys, ConstMatrix values) const;

  size_t key_panel_bytes() const { return kHeadColumns / step_columns(precision) * kStepBytes; }
  size_t value_panel_bytes() const {
    return size_t(capacity) / step_columns(precision) * kStepBytes;
  }
};

// The memory of a few heads. Not thread-safe; different heads may be written at once.
class PackedKv {
 public:
  PackedKv() = default;
  // Capacity is rounded up to whole panels.
  static Result<PackedKv> create(int heads, int capacity, Precision precision);

  int heads() const { return heads_; }
  int capacity() const { return capacity_; }
  Precision precision() const { return precision_; }
  size_t bytes() const { return memory_.size() * sizeof(float); }

  KvHead head(int h) const {
    return KvHead(reinterpret_cast<uint8_t*>(memory_.data()) +
                      size_t(h) * KvHead::bytes(capacity_, precision_),
                  capacity_, precision_);
  }
  void put(int h, int position, ConstMatrix keys, ConstMatrix values) {
    head(h).put(position, keys, values);
  }

 private:
  int heads_ = 0, capacity_ = 0;
  Precision precision_ = Precision::f32;
  AlignedFloats memory_;
};

// Up to kMostAttentionRows queries of one head: row r sees keys [first[r], last[r]), at least one.
struct MaskedBlock {
  const uint8_t* queries;  // rows of 64 in multiplied_in(the keys' precision), scaled
  int rows;
  const int32_t *first, *last;
  const float* const* bias;  // bias[r][key] is added to a score; null: none
  float* y;                  // rows of 64, y_stride apart
  size_t y_stride;
  // Where not null: what each key gives each row, from key first / 16 * 16 of all rows' first on,
  // in rows of whole panels up to the last of all rows.
  float* probabilities = nullptr;
};

// Up to kAttentionRows queries of one key head. Row r sees keys [0, first_keys + r), or all of
// [0, first_keys) where not causal.
struct AttentionBlock {
  int head = 0;
  const uint8_t* queries = nullptr;  // rows of 64 in multiplied_in(kv.precision()), scaled
  int rows = 0;
  int first_keys = 0;
  bool causal = false;
  float* y = nullptr;  // rows of 64, y_stride apart
  size_t y_stride = 0;
};

// Floats of 64-byte aligned scratch that attend() needs, for one thread. `keys`: the most
// that a block's rows see between them; `rows`: the most of a block.
size_t attention_floats(int keys, Precision kept, int rows = kAttentionRows);
void attend(const KvHead& kv, const MaskedBlock& block, float* scratch);
void attend(const PackedKv& kv, const AttentionBlock& block, float* scratch);

namespace kernels {

// 64 channels turned by 32 angles in pairs (c, c + 32), times `scale`.
void rope_head(const float* x, const float* cosines, const float* sines, float scale, float* y);
// To bf16; `count` is a multiple of 16.
void round_bf16(const float* x, int count, uint8_t* y);
// Rows of 64 times `scale` as MaskedBlock wants them: bf16, or FP32 as they are.
void put_queries(ConstMatrix x, float scale, Precision precision, uint8_t* y);

}  // namespace kernels
}  // namespace tutti
