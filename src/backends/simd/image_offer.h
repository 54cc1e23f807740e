#pragma once
// What the offers of kernels between convolutions share: operands that are images, channels last.
#include <string>

#include "op/backend.h"

namespace tacho::simd {

/// Why the group's operands are no images of numbers; `members`: how many operations are taken together.
std::string image_objection(const Group& group, const OfferContext& context, size_t members);

/// Whether an operand arrives channels last (or there is no difference): other images are as well left to others.
bool arrives_channels_last(const Group& group, int operand);

/// The group's name, layouts and count, without a kernel.
Offer image_offer(const Group& group);

}  // namespace tacho::simd
