#pragma once
// The networks by which kernels are calibrated: made by rule from a number, so that every machine measures the same.
#include "nn/spec.h"

namespace tacho {

struct CalibrationCase {
  NetworkSpec network;
  int64_t batch = 1;
};

constexpr int kCalibrationCases = 256;
/// Convolution stacks, residual blocks, bottlenecks, inverted residuals, dense blocks, U shapes, fully connected and
/// mixed networks of drawn widths, images and batches. None of them is a built-in network.
CalibrationCase calibration_case(int number);

}  // namespace tacho
