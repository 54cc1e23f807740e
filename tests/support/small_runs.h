#pragma once
// Data and options that several files' small measurements share.
#include "data/dataset.h"
#include "lab/measure.h"

namespace tacho {

/// 64 training and 16 test images of the built-in digits.
inline const Dataset& few_digits() {
  static const Dataset kDigits = [] {
    DataSpec spec;
    spec.split = Split{64, 16};
    return load_dataset(spec);
  }();
  return kDigits;
}

inline MeasureOptions few_steps() {
  MeasureOptions options;
  options.steps = 5;
  return options;
}

}  // namespace tacho
