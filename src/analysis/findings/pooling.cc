// Pooling, activations and biases: little arithmetic on large maps.
#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_pooling(const Report& report, std::vector<Finding>& findings) {
  const auto elementwise = [](const Operation& o) {
    return o.kind == NodeKind::pooling || o.kind == NodeKind::activation || o.kind == NodeKind::bias;
  };
  const Share all = share_of(report, elementwise);
  if (all.time < 0.01 || all.time < 1.5 * all.theory) return;
  const Share pooling = share_of(report, [](const Operation& o) { return o.kind == NodeKind::pooling; });
  const Share activation = share_of(report, [](const Operation& o) { return o.kind == NodeKind::activation; });
  const Share bias = share_of(report, [](const Operation& o) { return o.kind == NodeKind::bias; });
  Finding finding{"pooling", ""};
  finding.text = text_of("Pooling, activations and biases outside the products' kernels: ", percent(all.theory),
                         " of theory, ", percent(all.time), " of the time (pooling ", percent(pooling.time),
                         ", activations ", percent(activation.time), ", biases ", percent(bias.time),
                         "): one operation for each element that is read and written.");
  finding.evidence = {{"theory_share", all.theory},
                      {"time_share", all.time},
                      {"pooling_time_share", pooling.time},
                      {"activation_time_share", activation.time},
                      {"bias_time_share", bias.time}};
  // Two backends have pooling kernels: by an index vector, and plain loops.
  const auto by_index = [](const Operation& o) { return o.kind == NodeKind::pooling && o.backend == "gather"; };
  const bool gather = share_of(report, by_index).step_ns > 0;
  if (pooling.step_ns > 0) {
    finding.change = gather ? "let plain loops do the pooling" : "let gather's index vectors do the pooling";
    suggest(finding, report, "backend", gather ? "blas,reference" : "blas,gather,reference");
  } else {
    finding.at_most_ns = saved_by(report, elementwise, [](const Operation&) { return 0; });
    finding.change = "compute them in the products' kernels";
    finding.command = plan_command(report);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
