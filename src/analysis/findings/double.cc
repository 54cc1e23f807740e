// Double precision where single might do.
#include "analysis/findings/finding.h"

namespace tacho {

void find_double(const Report& report, std::vector<Finding>& findings) {
  const RunRecord& record = *report.record;
  if (record.dtype != "float64") return;
  Finding finding{"double", ""};
  finding.text =
      "Double precision: every operand has twice the bytes and a vector holds half as many numbers. Training rarely "
      "needs it.";
  if (record.profile) {
    const double single = record.profile->flop_per_s("float32", record.threads);
    const double twice = record.profile->flop_per_s("float64", record.threads);
    if (single > 0 && twice > 0) {
      finding.evidence = {{"float32_flop_per_s", single}, {"float64_flop_per_s", twice}};
      char text[96];
      std::snprintf(text, sizeof text, " This machine multiplies and adds %.1f times as fast in single.",
                    single / twice);
      finding.text += text;
    }
  }
  finding.change = "train in single precision";
  suggest(finding, report, "dtype", "float32");
  findings.push_back(std::move(finding));
}

}  // namespace tacho
