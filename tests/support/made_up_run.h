#pragma once
#include "analysis/record.h"

namespace tacho {

/// A step of mlp at batch 4 in which node n takes 100 (n + 1) ns, on two threads in turn; the first two source nodes of
/// each layer with a bias are one row, and one node was removed. It has no profile and no schedule.
RunRecord made_up_run(int64_t steps);

/// A machine whose ceilings are round: one thread does 2 FLOP a nanosecond in float32, two do 3; L1 holds 1000 bytes
/// and gives 100 a nanosecond, L2 10000 and 50, memory 10, the caches twice as much to two threads and memory the same.
MachineProfile made_up_profile();

}  // namespace tacho
