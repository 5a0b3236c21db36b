// A matrix of floats: a counted handle to an arena block, or a view of weights that live elsewhere.
// A matrix of weights may be packed instead: then it has a shape, a weight() and no floats.
#pragma once

#include <cstddef>
#include <utility>

#include "runtime/memory/arena.h"

namespace tutti {

struct Weight;

// What kernels see of a tensor. Rows are `stride` floats apart.
struct ConstMatrix {
  const float* data;
  int rows, cols;
  size_t stride;

  const float* row(int r) const { return data + size_t(r) * stride; }
};

struct Matrix {
  float* data;
  int rows, cols;
  size_t stride;

  float* row(int r) const { return data + size_t(r) * stride; }
};

// Copying shares the block; not thread-safe. A tensor made while planning, or after its arena ran
// out, has a shape and no data.
class CpuTensor {
 public:
  CpuTensor() = default;
  // Owns a reference to `block` of `arena`.
  CpuTensor(Arena& arena, int block, int rows, int cols)
      : arena_(&arena), block_(block), matrix_{arena.data(block), rows, cols, size_t(cols)} {}
  // Views memory that outlives it.
  static CpuTensor view(float* data, int rows, int cols) {
    CpuTensor tensor;
    tensor.matrix_ = {data, rows, cols, size_t(cols)};
    return tensor;
  }

  // Refers to a packed matrix that outlives it.
  static CpuTensor of_weight(const Weight& weight, int rows, int cols) {
    CpuTensor tensor = view(nullptr, rows, cols);
    tensor.weight_ = &weight;
    return tensor;
  }

  CpuTensor(const CpuTensor& other)
      : arena_(other.arena_), block_(other.block_), matrix_(other.matrix_), weight_(other.weight_) {
    if (arena_) arena_->retain(block_);
  }
  CpuTensor(CpuTensor&& other) noexcept { swap(other); }
  CpuTensor& operator=(CpuTensor other) noexcept {
    swap(other);
    return *this;
  }
  ~CpuTensor() {
    if (arena_) arena_->release(block_);
  }

  const Weight* weight() const { return weight_; }
  int rows() const { return matrix_.rows; }
  int cols() const { return matrix_.cols; }
  bool contiguous() const { return matrix_.stride == size_t(matrix_.cols) || rows() == 1; }
  ConstMatrix matrix() const { return {matrix_.data, matrix_.rows, matrix_.cols, matrix_.stride}; }
  Matrix mutable_matrix() { return matrix_; }
  const float* row(int r) const { return matrix_.row(r); }

  // Another shape over the same block: `offset` floats in, rows `stride` apart.
  CpuTensor reshaped(size_t offset, int rows, int cols, size_t stride) const {
    CpuTensor tensor(*this);
    if (tensor.matrix_.data) tensor.matrix_.data += offset;
    tensor.matrix_.rows = rows;
    tensor.matrix_.cols = cols;
    tensor.matrix_.stride = stride;
    return tensor;
  }

 private:
  void swap(CpuTensor& other) noexcept {
    std::swap(arena_, other.arena_);
    std::swap(block_, other.block_);
    std::swap(matrix_, other.matrix_);
    std::swap(weight_, other.weight_);
  }

  Arena* arena_ = nullptr;
  int block_ = -1;
  Matrix matrix_ = {nullptr, 0, 0, 0};
  const Weight* weight_ = nullptr;
};

}  // namespace tutti
