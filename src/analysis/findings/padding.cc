// Multiplications with padded zeros, which theory counts and nobody needs.
#include <algorithm>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_padding(const Report& report, std::vector<Finding>& findings) {
  int64_t products = 0, padding = 0;
  const Operation* worst = nullptr;
  const auto share = [](const Operation& o) { return double(o.count.padding_mul) / double(o.count.mul); };
  for (const Operation& o : report.operations) {
    if (o.kind != NodeKind::product) continue;
    products += o.count.mul, padding += o.count.padding_mul;
    if (o.count.padding_mul > 0 && o.step_ns > 0 && (!worst || share(o) > share(*worst))) worst = &o;
  }
  if (!worst || double(padding) < 0.1 * double(products)) return;
  Finding finding{"padding", ""};
  finding.text =
      text_of("Padding: ", percent(double(padding) / double(products)),
              " of the products' multiplications are with padded zeros (", worst->label, ": ", percent(share(*worst)),
              "): small images under wide filters. Theory counts them; a kernel that leaves them out seems faster "
              "than its peak.");
  finding.evidence = {{"padding_share_of_mul", double(padding) / double(products)}, {"worst_share", share(*worst)}};
  const auto padded = [](const Operation& o) { return o.kind == NodeKind::product && o.count.padding_mul > 0; };
  const auto kept = [&](const Operation& o) { return int64_t(double(o.median_ns) * (1 - share(o))); };
  finding.at_most_ns = saved_by(report, padded, kept);
  finding.asks = Asks::network;
  finding.change = "pad less, or give the network larger images";
  finding.command = edit_network_command(report);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
