// Images abreast: as many as a vector has lanes, element i of each in vector i. What is done then needs no vector of
// channels or of places, however few there are.
#if defined(TACHO_SIMD_ABREAST_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_ABREAST_INL_H
#undef TACHO_SIMD_ABREAST_INL_H
#else
#define TACHO_SIMD_ABREAST_INL_H
#endif

#include "backends/simd/tile-inl.h"
#include "backends/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

/// Up to a vector's lanes of images, of `elements` floats each, one behind the other; lanes without one are 0.
inline void to_abreast(const float* HWY_RESTRICT x, int64_t images, int64_t elements, float* HWY_RESTRICT abreast) {
  if (images < kLanes<float>) std::fill_n(abreast, elements * kLanes<float>, 0.0f);
  transpose(x, images, elements, elements, abreast, kLanes<float>);
}

/// The other way.
inline void from_abreast(const float* HWY_RESTRICT abreast, int64_t images, int64_t elements, float* HWY_RESTRICT x) {
  transpose(abreast, elements, images, kLanes<float>, x, elements);
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
