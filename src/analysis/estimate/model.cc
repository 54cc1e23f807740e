#include "analysis/estimate/model.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tacho {
namespace {

bool is_plane(const std::string& name) { return name == "work" || name.rfind("bytes", 0) == 0; }

std::vector<double> step_place(const KernelPoint& point, double alone_ns, const double* context, int threads) {
  std::vector<double> x{std::log2(alone_ns), std::log2(1 + point.bytes), std::log2((1 + point.bytes) / alone_ns),
                        2 * std::log2(double(threads))};
  x.insert(x.end(), context, context + std::size(kContextNames));
  return x;
}

constexpr size_t kFewest = 12;

}  // namespace

double CostModel::rough_ns(double work, double bytes) { return 60 + std::max(work / 20, bytes / 15); }

CostModel::CostModel(const Calibration& calibration) : calibration_(calibration) {
  for (const auto& [name, family] : calibration.families) {
    families_of_[family.op].push_back(name);
    for (const KernelSample& sample : family.samples)
      for (size_t c = 0; c < family.names.size(); ++c) {
        Range& range = ranges_[family.op][family.names[c]];
        range.least = std::min(range.least, sample.x[c]);
        range.most = std::max(range.most, sample.x[c]);
      }
  }
  // A step that took much longer than its own nodes' times come to was disturbed from outside, or one at whose time the
  // machine itself was slow.
  std::map<int, double> best;
  for (const StepSample& step : calibration.steps) best[step.threads] = std::max(best[step.threads], step.rate_now);
  for (const StepSample& step : calibration.steps)
    if (double(step.step_ns) > 1.3 * double(step.replayed_ns) || step.rate_now < kSteadyRate * best[step.threads])
      disturbed_.insert({step.network, step.threads});
  for (const NodeSample& node : calibration.nodes) {
    if (disturbed_.count({node.network, node.threads}) || node.call_ns <= 0) continue;
    nodes_of_[node.op].push_back(&node);
    nodes_of_[node.family].push_back(&node);
  }
}

const Curve* CostModel::kernel_curve(const std::string& name) const {
  if (const auto known = kernel_curves_.find(name); known != kernel_curves_.end()) return known->second.get();
  const auto found = calibration_.families.find(name);
  std::unique_ptr<Curve>& curve = kernel_curves_[name];
  if (found == calibration_.families.end() || found->second.samples.empty()) return nullptr;
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  std::vector<int> planar;
  const KernelFamily& family = found->second;
  for (size_t c = 0; c < family.names.size(); ++c)
    if (is_plane(family.names[c])) planar.push_back(int(c));
  for (const KernelSample& sample : family.samples) {
    x.push_back(sample.x);
    y.push_back(std::log2(sample.ns / rough_ns(sample.work, sample.bytes)));
  }
  curve = std::make_unique<Curve>(std::move(x), std::move(y), std::move(planar));
  return curve.get();
}

TimeEstimate CostModel::alone(const KernelPoint& point) const {
  const double rough = rough_ns(point.work, point.bytes);
  if (const Curve* curve = kernel_curve(point.family)) {
    const CurveValue value = curve->at(point.x);
    return {rough * std::exp2(value.mean), value.deviation};
  }
  // Another algorithm for the same operation says more than nothing.
  double sum = 0, count = 0;
  if (const auto others = families_of_.find(point.op); others != families_of_.end())
    for (const std::string& name : others->second) {
      const KernelFamily& family = calibration_.families.at(name);
      if (family.names != point.names) continue;
      const CurveValue value = kernel_curve(name)->at(point.x);
      sum += value.mean * double(family.samples.size());
      count += double(family.samples.size());
    }
  constexpr double kOther = 1, kUnknown = 2;
  if (count > 0) return {rough * std::exp2(sum / count), kOther};
  return {rough * 2, kUnknown};
}

