// What a step costs whatever its batch: a larger one has it less often for as many examples.
#include <algorithm>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_larger_batch(const Report& report, std::vector<Finding>& findings) {
  const int64_t batch = report.record->batch, larger = batch * 2;
  // Another rule asks for a larger batch with a reason of its own; a shorter answer is the better one.
  const auto asks = [&](const Finding& f) { return f.batch > batch; };
  if (std::any_of(findings.begin(), findings.end(), asks)) return;
  // What works on weights only: the update, packing them, adding up the lanes' gradients.
  const auto of_weights = [](const Operation& o) {
    return o.phase == Phase::update || o.row == PlannedNode::pack || o.row == PlannedNode::combine;
  };
  const Share weights = share_of(report, [&](const Operation& o, NodeKind) { return of_weights(o); });
  const double whole = double(report.step_thread_ns());
  const int64_t waiting = report.account_step_ns(Account::sync);
  if (weights.step_ns + waiting == 0) return;
  Finding finding{"larger_batch", ""};
  finding.text = text_of("The same for any batch: work on weights alone, ", percent(weights.time),
                         " of the time, and threads that wait for each other, ", percent(double(waiting) / whole),
                         ". Twice the examples have it once.");
  finding.evidence = {{"weights_time_share", weights.time}, {"sync_share", double(waiting) / whole}};
  finding.at_most_ns =
      saved_by(report, of_weights, [](const Operation& o) { return o.median_ns / 2; }) + waiting / 2 / report.threads();
  finding.change = text_of("take more examples a step: a batch of ", larger);
  suggest_batch(finding, report, larger);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
