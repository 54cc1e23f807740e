// The first convolution: few input channels make short products.
#include <algorithm>
#include <cstdio>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {
namespace {

/// FLOP per nanosecond of thread time, times threads: of the rows of one layer that are products.
double rate_of(const Report& report, const std::string& layer) {
  int64_t flop = 0, ns = 0;
  for (const Operation& o : report.operations)
    if (o.layer == layer && o.kind == NodeKind::product) flop += o.flop, ns += o.median_ns;
  return ns > 0 ? double(flop) / double(ns) * report.threads() : 0;
}

}  // namespace

void find_first_layer(const Report& report, std::vector<Finding>& findings) {
  const LayerRow* first = nullptr;
  double others = 0;
  for (const LayerRow& layer : report.layers) {
    if (!layer.description.starts_with("conv")) continue;
    if (!first) first = &layer;
    else others = std::max(others, rate_of(report, layer.layer));
  }
  if (!first || others == 0 || first->channels > 4) return;
  const double own = rate_of(report, first->layer);
  const double time = double(first->products_step_ns + first->rest_step_ns) / double(report.step_thread_ns());
  const double theory = double(first->products_work + first->rest_work) / double(report.step.work);
  if (own > 0.8 * others || time < 0.02) return;
  const Value weight = report.record->source.find(first->layer + ".weight");
  const Shape& shape = report.record->source.type(weight).shape;
  char rates[64];
  std::snprintf(rates, sizeof rates, "%.1f GFLOP/s, %.1f at the best layer", own, others);
  Finding finding{"first_layer", ""};
  finding.text =
      text_of("Layer ", first->layer, " has ", first->channels, " input channel", first->channels == 1 ? "" : "s",
              ", so its products are only h²·d = ", shape[1] * shape[2] * shape[3], " long: ", rates, "; ",
              percent(theory), " of theory, ", percent(time), " of the time.");
  finding.evidence = {
      {"gflop_per_s", own}, {"best_layer_gflop_per_s", others}, {"theory_share", theory}, {"time_share", time}};
  // With floors nothing is faster than these; without, the best layer's rate is what is known to be possible.
  const auto kept = [&](const Operation& o) {
    return report.has_floors() ? o.floor_ns : int64_t(double(o.median_ns) * own / others);
  };
  const auto in_layer = [&](const Operation& o) { return o.layer == first->layer && o.kind == NodeKind::product; };
  finding.at_most_ns = saved_by(report, in_layer, kept);
  finding.asks = Asks::network;
  finding.change = text_of("give ", first->layer, " longer products: fold 2 x 2 pixels into channels");
  finding.command = edit_network_command(report);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
