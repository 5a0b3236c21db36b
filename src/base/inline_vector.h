// A list that is usually short: the first N elements need no heap, more of them do.
//
//   InlineVector<Tensor, 8> parts;
//   parts.push_back(x);
//   ops.concat_rows(parts);
//
// A pass of the network keeps its lists of tensors in these, so that generating allocates nothing.
#pragma once

#include <array>
#include <span>
#include <utility>
#include <vector>

namespace tutti {

template <class T, size_t N>
class InlineVector {
 public:
  void push_back(T value) {
    if (size_ < N) {
      few_[size_++] = std::move(value);
      return;
    }
    if (size_ == N) many_.assign(few_.begin(), few_.end());
    many_.push_back(std::move(value));
    ++size_;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* begin() const { return size_ <= N ? few_.data() : many_.data(); }
  const T* end() const { return begin() + size_; }
  const T& operator[](size_t i) const { return begin()[i]; }
  operator std::span<const T>() const { return {begin(), size_}; }

 private:
  size_t size_ = 0;
  std::array<T, N> few_ = {};
  std::vector<T> many_;
};

}  // namespace tutti
