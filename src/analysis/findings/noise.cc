// When the numbers are too rough for small conclusions.
#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {

void find_noise(const Report& report, std::vector<Finding>& findings) {
  const double spread = double(report.step.p95_ns - report.step.p05_ns) / double(report.step.median_ns);
  const double mad = double(report.step.mad_ns) / double(report.step.median_ns);
  const double stamps = double(report.record->ledger.transitions()) * report.record->stamp_cost_ns /
                        (double(report.record->ledger.wall_ns()) * report.threads());
  if (mad > 0.02) {
    Finding finding{"noise", ""};
    finding.text = text_of("The steps differ by ", percent(mad), " (median absolute deviation; ", percent(spread),
                           " between the 5 % and 95 % quantiles): differences smaller than that say nothing. Is "
                           "something else running on this machine?");
    finding.evidence = {{"mad_over_median", mad}, {"p05_to_p95_over_median", spread}};
    finding.unpriced = text_of("it says how sure these numbers are (± ",
                               fixed(double(report.step.mad_ns) / 1e6, ms_places(report.step.median_ns)),
                               " ms), not what can be saved");
    finding.change = "measure longer, on a quiet machine, before you trust a small difference";
    finding.command = more_command(report, "--seconds 20");
    findings.push_back(std::move(finding));
  }
  if (stamps > 0.01) {
    Finding finding{"profiler", ""};
    finding.text = text_of("Taking timestamps costs ", percent(stamps),
                           " of the step: its operations are too short "
                           "for their times to be exact. A larger batch makes them longer.");
    finding.evidence = {{"stamp_share", stamps}};
    finding.at_most_ns = int64_t(stamps * double(report.step.median_ns));
    finding.change = text_of("make operations longer: a batch of ", report.record->batch * 4);
    suggest_batch(finding, report, report.record->batch * 4);
    findings.push_back(std::move(finding));
  }
}

}  // namespace tacho
