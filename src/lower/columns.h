#pragma once
#include <vector>

#include "op/emitter.h"
#include "ops/conv_geometry.h"

namespace tacho {

/// The shape of one example's windows as columns: (C*KH*KW) x (OH*OW), with the groups as an axis in front where there
/// are several.
std::vector<int64_t> columns_shape(const ConvGeometry& geometry);

/// The convolution's output N x K x OH x OW from its filters and the windows (N x columns_shape): one product, batched
/// over the examples and groups.
Value product_with_columns(Emitter& emitter, const ConvGeometry& geometry, Products products, Value filters,
                           Value columns);

}  // namespace tacho
