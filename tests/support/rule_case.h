#pragma once
#include <gtest/gtest.h>

#include "analysis/findings/finding.h"

namespace tacho {

/// A step of 1 ms on two threads, of which tests set what their rule looks at. One row `a` (600 us) and one `b` (400
/// us), half of the threads' time; the rest is the accounts'.
struct RuleCase {
  RunRecord record;
  Report report;
  RuleCase() {
    record.threads = record.cores = 2;
    record.batch = 64;
    record.network = "n";
    record.optimizer = "momentum";
    record.switches = {
        {"execution", "graph"}, {"fusion", "on"}, {"convolution", "auto"}, {"backend", "simd"}, {"layout", "auto"}};
    record.ledger.begin(2, 0);
    record.ledger.end_step(1'000'000);
    record.ledger.close(1'000'000);
    record.rows.resize(2);
    report.step.median_ns = 1'000'000;
    report.step.work = 1'000'000;
    report.operations.resize(2);
    for (Operation& o : report.operations) o.row = PlannedNode::compute;
    set("a", 0, 600'000), set("b", 1, 400'000);
  }
  void set(const char* label, size_t row, int64_t ns) {
    report.operations[row].label = label;
    report.operations[row].step_ns = report.operations[row].median_ns = ns;
  }
  Operation& a() { return report.operations[0]; }
  Operation& b() { return report.operations[1]; }
  void switched(const std::string& name, const std::string& value) {
    for (auto& [known, old] : record.switches)
      if (known == name) return void(old = value);
    record.switches.emplace_back(name, value);
  }
  void account(Account account, int thread, int64_t ns) {
    report.step_entries.push_back({thread, account, account == Account::kernel ? 0 : -1, ns});
    report.entries.push_back(report.step_entries.back());
  }
  /// What the rule says; empty where it is silent.
  std::vector<Finding> said(Rule rule) {
    report.record = &record;
    std::vector<Finding> findings;
    rule(report, findings);
    return findings;
  }
};

inline double evidence(const Finding& finding, const std::string& name) {
  for (const auto& [known, value] : finding.evidence)
    if (known == name) return value;
  ADD_FAILURE() << finding.rule << " has no evidence " << name;
  return 0;
}

}  // namespace tacho
