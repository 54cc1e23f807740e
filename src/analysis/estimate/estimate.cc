#include "analysis/estimate/estimate.h"

#include <algorithm>
#include <cmath>

#include "analysis/replay.h"

namespace tacho {
namespace {

Interval interval(double ns, double deviation) {
  const auto rounded = [](double value) { return int64_t(std::llround(value)); };
  return {rounded(ns), rounded(ns * std::exp2(-kNineOfTen * deviation)),
          rounded(ns * std::exp2(kNineOfTen * deviation))};
}

/// Required FLOP and the bytes of all its operands, at the machine's best rates.
double roofline_ns(const PlannedNode& node, const NodeCalls& calls, const MachineProfile& profile, DType dtype,
                   int threads) {
  const char* name = node.bfloat16 ? "bfloat16" : dtype == DType::float64 ? "float64" : "float32";
  const double peak = profile.flop_per_s(name, threads);
  double ns = 0;
  for (const NodeCalls::Part& part : calls.parts) {
    const double flop = node.kind == PlannedNode::compute ? 2 * part.point.work : 0;
    const double bandwidth = profile.level_of(int64_t(part.point.bytes), threads).bytes_per_s;
    ns += double(part.calls) * std::max(peak > 0 ? flop / peak : 0, bandwidth > 0 ? part.point.bytes / bandwidth : 0) *
          1e9;
  }
  return ns;
}

/// Others nearly as fast may be who really runs: the truth is then the lesser of two uncertain times.
double with_rivals(const PlannedNode& node, double deviation) {
  double widest = deviation;
  for (const SlowerOffer& rival : node.slower)
    if (node.tuned_ns > 0 && rival.ns > 0)
      if (const double apart = std::log2(double(rival.ns) / double(node.tuned_ns)); apart < deviation)
        widest = std::max(widest, std::hypot(deviation, (deviation - apart) / 2));
  return widest;
}

}  // namespace

int64_t ModelTimes::ns(const KernelCall& call, const std::string& key) {
  int64_t& ns = known_[key];
  if (ns == 0) ns = std::max<int64_t>(1, std::llround(model_.alone(point_of(call)).ns));
  return ns;
}

StepEstimate estimate_step(const Plan& plan, const CostModel* model, const MachineProfile& profile, DType dtype,
                           int threads) {
  StepEstimate result;
  result.calibrated = model != nullptr;
  std::vector<double> node_ns(plan.nodes.size());
  std::map<std::string, double> spread;  // of a family: its nodes err together
  std::set<std::string> outside;
  double roofline = 0, sum = 0;
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const PlannedNode& node = plan.nodes[n];
    const NodeCalls calls = calls_of(plan, int(n));
    if (calls.parts.empty()) continue;
    OperationEstimate operation{node.path, node.op, node.backend + " " + node.kernel_name, node.place.phase, {}, 0};
    roofline += roofline_ns(node, calls, profile, dtype, threads);
    const double alone = roofline_ns(node, calls, profile, dtype, 1);
    operation.roofline_ns = int64_t(std::llround(alone));
    if (model) {
      double deviation = 0;
      for (const NodeCalls::Part& part : calls.parts) {
        const TimeEstimate call = model->in_step(part.point, calls.context, threads);
        node_ns[n] += call.ns * double(part.calls);
        deviation = std::max(deviation, call.deviation);
        if (std::string why = model->outside(part.point); !why.empty()) outside.insert(std::move(why));
      }
      deviation = with_rivals(node, deviation);
      spread[calls.parts.front().point.family] += node_ns[n] * deviation;
      operation.time = interval(node_ns[n], deviation * model->interval_scale());
    } else {
      node_ns[n] = alone;
      // At its best rate, or as much slower as plain loops are.
      operation.time = {operation.roofline_ns, operation.roofline_ns, 20 * operation.roofline_ns};
    }
    sum += node_ns[n];
    result.operations.push_back(std::move(operation));
  }
  result.outside.assign(outside.begin(), outside.end());
  result.roofline_ns = int64_t(std::llround(roofline));
  if (!model) {
    result.step = {result.roofline_ns, result.roofline_ns, 20 * result.roofline_ns};
    return result;
  }
  std::vector<int64_t> rounded;
  for (double ns : node_ns) rounded.push_back(std::llround(ns));
  const double replayed = double(replay(plan, item_times_of_nodes(plan, rounded), threads).wall_ns);
  const TimeEstimate step = model->step(replayed, step_calls_of(plan), threads);
  double variance = step.deviation * step.deviation;
  for (const auto& [family, ns] : spread) variance += ns / sum * (ns / sum);
  result.step = interval(step.ns, std::sqrt(variance) * model->interval_scale());
  return result;
}

}  // namespace tacho
