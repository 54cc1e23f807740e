#pragma once
// Memory and views of it. Values are row-major and contiguous; another layout is another value (architecture section
// 4).
#include <cstddef>
#include <memory>
#include <string>

#include "base/error.h"
#include "tensor/shape.h"

namespace tacho {

/// Which memory a buffer lives in: "host" or a device's registered name. Device memory arrives with its backend.
struct MemorySpace {
  int id = 0;  ///< 0 is the host; others are handed out by device/
  friend bool operator==(const MemorySpace&, const MemorySpace&) = default;
};
inline constexpr MemorySpace kHost{};

template <class T>
constexpr bool matches(DType dtype) {
  if constexpr (std::is_same_v<T, float>) return dtype == DType::float32;
  else if constexpr (std::is_same_v<T, double>) return dtype == DType::float64;
  else if constexpr (std::is_same_v<T, int32_t>) return dtype == DType::int32;
  else if constexpr (std::is_same_v<T, int64_t>) return dtype == DType::int64;
  else if constexpr (std::is_same_v<T, uint8_t>) return dtype == DType::uint8 || dtype == DType::boolean;
  else return dtype == DType::counting;
}

/// A borrowed, contiguous, row-major piece of memory with its type. Copies are cheap; the memory belongs to someone
/// else.
struct View {
  void* data = nullptr;
  TensorType type;

  int64_t elements() const { return element_count(type.shape); }
  int64_t bytes() const { return byte_count(type.shape, type.dtype); }
  const Shape& shape() const { return type.shape; }

  /// Typed pointer; a wrong T is a broken invariant.
  template <class T>
  T* as() const {
    TACHO_CHECK(matches<T>(type.dtype), "view holds ", name_of(type.dtype));
    return static_cast<T*>(data);
  }
};

/// `count` indices of the outermost axis from `begin`: contiguous in a row-major view.
View slice_outermost(const View& view, int64_t begin, int64_t count);

/// 64-byte aligned memory. Zero bytes are allowed.
class Buffer {
 public:
  /// Throws tacho::Error with the size where the system has no such memory.
  explicit Buffer(size_t bytes, MemorySpace space = kHost);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  MemorySpace space() const { return space_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
  MemorySpace space_;
};

/// An owned value: shared memory plus type. Copying shares the memory; `clone` copies it.
class Tensor {
 public:
  Tensor() = default;
  /// Uninitialised memory for `type`.
  explicit Tensor(TensorType type);
  /// All elements zero.
  static Tensor zeros(TensorType type);
  /// Takes `values` in row-major order; their number must be the shape's.
  template <class T>
  static Tensor of(Shape shape, std::initializer_list<T> values);
  /// A value over memory that stays where it is (part of a larger buffer that it keeps alive).
  static Tensor over(std::shared_ptr<Buffer> buffer, size_t offset, TensorType type);

  bool defined() const { return buffer_ != nullptr; }
  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  DType dtype() const { return type_.dtype; }
  int64_t elements() const { return element_count(type_.shape); }
  int64_t bytes() const { return byte_count(type_.shape, type_.dtype); }
  View view() const { return {static_cast<std::byte*>(buffer_->data()) + offset_, type_}; }
  template <class T>
  T* as() const {
    return view().as<T>();
  }
  Tensor clone() const;
  /// Same memory, other shape with as many elements; throws tacho::Error otherwise.
  Tensor reshaped(Shape shape) const;
  /// Float32 and float64 converted into each other and from integers; a new tensor unless the dtype is already right.
  Tensor cast(DType dtype) const;

 private:
  std::shared_ptr<Buffer> buffer_;
  size_t offset_ = 0;
  TensorType type_;
};

template <class T>
constexpr DType dtype_for() {
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  else if constexpr (std::is_same_v<T, double>) return DType::float64;
  else if constexpr (std::is_same_v<T, int32_t>) return DType::int32;
  else if constexpr (std::is_same_v<T, int64_t>) return DType::int64;
  else if constexpr (std::is_same_v<T, uint8_t>) return DType::uint8;
  else return DType::counting;
}

template <class T>
Tensor Tensor::of(Shape shape, std::initializer_list<T> values) {
  Tensor t({dtype_for<T>(), shape});
  TACHO_CHECK(int64_t(values.size()) == t.elements());
  std::copy(values.begin(), values.end(), t.as<T>());
  return t;
}

}  // namespace tacho
