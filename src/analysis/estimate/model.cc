#include "analysis/estimate/model.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tacho {
namespace {

bool is_plane(const std::string& name) { return name == "work" || name == "executed" || name.rfind("bytes", 0) == 0; }

/// What costs a kernel more inside a step are bytes that come from further away: those of each kind as a share of its
/// time alone, and what decides how far away they are.
std::vector<double> step_place(double bytes, double alone_ns, const double* context, int threads) {
  constexpr size_t kKinds = 4;       // of bytes, at the front of the context
  constexpr double kBytesPerNs = 8;  // about as fast as they come from afar
  const auto share = [&](double b) { return std::log2(1 + b / (kBytesPerNs * alone_ns)); };
  std::vector<double> x{std::log2(alone_ns), share(bytes), 2 * std::log2(double(threads))};
  for (size_t i = 0; i < kKinds; ++i) x.push_back(2 * share(std::exp2(context[i]) - 1));
  for (size_t i = kKinds; i < std::size(kContextNames); ++i) x.push_back(context[i]);
  return x;
}

constexpr size_t kFewest = 30;  ///< samples of a family's own curve: those of its operation say as much

}  // namespace

double CostModel::rough_ns(double executed, double bytes) { return 60 + std::max(executed / 20, bytes / 15); }

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
  // A step at whose time the machine itself was slow was disturbed from outside, or one that took much longer than its
  // own nodes' times and what their schedule costs.
  std::map<int, Pace> usual;
  for (const StepSample& step : calibration.steps) {
    const auto [known, fresh] = usual.try_emplace(step.threads);
    if (fresh) known->second = usual_pace(calibration, step.threads);
    if (!step.pace.steady(known->second)) disturbed_.insert({step.network, step.threads});
  }
  for (const auto& [threads, pace] : usual) {
    const std::vector<const StepSample*> steps = steps_of(threads);
    const StepOverhead added(steps);
    for (const StepSample* step : steps)
      if (double(step->step_ns) > 1.3 * added.step_ns(double(step->replayed_ns), step->calls, threads))
        disturbed_.insert({step->network, threads});
  }
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
    y.push_back(std::log2(sample.ns / rough_ns(sample.executed, sample.bytes)));
  }
  curve = std::make_unique<Curve>(std::move(x), std::move(y), std::move(planar));
  return curve.get();
}

TimeEstimate CostModel::alone(const KernelPoint& point) const {
  const double rough = rough_ns(point.executed, point.bytes);
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

double CostModel::alone_ns(const NodeSample& node) {
  return node.alone_ns > 0 ? node.alone_ns : rough_ns(node.executed, node.bytes);
}

std::vector<double> CostModel::step_place_of(const NodeSample& node) {
  return step_place(node.bytes, alone_ns(node), node.context.data(), node.threads);
}

const Curve* CostModel::step_curve(const std::string& key) const {
  if (const auto known = step_curves_.find(key); known != step_curves_.end()) return known->second.get();
  std::unique_ptr<Curve>& curve = step_curves_[key];
  const auto found = nodes_of_.find(key);
  if (found == nodes_of_.end() || found->second.size() < kFewest) return nullptr;
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  for (const NodeSample* node : found->second) {
    x.push_back(step_place_of(*node));
    y.push_back(std::clamp(std::log2(node->call_ns / alone_ns(*node)), -3.0, 5.0));
  }
  curve = std::make_unique<Curve>(std::move(x), std::move(y), std::vector<int>{});
  return curve.get();
}

TimeEstimate CostModel::in_step(const KernelPoint& point, const double (&context)[std::size(kContextNames)],
                                int threads) const {
  const bool planned = point.family.rfind("plan|", 0) == 0;  // never measured alone
  const TimeEstimate kernel = planned ? TimeEstimate{rough_ns(point.executed, point.bytes), 0} : alone(point);
  const Curve* curve = step_curve(point.family);
  if (!curve) curve = step_curve(point.op);
  if (!curve) return {kernel.ns * std::exp2(0.2), std::hypot(kernel.deviation, planned ? 1.0 : 0.4)};
  const CurveValue ratio = curve->at(step_place(point.bytes, kernel.ns, context, threads));
  return {kernel.ns * std::exp2(ratio.mean), std::hypot(kernel.deviation, ratio.deviation)};
}

std::vector<const StepSample*> CostModel::steps_of(int threads) const {
  std::vector<const StepSample*> steps;
  for (const StepSample& step : calibration_.steps)
    if (step.threads == threads && !disturbed_.count({step.network, threads}) && step.replayed_ns > 0)
      steps.push_back(&step);
  return steps;
}

namespace {

std::vector<double> overhead_place(double replayed_ns, const StepCalls& calls) {
  return {std::log2(replayed_ns / double(std::max<int64_t>(calls.stages, 1))),
          std::log2(replayed_ns / double(std::max<int64_t>(calls.items, 1)))};
}

}  // namespace

const CostModel::Overhead& CostModel::overhead(int threads) const {
  if (const auto known = overheads_.find(threads); known != overheads_.end()) return known->second;
  const std::vector<const StepSample*> steps = steps_of(threads);
  Overhead& overhead = overheads_.emplace(threads, Overhead{StepOverhead(steps), nullptr}).first->second;
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  for (const StepSample* step : steps) {
    x.push_back(overhead_place(double(step->replayed_ns), step->calls));
    y.push_back(
        std::log2(double(step->step_ns) / overhead.added.step_ns(double(step->replayed_ns), step->calls, threads)));
  }
  if (!x.empty()) overhead.factor = std::make_unique<Curve>(std::move(x), std::move(y), std::vector<int>{});
  return overhead;
}

TimeEstimate CostModel::step(double replayed_ns, const StepCalls& calls, int threads) const {
  // More threads than were calibrated: as of the most that were.
  int nearest = 1;
  for (const StepSample& step : calibration_.steps)
    if (step.threads <= threads) nearest = std::max(nearest, step.threads);
  const Overhead& overhead = this->overhead(nearest);
  const double ns = overhead.added.step_ns(replayed_ns, calls, threads);
  if (!overhead.factor || replayed_ns <= 0) return {ns, 0.3};
  const CurveValue factor = overhead.factor->at(overhead_place(replayed_ns, calls));
  return {ns * std::exp2(factor.mean), factor.deviation};
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
