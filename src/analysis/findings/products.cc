// The documents' lesson: products are d times the rest in theory, and optimised BLAS makes them less than that in time.
#include "analysis/findings/finding.h"

namespace tacho {

std::string documents_claim(const Report& report) {
  std::string holds, more, less;
  for (const LayerRow& layer : report.layers) {
    if (layer.products_work == 0 || layer.rest_work == 0) continue;
    const double ratio = double(layer.products_work) / double(layer.rest_work);
    std::string& list = ratio > 2.0 * double(layer.channels)   ? more
                        : ratio < 0.5 * double(layer.channels) ? less
                                                               : holds;
    list += text_of(list.empty() ? "" : ", ", layer.layer, " ", against(ratio, 1), " (d=", layer.channels, ")");
  }
  std::string text;
  if (!holds.empty()) text += " The documents' 'roughly d times the rest' in theory holds at " + holds + ".";
  if (!more.empty()) text += " By these counts it is more than that at " + more + ".";
  if (!less.empty()) text += " By these counts it is less than that at " + less + ".";
  return text.empty() ? text : text.substr(1);
}

void find_products(const Report& report, std::vector<Finding>& findings) {
  const Share time = share_of(report, [](const Operation&, NodeKind kind) { return kind == NodeKind::product; });
  int64_t products = 0;
  for (const Operation& operation : report.operations) products += operation.products_work;
  if (products == 0) return;
  const double theory = double(products) / double(report.step.work);
  const auto forward = report.phases.find(Phase::forward);
  const double part = forward == report.phases.end() || forward->second.step_ns == 0
                          ? 0
                          : double(forward->second.products_step_ns) / double(forward->second.step_ns);
  Finding finding{"products", ""};
  finding.text = text_of("Matrix products: ", percent(theory), " of theory, ", percent(time.time), " of the time, ",
                         percent(part), " of the forward kernels' time. ");
  finding.text += part < 0.5 ? "'Less than half of the feedforward part', as the documents found with optimised BLAS, "
                               "holds here: the rest is what costs."
                             : "The documents found less than half of the feedforward part; here products are the "
                               "larger part, so the rest costs little or products run slowly.";
  if (const std::string claim = documents_claim(report); !claim.empty()) finding.text += " " + claim;
  finding.evidence = {{"theory_share", theory}, {"time_share", time.time}, {"share_of_forward_kernels", part}};
  if (switch_of(*report.record, "gemm") == "reference") {
    finding.change = "let BLAS multiply the matrices";
    suggest(finding, report, "gemm", "blas");
  } else if (switch_of(*report.record, "backend").starts_with("onednn")) {
    finding.change = "let our own kernels do the products";
    suggest(finding, report, "backend", simd_first(report));
  } else {
    finding.change = "let oneDNN do the products";
    suggest(finding, report, "backend", "onednn,blas,reference");
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
