// Whether a calibration can be trusted, by what it says of itself.
#include <algorithm>
#include <cstdio>
#include <set>

#include "analysis/estimate/calibration.h"
#include "base/error.h"

namespace tacho {
namespace {

std::string beyond(const std::string& what, double share, double limit) {
  char text[64];
  std::snprintf(text, sizeof text, " %.1f %% (limit %.0f %%)", share * 100, limit * 100);
  return what + text;
}

double rate_spread(const Calibration& calibration, int threads) {
  std::vector<double> rates;
  for (const StepSample& step : calibration.steps)
    if (step.threads == threads) rates.push_back(step.pace.rate);
  if (rates.empty()) return 0;
  std::sort(rates.begin(), rates.end());
  const auto at = [&](double share) { return rates[size_t(share * double(rates.size() - 1))]; };
  return at(0.5) > 0 ? (at(0.95) - at(0.05)) / at(0.5) : 0;
}

}  // namespace

std::vector<std::string> judge(const Calibration& calibration, const CalibrationLimits& limits) {
  std::vector<std::string> spoilt;
  const auto check = [&](const std::string& what, double share, double limit) {
    if (share > limit) spoilt.push_back(beyond(what, share, limit));
  };
  check("mean error of left-out steps", calibration.left_out.mean, limits.mean_error);
  check("median error of left-out steps", calibration.left_out.median, limits.median_error);
  size_t disturbed = 0;
  std::set<int> threads;
  for (const StepSample& step : calibration.steps) {
    threads.insert(step.threads);
    disturbed += !step.pace.steady(usual_pace(calibration, step.threads));
  }
  if (!calibration.steps.empty())
    check("steps disturbed by a slower machine", double(disturbed) / double(calibration.steps.size()),
          limits.disturbed);
  for (const int n : threads)
    check(text_of("spread of the multiply-add rate on ", n, n == 1 ? " thread" : " threads"),
          rate_spread(calibration, n), limits.rate_spread);
  return spoilt;
}

std::vector<std::string> warnings_of(const Calibration& calibration, const std::string& kernels) {
  std::vector<std::string> warnings;
  if (calibration.kernels != kernels)
    warnings.push_back(
        "calibrated with other kernels: these times are of the kernels of then; run tacho machine --kernels again");
  if (!calibration.spoilt.empty()) {
    std::string what;
    for (const std::string& phrase : calibration.spoilt) what += (what.empty() ? "" : "; ") + phrase;
    warnings.push_back("the calibration was spoilt by the machine's state: " + what +
                       "; run tacho machine --kernels --again in a quiet hour");
  }
  return warnings;
}

}  // namespace tacho
