// Threads that compute for different times.
#include <algorithm>

#include "analysis/findings/finding.h"

namespace tacho {

void find_imbalance(const Report& report, std::vector<Finding>& findings) {
  if (report.threads() == 1) return;
  std::vector<int64_t> kernels(size_t(report.threads()));
  for (const LedgerEntry& entry : report.entries)
    if (entry.account == Account::kernel) kernels[size_t(entry.thread)] += entry.ns;
  const auto [least, most] = std::minmax_element(kernels.begin(), kernels.end());
  const double wall = double(report.record->ledger.wall_ns());
  const double share = double(*most - *least) / wall;
  if (share < 0.04) return;
  Finding finding{"imbalance", ""};
  finding.text = text_of("Uneven threads: the busiest is in kernels ", percent(double(*most) / wall),
                         " of the time, the least busy ", percent(double(*least) / wall), ". ");
  const int64_t slices = report.record->slices;
  finding.text += slices > 0 && slices % report.threads() != 0
                      ? text_of(slices, " slices do not divide among ", report.threads(), " threads.")
                      : "Their parts are alike, so a core is slower or shared with another program.";
  finding.evidence = {{"busiest_kernel_share", double(*most) / wall},
                      {"least_kernel_share", double(*least) / wall},
                      {"slices", double(slices)}};
  findings.push_back(std::move(finding));
}

}  // namespace tacho
