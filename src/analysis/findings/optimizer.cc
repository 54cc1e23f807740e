// The update: every parameter, gradient and moment goes through memory once a step, however small the batch.
#include "analysis/bound.h"
#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {

void find_optimizer(const Report& report, std::vector<Finding>& findings) {
  int64_t ns = 0, bytes = 0;
  for (const Operation& o : report.operations)
    if (o.phase == Phase::update) ns += o.step_ns, bytes += o.bytes_read + o.bytes_written;
  const double share = double(ns) / double(report.step_thread_ns());
  if (share < 0.03) return;
  Finding finding{"optimizer", ""};
  finding.text = text_of("The update (", report.record->optimizer, ") moves ", bytes_text(bytes), " a step for ",
                         report.record->parameters, " parameters: ", percent(share),
                         " of the time, the same for any batch. A larger batch has it less often per example.");
  finding.evidence = {
      {"time_share", share}, {"bytes", double(bytes)}, {"parameters", double(report.record->parameters)}};
  const auto update = [](const Operation& o) { return o.phase == Phase::update; };
  finding.at_most_ns = saved_by(report, update, [](const Operation& o) { return o.median_ns / 2; });
  finding.change = text_of("update half as often: a batch of ", report.record->batch * 2);
  suggest_batch(finding, report, report.record->batch * 2);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
