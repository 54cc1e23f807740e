// Moving elements by index: pad, phi, im2col and their adjoints. The documents: "still room to improve".
#include "analysis/findings/finding.h"

namespace tacho {

void find_index(const Report& report, std::vector<Finding>& findings) {
  const Share share = share_of(report, [](const Operation&, NodeKind kind) { return kind == NodeKind::index; });
  if (share.work == 0 || share.time < 0.01) return;
  std::string names;
  for (const Operation& o : report.operations)
    if (o.kind == NodeKind::index && o.step_ns > 0 && names.find(o.op) == std::string::npos)
      names += (names.empty() ? "" : ", ") + o.op;
  Finding finding{"index", ""};
  finding.text = text_of("Index manipulation (", names, "): ", percent(share.theory), " of theory, ",
                         percent(share.time), " of the time: it moves elements and computes nothing. ",
                         share.time > share.theory ? "'Still room to improve' in the documents' words." : "");
  finding.evidence = {{"theory_share", share.theory}, {"time_share", share.time}};
  const bool gather = switch_of(*report.record, "convolution") == "gather";
  finding.change = gather ? "move columns by im2col instead of by index vectors"
                          : "move elements by index vectors instead of by im2col";
  suggest(finding, report, "convolution", gather ? "im2col" : "gather");
  findings.push_back(std::move(finding));
}

}  // namespace tacho
