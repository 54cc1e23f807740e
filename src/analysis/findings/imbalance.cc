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
  const int64_t slices = report.record->slices, threads = report.threads();
  int64_t all = 0;
  for (const int64_t ns : kernels) all += ns;
  finding.at_most_ns = (*most - all / threads) / std::max<int64_t>(report.step.repetitions, 1);
  if (slices > 0 && slices % threads != 0) {
    const int64_t batch = (slices + threads - slices % threads) * std::max<int64_t>(report.record->slice_examples, 1);
    finding.text += text_of(slices, " slices do not divide among ", threads, " threads.");
    finding.change = text_of("give each thread as many slices: a batch of ", batch);
    suggest_batch(finding, report, batch);
  } else if (switch_of(*report.record, "execution") == "procedural") {
    finding.text += "A statement that is no product runs on the first thread alone.";
    finding.change = "execute the step as a graph";
    suggest(finding, report, "execution", "graph");
  } else {
    finding.text += "Their parts are alike, so a core is slower or shared with another program.";
    finding.change = "free the cores: something else runs on one of them";
    finding.command = "tacho machine --again";
  }
  finding.evidence = {{"busiest_kernel_share", double(*most) / wall},
                      {"least_kernel_share", double(*least) / wall},
                      {"slices", double(slices)}};
  findings.push_back(std::move(finding));
}

}  // namespace tacho
