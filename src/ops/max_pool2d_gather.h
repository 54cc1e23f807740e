#pragma once
#include "ops/max_pool2d.h"

namespace tacho {

/// y[n,c,i,j] = plane (n, c) of x (N x C x H x W) at the place of window (i, j) that index[n,c,i,j] says, which
/// max_pool2d of these attributes found in images of this size. The kernel throws tacho::Error on a place outside of
/// the window or the image.
Value max_pool2d_gather(Emitter& emitter, Value x, Value index, const MaxPool2dAttributes& attributes);

}  // namespace tacho
