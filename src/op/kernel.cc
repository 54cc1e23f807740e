#include "op/kernel.h"

namespace tacho {

void Kernel::begin(void*) const { TACHO_CHECK(false, "kernel has no partial"); }
RunStatus Kernel::accumulate(const KernelRun&, void*) const {
  TACHO_CHECK(false, "kernel has no partial");
  return {};
}
void Kernel::combine(void*, const void*) const { TACHO_CHECK(false, "kernel has no partial"); }
void Kernel::finish(const void*, std::span<const View>) const { TACHO_CHECK(false, "kernel has no partial"); }
void Kernel::pack(size_t, const View&, void*) const { TACHO_CHECK(false, "kernel has no packed operand"); }

}  // namespace tacho
