#pragma once
// A vector with inline room for N elements of a trivial type: shapes and operand lists live without an allocation.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

#include "base/error.h"

namespace tacho {

/// Fixed capacity N, no heap: exceeding it is a user-visible Error ("at most N"), because it comes from a user's rank.
template <class T, size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(std::initializer_list<T> values) { assign(values.begin(), values.end()); }
  explicit SmallVector(size_t n, T value = T{}) {
    for (size_t i = 0; i < n; ++i) push_back(value);
  }
  template <class Iterator>
  requires(!std::is_integral_v<Iterator>) SmallVector(Iterator begin, Iterator end) { assign(begin, end); }
  template <class Iterator>
  void assign(Iterator begin, Iterator end) {
    size_ = 0;
    for (; begin != end; ++begin) push_back(*begin);
  }
  void push_back(T value) {
    if (size_ == N) fail("too many dimensions or elements: at most ", N, " are supported");
    data_[size_++] = value;
  }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }
  void insert(size_t at, T value) {
    push_back(value);
    std::rotate(begin() + at, end() - 1, end());
  }
  void erase(size_t at) {
    std::copy(begin() + at + 1, end(), begin() + at);
    --size_;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  operator std::span<const T>() const { return {data_, size_}; }
  friend bool operator==(const SmallVector& a, const SmallVector& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  T data_[N]{};
  size_t size_ = 0;
};

}  // namespace tacho
