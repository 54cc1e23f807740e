#include "backends/simd/layouts.h"

#include "backends/simd/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/layouts.cc"
#include <hwy/foreach_target.h>

#include "backends/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// A group of rows at a time, so that the lines that are written stay in L1 until they are full.
constexpr int64_t kRowsTogether = 64;

template <class T>
void transpose_images(const void* from, void* to, int64_t images, int64_t rows, int64_t columns) {
  const T* source = static_cast<const T*>(from);
  T* target = static_cast<T*>(to);
  for (int64_t n = 0; n < images; ++n, source += rows * columns, target += rows * columns)
    for (int64_t i = 0; i < rows; i += kRowsTogether)
      transpose(source + i * columns, std::min(kRowsTogether, rows - i), columns, columns, target + i, rows);
}

TransposeImages transpose_images_of(size_t element_bytes) {
  if (element_bytes == 8) return &transpose_images<double>;
  if (element_bytes == 4) return &transpose_images<float>;
  return &transpose_images<uint8_t>;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {
namespace {

HWY_EXPORT(transpose_images_of);

/// An image is a matrix of C rows and H W columns; channels last is its transpose.
class Reorder final : public Kernel {
 public:
  Reorder(DType dtype, bool to_nhwc)
      : transpose_(HWY_DYNAMIC_DISPATCH(transpose_images_of)(size_of(dtype))), to_nhwc_(to_nhwc) {}

  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.inputs[0].shape();
    const int64_t channels = shape[1], pixels = shape[2] * shape[3];
    transpose_(run.inputs[0].data, run.outputs[0].data, shape[0], to_nhwc_ ? channels : pixels,
               to_nhwc_ ? pixels : channels);
    return {};
  }

 private:
  TransposeImages transpose_;
  bool to_nhwc_;
};

}  // namespace

Layout nhwc_layout() { return channels_last(); }

bool is_nhwc(const Layout& layout) { return layout.is_channels_last(); }

bool may_be_nhwc(const GroupOperand& operand) { return operand.type.shape.size() == 4 && operand.state.is_sliced(0); }

std::unique_ptr<Kernel> make_reorder_kernel(const TensorType& type, const Layout& from, const Layout& to) {
  const size_t bytes = size_of(type.dtype);
  if (type.shape.size() != 4 || (bytes != 1 && bytes != 4 && bytes != 8)) return nullptr;
  if (from.is_row_major() && is_nhwc(to)) return std::make_unique<Reorder>(type.dtype, true);
  if (is_nhwc(from) && to.is_row_major()) return std::make_unique<Reorder>(type.dtype, false);
  return nullptr;
}

}  // namespace tacho::simd
#endif  // HWY_ONCE
