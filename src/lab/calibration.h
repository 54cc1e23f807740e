#pragma once
// Measures what estimates are made from, and keeps it.
#include <functional>
#include <optional>

#include "analysis/estimate/calibration.h"
#include "lab/calibration_networks.h"

namespace tacho {

struct CalibrationOptions {
  int threads = 1;                ///< steps are measured on 1 to this many threads
  bool again = false;             ///< also where a calibration is kept
  int cases = kCalibrationCases;  ///< of calibration_case, from 0 on: fewer say less, in less time
  double seconds = 0.25;          ///< of steps, of each network and number of threads
  /// Told before each network: how many are done, of how many, and its name. False: stop; what is done is kept.
  std::function<bool(int done, int of, const std::string& what)> progress;
};

/// Goes on where a former one of the same kernels stopped. A complete one is judged by itself (`spoilt`). Saves after
/// every few networks.
Calibration calibrate(const CalibrationOptions& options);

/// The calibration of this machine: nothing where there is none or it is damaged or another machine's. It may be
/// incomplete, spoilt, or of other kernels (warnings_of).
std::optional<Calibration> kept_calibration();
std::string calibration_path();

}  // namespace tacho
