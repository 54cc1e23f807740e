// Waiting for data.
#include "analysis/findings/finding.h"

namespace tacho {

void find_input(const Report& report, std::vector<Finding>& findings) {
  // Of all steps: a stall of the reader is rarely in the median one.
  int64_t waited = 0, outside = 0;
  for (const LedgerEntry& entry : report.entries)
    if (entry.account == Account::input) waited += entry.ns;
  for (const OutsideThread& thread : report.record->ledger.outside) outside += thread.cpu_ns;
  const double share = double(waited) / double(report.record->ledger.wall_ns());
  if (share < 0.01) return;
  const double busy = double(outside) / double(report.record->ledger.wall_ns());
  Finding finding{"input", ""};
  finding.text = text_of("Waiting for data: ", percent(share),
                         " of the first thread's time over all steps; the thread "
                         "that makes the batches computed ",
                         percent(busy), " of the time.");
  finding.evidence = {{"input_share_of_wall", share}, {"prefetch_cpu_share_of_wall", busy}};
  findings.push_back(std::move(finding));
}

}  // namespace tacho
