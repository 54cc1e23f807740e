// Sums of terms, by hand.
#include "analysis/terms.h"

#include <gtest/gtest.h>

#include <sstream>

#include "analysis/render_json.h"
#include "analysis/render_text.h"
#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

/// Of the made-up run on two threads: each row takes 60 ns by itself and 80 + 7 r in the step on one thread.
RunRecord made_up_apart() {
  RunRecord record = made_up_run(5);
  record.profile = made_up_profile();
  Apart apart;
  for (size_t r = 0; r < record.rows.size(); ++r) {
    record.rows[r].executed.tally.mul = 50;
    apart.alone_ns.push_back(60);
    apart.one_thread_ns.push_back(80 + 7 * int64_t(r));
  }
  apart.accounts_ns.assign(size_t(kAccounts), 0);
  apart.accounts_ns[size_t(Account::kernel)] = 9000;
  apart.accounts_ns[size_t(Account::dispatch)] = 300;
  apart.one_thread_step_ns = 9300;
  apart.repetitions = 4;
  record.apart = apart;
  return record;
}

TEST(Terms, EachRowsTermsSumToItsMedian) {
  const RunRecord record = made_up_apart();
  const Report report = make_report(record);
  for (size_t r = 0; r < record.rows.size(); ++r) {
    const Operation& o = report.operations[r];
    ASSERT_TRUE(o.terms) << o.node;
    EXPECT_EQ(o.terms->floor_ns, 50);
    EXPECT_EQ(o.terms->kernel_ns, 10);
    EXPECT_EQ(o.terms->cold_ns, 20 + 7 * int64_t(r));
    EXPECT_EQ(o.terms->floor_ns + o.terms->kernel_ns + o.terms->cold_ns + o.terms->contention_ns, o.median_ns);
  }
  EXPECT_FALSE(report.operations.back().terms) << "a removed node takes no time";
}

TEST(Terms, TheSpeedupsTermsSumToTheThreadsTime) {
  const RunRecord record = made_up_apart();
  const Report report = make_report(record);
  ASSERT_TRUE(report.speedup);
  int64_t sum = 0;
  for (const auto& [name, ns] : report.speedup->terms) sum += ns;
  EXPECT_EQ(sum, 2 * report.step.median_ns);
  EXPECT_EQ(report.speedup->terms[0].second, 9300);
  EXPECT_DOUBLE_EQ(report.speedup->factor, 9300.0 / double(report.step.median_ns));
  const Json json = to_json(report);
  int64_t from_json = 0;
  for (const Json& term : json["speedup"]["terms"]) from_json += term["ns"].get<int64_t>();
  EXPECT_EQ(from_json, json["speedup"]["threads"].get<int64_t>() * json["step"]["median_ns"].get<int64_t>());
}

TEST(Terms, WaitingIsSplitByTheScheduleAndNeverMoreThanItWas) {
  RunRecord record = made_up_apart();
  const auto term = [&](const char* wanted) {
    const Report report = make_report(record);
    for (const auto& [name, ns] : report.speedup->terms)
      if (name == wanted) return ns;
    return int64_t{-1};
  };
  const int64_t waiting = make_report(record).account_step_ns(Account::sync);
  ASSERT_GT(waiting, 0);
  EXPECT_EQ(term("fewer tasks than threads"), 0) << "no schedule is known";
  EXPECT_EQ(term("waiting for longer tasks"), waiting);
  record.schedule.stages = {{{{0, 1}}}};  // row 0 alone: one of the two threads has nothing to do
  const int64_t alone = make_report(record).operations[0].step_ns;
  EXPECT_EQ(term("fewer tasks than threads"), alone);
  EXPECT_EQ(term("waiting for longer tasks"), waiting - alone);
  record.schedule.stages.clear();
  for (int r = 0; r < int(record.rows.size()); ++r) record.schedule.stages.push_back({{{r, 1}}});
  EXPECT_EQ(term("fewer tasks than threads") + term("waiting for longer tasks"), waiting);
  EXPECT_GE(term("waiting for longer tasks"), 0);
}

TEST(Terms, PrintedInEightyColumnsAndSkippedWithTheReason) {
  RunRecord record = made_up_apart();
  std::string text = render_text(make_report(record));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
  EXPECT_NE(text.find("ABOVE THEIR FLOORS"), std::string::npos);
  EXPECT_NE(text.find("2 threads are"), std::string::npos) << text;
  record.apart = Apart{"too long"};
  text = render_text(make_report(record));
  EXPECT_NE(text.find("not measured: too long"), std::string::npos) << text;
  EXPECT_EQ(to_json(make_report(record))["terms_skipped"], "too long");
}

TEST(Terms, AMeasurementOfOtherRowsIsAnError) {
  RunRecord record = made_up_apart();
  record.apart->alone_ns.pop_back();
  EXPECT_THROW(make_report(record), Error);
}

}  // namespace
}  // namespace tacho
