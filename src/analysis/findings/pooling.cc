// Pooling, activations and biases: little arithmetic on large maps.
#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_pooling(const Report& report, std::vector<Finding>& findings) {
  const auto is = [](NodeKind kind) {
    return kind == NodeKind::pooling || kind == NodeKind::activation || kind == NodeKind::bias;
  };
  const auto elementwise = [&](const Operation& o) { return is(o.kind); };
  // Outside of products' kernels: of rows that fuse several of them, each has its part.
  const auto share = [&](auto&& wanted) {
    return share_of(report, [&](const Operation& o, NodeKind kind) { return elementwise(o) && wanted(kind); });
  };
  const Share all = share(is);
  if (all.time < 0.01 || all.time < 1.5 * all.theory) return;
  const Share pooling = share([](NodeKind kind) { return kind == NodeKind::pooling; });
  const Share activation = share([](NodeKind kind) { return kind == NodeKind::activation; });
  const Share bias = share([](NodeKind kind) { return kind == NodeKind::bias; });
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
  const auto by_index = [](const Operation& o, NodeKind kind) {
    return kind == NodeKind::pooling && o.backend == "gather";
  };
  const bool gather = share_of(report, by_index).step_ns > 0;
  if (pooling.step_ns > 0) {
    finding.change = gather ? "let plain loops do the pooling" : "let gather's index vectors do the pooling";
    suggest(finding, report, "backend", gather ? "blas,reference" : "blas,gather,reference");
  } else {
    finding.at_most_ns = saved_by(report, elementwise, [](const Operation&) { return 0; });
    finding.asks = Asks::kernels;
    finding.change = "compute them in the products' kernels";
    finding.command = plan_command(report);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
