// Waiting for data.
#include <algorithm>

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
  // The first thread waits and the others with it.
  finding.at_most_ns = waited / std::max<int64_t>(report.step.repetitions, 1);
  finding.change = report.threads() > 1 ? "leave a core to the thread that makes batches"
                                        : "make batches cheaper, or on a core of its own";
  const int fewer = report.threads() - 1;
  finding.command = more_command(report, fewer > 0 ? text_of("--threads ", fewer) : "--seconds 20");
  findings.push_back(std::move(finding));
}

}  // namespace tacho
