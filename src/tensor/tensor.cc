#include "tensor/tensor.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace tacho {
namespace {

constexpr size_t kAlignment = 64;  // one cache line, and the widest vector register
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kWorthHugePages = size_t{8} << 20;  // below, rounding up to whole pages would waste too much

template <class From, class To>
void convert(const Tensor& from, Tensor& to) {
  const From* x = from.as<From>();
  To* y = to.as<To>();
  for (int64_t i = 0, n = from.elements(); i < n; ++i) y[i] = static_cast<To>(x[i]);
}

template <class From>
void convert_to(const Tensor& from, Tensor& to) {
  switch (to.dtype()) {
    case DType::float32:
      return convert<From, float>(from, to);
    case DType::float64:
      return convert<From, double>(from, to);
    case DType::int32:
      return convert<From, int32_t>(from, to);
    case DType::int64:
      return convert<From, int64_t>(from, to);
    default:
      fail("cannot convert ", name_of(from.dtype()), " to ", name_of(to.dtype()));
  }
}

}  // namespace

View slice_outermost(const View& view, int64_t begin, int64_t count) {
  TACHO_CHECK(!view.type.shape.empty() && begin >= 0 && count >= 0 && begin + count <= view.type.shape[0]);
  View part = view;
  part.type.shape[0] = 1;
  const int64_t row_bytes = part.bytes();
  part.type.shape[0] = count;
  part.data = static_cast<std::byte*>(view.data) + begin * row_bytes;
  return part;
}

Buffer::Buffer(size_t bytes, MemorySpace space) : bytes_(bytes), space_(space) {
  TACHO_CHECK(space == kHost, "only host memory exists in this build");
  const size_t alignment = bytes >= kWorthHugePages ? kHugePage : kAlignment;
  const size_t rounded = (std::max<size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  data_ = std::aligned_alloc(alignment, rounded);
  if (!data_) fail("no memory for ", bytes, " bytes; a smaller --batch-size needs less");
  // Arenas and weights are walked again and again: pages of 2 MB spare most misses of the address cache, and the first
  // touch of each 4 KB. Only advice; it is no error where the system has none.
  if (alignment == kHugePage) ::madvise(data_, rounded, MADV_HUGEPAGE);
}

Buffer::~Buffer() { std::free(data_); }

Tensor::Tensor(TensorType type)
    : buffer_(std::make_shared<Buffer>(size_t(byte_count(type.shape, type.dtype)))), type_(type) {}

Tensor Tensor::zeros(TensorType type) {
  Tensor t(type);
  std::memset(t.view().data, 0, size_t(t.bytes()));
  return t;
}

Tensor Tensor::over(std::shared_ptr<Buffer> buffer, size_t offset, TensorType type) {
  TACHO_CHECK(offset + size_t(byte_count(type.shape, type.dtype)) <= buffer->bytes());
  Tensor t;
  t.buffer_ = std::move(buffer);
  t.offset_ = offset;
  t.type_ = type;
  return t;
}

Tensor Tensor::clone() const {
  Tensor copy(type_);
  std::memcpy(copy.view().data, view().data, size_t(bytes()));
  return copy;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (element_count(shape) != elements())
    fail("cannot reshape ", to_string(type_.shape), " to ", to_string(shape), ": the numbers of elements differ");
  Tensor t = *this;
  t.type_.shape = shape;
  return t;
}

Tensor Tensor::cast(DType dtype) const {
  if (dtype == type_.dtype) return *this;
  Tensor result({dtype, type_.shape});
  switch (type_.dtype) {
    case DType::float32:
      convert_to<float>(*this, result);
      break;
    case DType::float64:
      convert_to<double>(*this, result);
      break;
    case DType::int32:
      convert_to<int32_t>(*this, result);
      break;
    case DType::int64:
      convert_to<int64_t>(*this, result);
      break;
    case DType::uint8:
    case DType::boolean:
      convert_to<uint8_t>(*this, result);
      break;
    default:
      fail("cannot convert ", name_of(type_.dtype));
  }
  return result;
}

}  // namespace tacho
