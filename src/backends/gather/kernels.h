#pragma once
// What this folder offers: one function per operation, each called with a group of that one operation.
#include "op/backend.h"

namespace tacho::index_vector {

OfferResult offer_gather(const Group& group);
OfferResult offer_scatter_add(const Group& group);
OfferResult offer_max_pool2d(const Group& group);
OfferResult offer_max_pool2d_backward(const Group& group);

/// Index of operand `operand` among the group's external ones; -1 where it is none of them.
int position_of(const std::vector<int>& externals, int operand);

}  // namespace tacho::index_vector