const Curve* CostModel::step_curve(const std::string& key) const {
  if (const auto known = step_curves_.find(key); known != step_curves_.end()) return known->second.get();
  std::unique_ptr<Curve>& curve = step_curves_[key];
  const auto found = nodes_of_.find(key);
  if (found == nodes_of_.end() || found->second.size() < kFewest) return nullptr;
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  for (const NodeSample* node : found->second) {
    KernelPoint point;
    point.bytes = node->bytes;
    const double alone_ns = node->alone_ns > 0 ? node->alone_ns : rough_ns(node->work, node->bytes);
    x.push_back(step_place(point, alone_ns, node->context.data(), node->threads));
    y.push_back(std::clamp(std::log2(node->call_ns / alone_ns), -3.0, 5.0));
  }
  curve = std::make_unique<Curve>(std::move(x), std::move(y), std::vector<int>{});
  return curve.get();
}

TimeEstimate CostModel::in_step(const KernelPoint& point, const double (&context)[std::size(kContextNames)],
                                int threads) const {
  const bool planned = point.family.rfind("plan|", 0) == 0;  // never measured alone
  const TimeEstimate kernel = planned ? TimeEstimate{rough_ns(point.work, point.bytes), 0} : alone(point);
  const Curve* curve = step_curve(point.family);
  if (!curve) curve = step_curve(point.op);
  if (!curve) return {kernel.ns * std::exp2(0.2), std::hypot(kernel.deviation, planned ? 1.0 : 0.4)};
  const CurveValue ratio = curve->at(step_place(point, kernel.ns, context, threads));
  return {kernel.ns * std::exp2(ratio.mean), std::hypot(kernel.deviation, ratio.deviation)};
}

const Curve* CostModel::overhead_curve(int threads) const {
  if (const auto known = overhead_curves_.find(threads); known != overhead_curves_.end()) return known->second.get();
  std::unique_ptr<Curve>& curve = overhead_curves_[threads];
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  for (const StepSample& step : calibration_.steps) {
    if (step.threads != threads || disturbed_.count({step.network, threads}) || step.replayed_ns <= 0) continue;
    x.push_back({std::log2(double(step.replayed_ns) / double(step.stages)),
                 std::log2(double(step.replayed_ns) / double(step.items))});
    y.push_back(std::log2(double(step.step_ns) / double(step.replayed_ns)));
  }
  if (x.empty()) return nullptr;
  curve = std::make_unique<Curve>(std::move(x), std::move(y), std::vector<int>{});
  return curve.get();
}

CurveValue CostModel::overhead(double replayed_ns, int64_t items, int64_t stages, int threads) const {
  // More threads than were calibrated: as of the most that were.
  int nearest = 1;
  for (const StepSample& step : calibration_.steps)
    if (step.threads <= threads) nearest = std::max(nearest, step.threads);
  const Curve* curve = overhead_curve(nearest);
  if (!curve || replayed_ns <= 0) return {0, 0.3};
  const double x[] = {std::log2(replayed_ns / double(std::max<int64_t>(stages, 1))),
                      std::log2(replayed_ns / double(std::max<int64_t>(items, 1)))};
  return curve->at(x);
}

std::string CostModel::outside(const KernelPoint& point) const {
  constexpr double kMargin = 0.5;  // octaves
  if (point.family.rfind("plan|", 0) == 0) return {};
  const auto found = ranges_.find(point.op);
  if (found == ranges_.end()) return text_of("no kernel of ", point.op, " was calibrated");
  for (size_t c = 0; c < point.names.size(); ++c) {
    const auto range = found->second.find(point.names[c]);
    if (range == found->second.end()) return text_of(point.op, " has no calibrated '", point.names[c], "'");
    const double x = point.x[c], least = range->second.least, most = range->second.most;
    if (x >= least - kMargin && x <= most + kMargin) continue;
    const auto size = [](double octaves) { return int64_t(std::llround(std::exp2(octaves) - 1)); };
    return text_of(point.op, ": ", point.names[c], " ", size(x), ", calibrated ", size(least), " to ", size(most));
  }
  return {};
}

}  // namespace tacho
