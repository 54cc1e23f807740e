// Factors of a product that are made while they are packed: each element by an operation of what is read and of a
// tensor that lies like it (the gradient of an activation on the way in). Included once per target.
#if defined(TACHO_SIMD_GEMM_GATE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_GEMM_GATE_INL_H
#undef TACHO_SIMD_GEMM_GATE_INL_H
#else
#define TACHO_SIMD_GEMM_GATE_INL_H
#endif

#include "backends/simd/gemm.h"
#include "backends/simd/gemm_pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// Makes a part of a factor at a time, small enough to stay in L1 until it is packed.
template <class T>
class GatedFactor {
 public:
  /// `factor`: the element that lies as gate.other does.
  GatedFactor(const ElementStep<T>& gate, const T* factor) : gate_(gate), factor_(factor) {}
  explicit operator bool() const { return gate_.function != nullptr; }

  /// Rows as they lie in memory, one behind the other in `part`.
  void make(const T* from, int64_t stride, int64_t rows, int64_t columns, T* part) const {
    const T* other = gate_.other + (from - factor_);
    for (int64_t r = 0; r < rows; ++r, from += stride, other += stride, part += columns)
      gate_.function(gate_.numbers.data(), from, other, part, columns);
  }

  /// pack_rows().
  void pack_rows(const T* a, int64_t stride, int64_t rows, int64_t k, T* packed) const {
    HWY_ALIGN T part[kPart];
    constexpr int64_t together = kPart / kTileRows / kLine * kLine;
    for (int64_t p = 0; p < k; p += together) {
      const int64_t steps = std::min(together, k - p);
      make(a + p, stride, rows, steps, part);
      HWY_NAMESPACE::pack_rows(part, steps, rows, steps, packed + p * rows);
    }
  }
  /// pack_columns().
  void pack_columns(const T* a, int64_t stride, const RowSplit& split, int64_t tile, int64_t count, int64_t k,
                    T* packed) const {
    HWY_ALIGN T part[kPart];
    constexpr int64_t tiles = 8;
    const int64_t end = std::min(split.tiles, tile + count);
    for (int64_t t = tile; t < end; t += tiles) {
      const int64_t last = std::min(end, t + tiles), before = split.first(t) - split.first(tile);
      const int64_t rows = split.first(last) - split.first(t), together = kPart / rows;
      for (int64_t p = 0; p < k; p += together) {
        const int64_t steps = std::min(together, k - p);
        make(a + p * stride + before, stride, steps, rows, part);
        HWY_NAMESPACE::pack_columns(part, rows, split, t, last - t, {p, steps, k}, packed + before * k);
      }
    }
  }
  /// pack_panels().
  void pack_panels(const T* b, int64_t stride, int64_t n, int64_t k, T* packed) const {
    HWY_ALIGN T part[kPart];
    constexpr int64_t together = 8, width = kPart / together;
    static_assert(width % kPanelColumns<T> == 0);
    for (int64_t p = 0; p < k; p += together)
      for (int64_t j = 0; j < n; j += width) {
        const int64_t steps = std::min(together, k - p), columns = std::min(width, n - j);
        make(b + p * stride + j, stride, steps, columns, part);
        HWY_NAMESPACE::pack_panels(part, columns, columns, {p, steps, k}, packed + j * k);
      }
  }
  /// pack_transposed_panels().
  void pack_transposed_panels(const T* b, int64_t stride, int64_t n, int64_t k, T* packed) const {
    HWY_ALIGN T part[kPart];
    constexpr int64_t width = kPanelColumns<T>, together = kPart / width;
    for (int64_t j = 0; j < n; j += width)
      for (int64_t p = 0; p < k; p += together) {
        const int64_t columns = std::min(width, n - j), steps = std::min(together, k - p);
        make(b + j * stride + p, stride, columns, steps, part);
        HWY_NAMESPACE::pack_transposed_panels(part, steps, columns, steps, packed + j * k + p * width);
      }
  }

 private:
  static constexpr int64_t kPart = 2048, kLine = 64 / sizeof(T);

  const ElementStep<T>& gate_;
  const T* factor_;
};

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_GEMM_GATE_INL_H
