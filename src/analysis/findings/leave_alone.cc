// What is too small to be worth anybody's time.
#include <cstdio>

#include "analysis/findings/finding.h"

namespace tacho {

void find_leave_alone(const Report& report, std::vector<Finding>& findings) {
  constexpr double kSmall = 0.01;
  const double whole = double(report.step_thread_ns());
  std::string names;
  int64_t ns = 0;
  const auto add = [&](const char* name, int64_t part) {
    if (double(part) / whole >= kSmall) return;
    names += (names.empty() ? "" : ", ") + std::string(name);
    ns += part;
  };
  if (report.record->training)
    add("update", share_of(report, [](auto& o, NodeKind) { return o.phase == Phase::update; }).step_ns);
  add("loss", share_of(report, [](auto&, NodeKind kind) { return kind == NodeKind::loss; }).step_ns);
  add("input", report.account_step_ns(Account::input));
  add("dispatch", report.account_step_ns(Account::dispatch));
  add("profiler", report.account_step_ns(Account::profiler));
  add("idle", report.account_step_ns(Account::idle));
  if (names.empty()) return;
  char total[64];
  std::snprintf(total, sizeof total, "%.2f ms", double(ns) / 1e6 / report.threads());
  Finding finding{"leave_alone", ""};
  finding.text = text_of("Leave alone: ", names, ": ", total, " together (", percent(double(ns) / whole), ").");
  finding.evidence = {{"time_share", double(ns) / whole}};
  findings.push_back(std::move(finding));
}

}  // namespace tacho
