#pragma once
// What a kernel may be besides (op/kernel.h): one whose single call, where a node is not sliced, divides into parts
// that several threads compute side by side: rows of an image, or channels.
#include "op/kernel.h"

namespace tacho {

class PartRun {
 public:
  virtual ~PartRun() = default;
  /// Units into which a whole call divides; below 2: it does not.
  virtual int64_t units() const = 0;
  /// Kernel::run for the units of run.slice; operands are whole. However the units are divided, a result's bits are the
  /// same.
  virtual RunStatus run_part(const KernelRun& run) const = 0;
  /// What each part but one executes once more.
  virtual Tally repeated() const { return {}; }
};

/// Null where this kernel's calls do not divide.
inline const PartRun* part_run_of(const Kernel& kernel) {
  const auto* part = dynamic_cast<const PartRun*>(&kernel);
  return part && part->units() > 1 ? part : nullptr;
}

}  // namespace tacho
