// Bounds of results on their way out.
#if defined(TACHO_SIMD_BOUNDS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_BOUNDS_INL_H
#undef TACHO_SIMD_BOUNDS_INL_H
#else
#define TACHO_SIMD_BOUNDS_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// NaN stays one: of x86 and NEON Max and Min keep a second operand's, Highway's portable ones drop it.

template <class V>
HWY_INLINE V at_least(V least, V x) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  return hn::IfThenElse(hn::Lt(x, least), least, x);
#else
  return hn::Max(least, x);
#endif
}

template <class V>
HWY_INLINE V within(V least, V most, V x) {
  const V raised = at_least(least, x);
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  return hn::IfThenElse(hn::Lt(most, raised), most, raised);
#else
  return hn::Min(most, raised);
#endif
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_BOUNDS_INL_H
