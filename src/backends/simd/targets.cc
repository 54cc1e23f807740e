#include "backends/simd/targets.h"

#include <hwy/highway.h>

#include <cstdlib>

#include "base/error.h"

namespace tacho::simd {
namespace {

struct Target {
  const char* name;
  int64_t bit;
};

#if HWY_ARCH_X86
constexpr Target kTargets[] = {{"avx512", HWY_AVX3}, {"avx2", HWY_AVX2}, {"baseline", HWY_EMU128}};
#elif HWY_ARCH_ARM
constexpr Target kTargets[] = {{"neon", HWY_NEON}, {"baseline", HWY_EMU128}};
#else
constexpr Target kTargets[] = {{"baseline", HWY_EMU128}};
#endif

/// What the machine has, without what was forced before. The baseline always works, though Highway lists it only where
/// nothing else was compiled.
bool runs(const Target& target) {
  static const int64_t supported = hwy::SupportedTargets() | HWY_EMU128;
  return (supported & target.bit) != 0;
}

std::string names() {
  std::string list;
  for (const std::string& name : available_targets()) list += (list.empty() ? "" : ", ") + name;
  return list;
}

int64_t& chosen() {
  static int64_t bit = 0;
  return bit;
}

/// False where there is no such target here.
bool choose(std::string_view name) {
  for (const Target& target : kTargets) {
    if (!runs(target) || (!name.empty() && name != target.name)) continue;
    chosen() = target.bit;
    hwy::SetSupportedTargetsForTest(target.bit);
    hwy::GetChosenTarget().Update(target.bit);
    return true;
  }
  return false;
}

/// The first choice of the process: what the environment says.
const std::string& complaint() {
  static const std::string text = [] {
    const char* asked = std::getenv("TACHO_SIMD_TARGET");
    if (!asked || choose(asked)) return std::string();
    choose("");
    return text_of("TACHO_SIMD_TARGET: expected one of ", names(), ", got ", asked);
  }();
  return text;
}

}  // namespace

std::vector<std::string> available_targets() {
  std::vector<std::string> list;
  for (const Target& target : kTargets)
    if (runs(target)) list.emplace_back(target.name);
  return list;
}

std::string target_in_use() {
  complaint();
  if (chosen() == 0) choose("");
  for (const Target& target : kTargets)
    if (target.bit == chosen()) return target.name;
  return "baseline";
}

void force_target(std::string_view name) {
  complaint();
  if (!choose(name)) fail("simd target: expected one of ", names(), ", got ", name);
}

const char* target_unavailable() { return complaint().empty() ? nullptr : complaint().c_str(); }

}  // namespace tacho::simd
