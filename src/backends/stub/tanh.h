#pragma once
// The smallest kernel: no state, no workspace.
#include "op/backend.h"

namespace tacho::stub {

/// For a group of one float32 tanh; else the reason why not.
OfferResult offer_tanh(const Group& group);

}  // namespace tacho::stub
