#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// y[n,c,i,j] = plane (n, c) of x (N x C x H x W) at index[n,c,i,j], the places (int32 N x C x OH x OW, row by row)
/// that max_pool2d found. The kernel throws tacho::Error on a place outside the plane.
Value max_pool2d_gather(Emitter& emitter, Value x, Value index);

}  // namespace tacho
