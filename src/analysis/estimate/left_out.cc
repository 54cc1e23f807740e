// How far off the model is on calibrated steps whose network it has not seen: what its intervals are scaled by.
#include <algorithm>
#include <cmath>
#include <optional>

#include "analysis/estimate/model.h"

namespace tacho {
LeftOutError error_of(const std::vector<LeftOutStep>& steps) {
  LeftOutError error;
  error.steps = steps.size();
  if (steps.empty()) return error;
  std::vector<double> off, deviations;
  for (const LeftOutStep& step : steps) {
    off.push_back(std::abs(std::exp2(step.error) - 1));
    deviations.push_back(std::abs(step.error) / step.deviation);
  }
  std::sort(off.begin(), off.end());
  std::sort(deviations.begin(), deviations.end());
  for (double one : off) error.mean += one / double(off.size());
  error.median = off[(off.size() - 1) / 2];
  error.worst = off.back();
  error.interval_scale = deviations[size_t(0.9 * double(deviations.size() - 1))] / kNineOfTen;
  return error;
}

std::vector<LeftOutStep> CostModel::left_out() const {
  // Kernels alone: by family, network and place.
  std::map<std::string, std::map<std::pair<int, std::vector<double>>, CurveValue>> alone;
  const auto alone_of = [&](const NodeSample& node) -> std::optional<CurveValue> {
    const auto [known, fresh] = alone.try_emplace(node.family);
    const auto family = calibration_.families.find(node.family);
    if (family == calibration_.families.end()) return std::nullopt;
    const std::vector<KernelSample>& samples = family->second.samples;
    if (fresh) {
      std::vector<int> networks;
      std::vector<std::vector<double>> x;
      for (const KernelSample& sample : samples) networks.push_back(sample.network), x.push_back(sample.x);
      const std::vector<CurveValue> values = kernel_curve(node.family)->left_out(x, networks);
      for (size_t i = 0; i < values.size(); ++i) known->second[{networks[i], x[i]}] = values[i];
    }
    const auto found = known->second.find({node.network, node.x});
    return found == known->second.end() ? std::nullopt : std::optional(found->second);
  };
  // From alone to inside the step: by the curve's key and sample.
  std::map<std::string, std::map<const NodeSample*, CurveValue>> ratios;
  const auto ratio_of = [&](const NodeSample& node) -> std::optional<CurveValue> {
    const std::string& key = step_curve(node.family) ? node.family : node.op;
    const Curve* curve = step_curve(key);
    if (!curve) return std::nullopt;
    const auto [known, fresh] = ratios.try_emplace(key);
    if (fresh) {
      const std::vector<const NodeSample*>& samples = nodes_of_.at(key);
      std::vector<int> networks;
      std::vector<std::vector<double>> x;
      for (const NodeSample* sample : samples) networks.push_back(sample->network), x.push_back(step_place_of(*sample));
      const std::vector<CurveValue> values = curve->left_out(x, networks);
      for (size_t i = 0; i < values.size(); ++i) known->second[samples[i]] = values[i];
    }
    const auto found = known->second.find(&node);
    return found == known->second.end() ? std::nullopt : std::optional(found->second);
  };
  struct Sum {
    double estimated = 0, measured = 0, all = 0;
    std::map<std::string, double> spread;  // by family: its nodes err together
  };
  std::map<std::pair<int, int>, Sum> sums;
  for (const NodeSample& node : calibration_.nodes) {
    if (disturbed_.count({node.network, node.threads}) || node.call_ns <= 0) continue;
    Sum& sum = sums[{node.network, node.threads}];
    sum.all += node.call_ns * node.calls;
    const double rough = rough_ns(node.executed, node.bytes);
    const bool planned = node.family.rfind("plan|", 0) == 0;
    const std::optional<CurveValue> kernel = planned ? CurveValue{0, 0} : alone_of(node), ratio = ratio_of(node);
    if (!kernel || !ratio) continue;
    const double ns = rough * std::exp2(kernel->mean + ratio->mean) * node.calls;
    sum.estimated += ns, sum.measured += node.call_ns * node.calls;
    sum.spread[node.family] += ns * std::hypot(kernel->deviation, ratio->deviation);
  }
  constexpr double kCovered = 0.8;  // of a step's time: less says little of the step
  std::vector<LeftOutStep> steps;
  for (const auto& [key, sum] : sums) {
    if (sum.measured < kCovered * sum.all) continue;
    double variance = 0;
    for (const auto& [family, ns] : sum.spread) variance += ns / sum.estimated * (ns / sum.estimated);
    steps.push_back({key.first, key.second, std::log2(sum.estimated / sum.measured), std::sqrt(variance)});
  }
  return steps;
}

}  // namespace tacho
