// More or fewer threads than the machine has cores.
#include "analysis/findings/finding.h"

namespace tacho {

void find_threads(const Report& report, std::vector<Finding>& findings) {
  const int threads = report.threads(), cores = report.record->cores;
  if (threads == cores) return;
  Finding finding{"threads", ""};
  finding.text = threads < cores
                     ? text_of("This run uses ", threads, " of ", cores, " cores.")
                     : text_of("This run has ", threads, " threads on ", cores, cores == 1 ? " core" : " cores",
                               ": they take turns, and whoever waits for one that is not "
                               "running waits long.");
  finding.evidence = {{"threads", double(threads)}, {"cores", double(cores)}};
  finding.change = text_of("use ", cores, cores == 1 ? " thread" : " threads", ", as many as there are cores");
  suggest(finding, report, "threads", std::to_string(cores));
  findings.push_back(std::move(finding));
}

}  // namespace tacho
