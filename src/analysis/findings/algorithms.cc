// Fewer products than the operation requires (Winograd), or as many.
#include "analysis/findings/finding.h"

namespace tacho {

void find_algorithms(const Report& report, std::vector<Finding>& findings) {
  int64_t required = 0, executed = 0, ns = 0, plain_ns = 0;
  for (const Operation& o : report.operations) {
    if (o.kind != NodeKind::product || !o.op.starts_with("conv2d") || o.step_ns == 0) continue;
    required += o.count.mul, executed += o.executed.tally.mul;
    (o.executed.tally.mul < o.count.mul * 3 / 4 ? ns : plain_ns) += o.step_ns;
  }
  if (required == 0) return;
  const double whole = double(report.step_thread_ns());
  const std::string convolution = switch_of(*report.record, "convolution");
  Finding finding{"algorithms", ""};
  finding.evidence = {{"executed_over_required_mul", double(executed) / double(required)},
                      {"fewer_products_time_share", double(ns) / whole},
                      {"all_products_time_share", double(plain_ns) / whole}};
  if (ns > 0 && convolution != "direct" && convolution != "winograd") {
    finding.text =
        text_of("Convolutions execute ", percent(double(executed) / double(required)),
                " of the multiplications that they require: another algorithm (", percent(double(ns) / whole),
                " of the time is in such kernels). Direct convolution would do them all.");
    finding.change = "compute convolutions directly";
    suggest(finding, report, "convolution", "direct");
  } else if (ns == 0 && convolution == "direct" && double(plain_ns) > 0.1 * whole) {
    finding.text =
        text_of("Convolutions execute every multiplication that they require: ", percent(double(plain_ns) / whole),
                " of the time. Where a filter is 3 x 3 with stride 1, Winograd needs a half to a quarter of them.");
    finding.change = "let kernels with fewer products do the convolutions";
    suggest(finding, report, "convolution", "auto");
  } else {
    return;
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
