#pragma once
// What a machine can do that was not measured.
#include "device/cpu.h"
#include "machine/profile.h"

namespace tacho {

/// Ceilings of one thread by instruction sets and cache sizes alone: two multiply-add units of the widest vectors at
/// 3 GHz (half of that without fused multiply-adds); three vectors a nanosecond from the first cache, half as many from
/// the second, 24 bytes a nanosecond from the third and 12 from memory. Right within a factor of two or three on
/// today's servers; how its figures compare with one another, which is what choosing a kernel depends on, is closer.
MachineProfile nominal_profile(const CpuInfo& cpu);

}  // namespace tacho
