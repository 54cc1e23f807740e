// Bounds within which numbers stay, and NaN stays NaN. Included once per target.
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

// Of x86 and NEON Max and Min keep a second operand's NaN; Highway's portable ones drop it.
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
inline constexpr bool kMinMaxKeepNaN = false;
#else
inline constexpr bool kMinMaxKeepNaN = true;
#endif

template <class V>
HWY_INLINE V at_least(V least, V x) {
  if constexpr (kMinMaxKeepNaN) return hn::Max(least, x);
  else return hn::IfThenElse(hn::Lt(x, least), least, x);
}

template <class V>
HWY_INLINE V at_most(V most, V x) {
  if constexpr (kMinMaxKeepNaN) return hn::Min(most, x);
  else return hn::IfThenElse(hn::Lt(most, x), most, x);
}

template <class V>
HWY_INLINE V within(V least, V most, V x) {
  return at_most(most, at_least(least, x));
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_BOUNDS_INL_H
