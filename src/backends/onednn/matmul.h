#pragma once
#include "op/backend.h"

namespace tacho::onednn {

/// For a group of a float32 matmul with what may follow it; else the reason why not.
OfferResult offer_matmul(const Group& group);

}  // namespace tacho::onednn
