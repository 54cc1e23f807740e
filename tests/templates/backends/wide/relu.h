#pragma once
#include "op/backend.h"

namespace tacho::wide {

/// For a group of one floating relu; else the reason why not.
OfferResult offer_relu(const Group& group);

}  // namespace tacho::wide
