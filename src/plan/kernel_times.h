#pragma once
// What the plan asks about kernels before it chooses one: how long a call takes. Measured (plan/tuning.h), or said by
// a model that runs nothing (analysis/estimate).
#include "op/backend.h"

namespace tacho {

/// One call of one kernel with everything that decides its time. Refers to what the asker holds.
struct KernelCall {
  enum Kind : uint8_t {
    run,      ///< the group on one slice: `group` has the slice's shapes
    pack,     ///< rewriting operand `pack_index` of the offer's packs, of type `type`
    reorder,  ///< `type` from one layout into another
  } kind = run;
  const Kernel& kernel;
  std::string_view backend;
  const Offer* offer = nullptr;  ///< run, pack
  const Group* group = nullptr;  ///< run, pack
  Slice slice;                   ///< run
  size_t pack_index = 0;
  TensorType type;      ///< pack, reorder
  Layout from, to;      ///< reorder
  int64_t offered = 0;  ///< run: examples of the slice that `offer` is for; 0: as many as `slice` has
};

class KernelTimes {
 public:
  virtual ~KernelTimes() = default;
  /// Nanoseconds of one call on one thread, at least 1. `key` names everything that decides it, as text.
  virtual int64_t ns(const KernelCall& call, const std::string& key) = 0;
};

}  // namespace tacho
