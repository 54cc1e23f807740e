#pragma once
#include <cstdint>

namespace tacho {

/// A delay of known length put into a known place once per step, so that the ledger can prove that it finds it there.
struct Plant {
  enum Kind : uint8_t {
    none,
    in_kernel,   ///< inside one slice of node `node`, whichever thread runs it
    at_barrier,  ///< the release of the first barrier is held after the last arrival
    at_input,    ///< the hand-over of data is held after the step asked for it
    in_thread,   ///< inside the first kernel that thread `thread` runs in the step
  } kind = none;
  int32_t node = -1;
  int thread = 0;
  int64_t ns = 1'000'000;
};

}  // namespace tacho
