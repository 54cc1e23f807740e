#include "analysis/estimate/overhead.h"

#include <algorithm>
#include <array>

namespace tacho {
namespace {

std::array<double, 5> overhead_terms(double replayed_ns, const StepCalls& calls, int threads) {
  return {1, double(calls.stages), double(calls.waits), double(calls.items) / threads, replayed_ns};
}

}  // namespace

StepOverhead::StepOverhead(const std::vector<const StepSample*>& steps) {
  double products[kTerms][kTerms] = {}, right[kTerms] = {};
  for (const StepSample* step : steps) {
    const double whole = double(step->step_ns);
    const auto terms = overhead_terms(double(step->replayed_ns), step->calls, step->threads);
    for (size_t i = 0; i < kTerms; ++i) {
      right[i] += terms[i] / whole * (whole - double(step->replayed_ns)) / whole;
      for (size_t j = 0; j < kTerms; ++j) products[i][j] += terms[i] / whole * terms[j] / whole;
    }
  }
  // One term after the other takes its best value that is not below 0: the objection is convex, so this ends at the
  // least there is.
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round)
    for (size_t i = 0; i < kTerms; ++i) {
      if (products[i][i] <= 0) continue;
      double rest = right[i];
      for (size_t j = 0; j < kTerms; ++j)
        if (j != i) rest -= products[i][j] * ns_[j];
      ns_[i] = std::max(0.0, rest / products[i][i]);
    }
}

double StepOverhead::step_ns(double replayed_ns, const StepCalls& calls, int threads) const {
  const auto terms = overhead_terms(replayed_ns, calls, threads);
  double ns = replayed_ns;
  for (size_t i = 0; i < kTerms; ++i) ns += ns_[i] * terms[i];
  return ns;
}

}  // namespace tacho
