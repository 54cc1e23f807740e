// The main job end to end on small runs: the ledger closes in integers and every share adds up, however the step runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "analysis/render_json.h"
#include "analysis/render_text.h"
#include "data/dataset.h"
#include "device/cpu.h"
#include "lab/measure.h"
#include "lab/recording_cost.h"
#include "lab/self_check.h"
#include "lab/ways.h"
#include "nn/builtin.h"
#include "tests/support/made_up_run.h"
#include "tests/support/small_runs.h"

namespace tacho {
namespace {

using SwitchList = std::vector<std::pair<const char*, std::string>>;

Switches switches_of(const SwitchList& list) {
  Switches switches;
  for (const auto& [name, value] : list) set_switch(switches, name, value);
  return switches;
}

StepOptions step_of(const char* network, const SwitchList& list, StepKind kind = StepKind::train) {
  StepOptions options;
  options.network = builtin_network(network);
  options.batch = 8;
  options.kind = kind;
  options.way = resolve(switches_of(list));
  return options;
}

void check_report(const Report& report) {
  const RunRecord& record = *report.record;
  int64_t all = 0, kernels = 0, rows = 0, step_all = 0, step_rows = 0, step_kernels = 0, work = 0;
  double theory = 0;
  for (const LedgerEntry& entry : report.entries) {
    all += entry.ns;
    if (entry.account == Account::kernel) kernels += entry.ns;
  }
  for (const LedgerEntry& entry : report.step_entries) {
    step_all += entry.ns;
    if (entry.account == Account::kernel) step_kernels += entry.ns;
  }
  std::map<std::string, int> members;
  for (const Operation& operation : report.operations) {
    rows += operation.time_ns, step_rows += operation.step_ns;
    theory += operation.theory_share;
    work += operation.work;
    for (const std::string& member : operation.members) ++members[member];
  }
  EXPECT_EQ(all, record.ledger.wall_ns() * record.threads) << "threads x wall = the sum of the accounts";
  EXPECT_EQ(step_all, report.step.median_ns * record.threads);
  EXPECT_EQ(rows, kernels) << "rows' times sum to all kernel accounts";
  EXPECT_EQ(step_rows, step_kernels);
  EXPECT_NEAR(theory, 1, 1e-9);
  EXPECT_EQ(work, report.step.work);
  EXPECT_EQ(int(members.size()), record.source.node_count());
  for (const auto& [node, times] : members) EXPECT_EQ(times, 1) << node;
  EXPECT_GT(kernels, 0);
  EXPECT_EQ(record.ledger.steps(), 5);
}

TEST(Analyze, ClosesForEveryScheduleAndOneToFourThreads) {
  for (const char* schedule : {"slices", "sequential"})
    for (const char* threads : {"1", "2", "3", "4"}) {
      SCOPED_TRACE(std::string(schedule) + " on " + threads);
      const RunRecord record =
          measure(step_of("simplenn-4", {{"schedule", schedule}, {"threads", threads}}), few_digits(), few_steps());
      EXPECT_EQ(record.threads, std::stoi(threads));
      check_report(make_report(record));
    }
}

TEST(Analyze, ClosesForProceduralExecutionAndEveryConvolution) {
  for (const char* convolution : {"gather", "im2col", "direct"})
    for (const char* execution : {"procedural", "graph"}) {
      SCOPED_TRACE(std::string(execution) + " " + convolution);
      const RunRecord record =
          measure(step_of("simplenn-4", {{"execution", execution}, {"convolution", convolution}, {"threads", "2"}}),
                  few_digits(), few_steps());
      check_report(make_report(record));
    }
}

TEST(Analyze, TheoryDoesNotDependOnTheWay) {
  int64_t work = 0;
  for (const char* fusion : {"on", "off"})
    for (const char* threads : {"1", "3"}) {
      const RunRecord record =
          measure(step_of("simplenn-4", {{"fusion", fusion}, {"threads", threads}, {"convolution", "im2col"}}),
                  few_digits(), few_steps());
      const int64_t own = make_report(record).step.work;
      if (work == 0) work = own;
      EXPECT_EQ(own, work);
    }
}

TEST(Analyze, FloorsComeWithCeilings) {
  for (const char* execution : {"graph", "procedural"}) {
    SCOPED_TRACE(execution);
    RunRecord record =
        measure(step_of("simplenn-4", {{"threads", "2"}, {"execution", execution}}), few_digits(), few_steps());
    record.profile = made_up_profile();
    const Report report = make_report(record);
    int64_t floors = 0, layers = 0;
    for (const Operation& o : report.operations) {
      floors += o.floor_ns;
      EXPECT_GE(o.floor_ns, 0) << o.node;
      EXPECT_EQ(o.floor_ns == 0, o.bound_by.empty()) << o.node;
      const bool runs = o.executed_row && o.row != PlannedNode::view;
      EXPECT_EQ(o.floor_ns > 0, runs) << o.node << " moves something where it runs";
    }
    for (const LayerRow& layer : report.layers) layers += layer.floor_ns;
    EXPECT_EQ(floors, report.step.floor_thread_ns);
    EXPECT_LE(layers, floors);
    EXPECT_GT(report.step.hfu, 0);
    EXPECT_GE(report.step.floor_ns, report.step.floor_chain_ns);
    EXPECT_GT(report.step.floor_chain_ns, 0);
  }
}

TEST(Analyze, ApartEveryRowHasItsTimes) {
  MeasureOptions measuring = few_steps();
  measuring.apart = true;
  for (const char* threads : {"1", "2"}) {
    SCOPED_TRACE(threads);
    RunRecord record = measure(step_of("simplenn-4", {{"threads", threads}}), few_digits(), measuring);
    ASSERT_TRUE(record.apart);
    ASSERT_EQ(record.apart->skipped, "");
    record.profile = made_up_profile();
    const Report report = make_report(record);
    int64_t contention = 0, accounts = 0;
    for (size_t r = 0; r < record.rows.size(); ++r) {
      const bool runs = record.rows[r].kind != PlannedNode::view;
      EXPECT_EQ(record.apart->alone_ns[r] > 0, runs) << record.rows[r].path;
      EXPECT_EQ(record.apart->one_thread_ns[r] > 0, runs) << record.rows[r].path;
      if (runs) contention += report.operations[r].terms->contention_ns;
    }
    for (int64_t ns : record.apart->accounts_ns) accounts += ns;
    EXPECT_EQ(accounts, record.apart->one_thread_step_ns) << "one thread: its accounts are the step";
    EXPECT_EQ(report.speedup.has_value(), record.threads > 1);
    if (record.threads == 1) {
      EXPECT_EQ(contention, 0) << "nobody else runs";
    }
  }
}

TEST(Analyze, ApartNeedsAPlan) {
  MeasureOptions measuring = few_steps();
  measuring.apart = true;
  const RunRecord record =
      measure(step_of("mlp", {{"execution", "procedural"}, {"threads", "2"}}), few_digits(), measuring);
  ASSERT_TRUE(record.apart);
  EXPECT_NE(record.apart->skipped, "");
}

TEST(Analyze, InferenceIsForwardOnly) {
  const RunRecord record = measure(step_of("mlp", {{"threads", "2"}}, StepKind::inference), few_digits(), few_steps());
  const Report report = make_report(record);
  check_report(report);
  EXPECT_FALSE(report.phases.count(Phase::backward));
  EXPECT_EQ(render_text(report).find("backward"), std::string::npos);
}

TEST(Analyze, PrefetchIsOutsideTheIdentity) {
  const RunRecord record = measure(step_of("mlp", {{"threads", "1"}}), few_digits(), few_steps());
  ASSERT_EQ(record.ledger.outside.size(), 1u);
  EXPECT_EQ(record.ledger.outside[0].name, "prefetch");
}

TEST(Analyze, JsonHasTheContractsFields) {
  RunRecord record = measure(step_of("simplenn-4", {{"threads", "2"}}), few_digits(), few_steps());
  record.ways = {way_of(make_report(record))};
  const Report report = make_report(record);
  const Json json = Json::parse(to_json(report).dump());
  auto field = json.begin();
  EXPECT_EQ(field.key(), "schema");
  EXPECT_EQ((++field).key(), "schema_version");
  EXPECT_EQ(json["schema"], "tacho.analyze");
  const auto has = [](const Json& object, std::initializer_list<const char*> names) {
    for (const char* name : names) EXPECT_TRUE(object.contains(name)) << name;
  };
  has(json, {"network", "machine", "switches", "batch_size", "dtype", "threads", "step", "ledger", "operations",
             "layers", "ways", "memory", "findings"});
  has(json["network"], {"name", "layers", "parameters", "input_shape"});
  has(json["step"], {"median_ns", "p05_ns", "p95_ns", "mad_ns", "min_ns", "repetitions", "warmup", "examples_per_s",
                     "build_ns", "plan_ns"});
  has(json["ledger"], {"threads", "wall_ns", "steps", "stamp_cost_ns", "accounts", "outside"});
  has(json["ledger"]["samples"], {"steps", "median_step", "accounts"});
  EXPECT_EQ(json["step"]["samples_ns"].size(), 5u);
  EXPECT_EQ(json["nodes"].size(), size_t(record.source.node_count()));
  has(json["memory"], {"planned_bytes", "sum_of_sizes_bytes", "peak_rss_bytes"});
  int64_t sum = 0;
  for (const Json& account : json["ledger"]["accounts"]) {
    has(account, {"thread", "account", "node", "op", "phase", "ns"});
    sum += account["ns"].get<int64_t>();
  }
  EXPECT_EQ(sum, json["ledger"]["threads"].get<int64_t>() * json["ledger"]["wall_ns"].get<int64_t>());
  double theory = 0, time = 0;
  for (const Json& operation : json["operations"]) {
    has(operation, {"node",    "op",        "members",    "layer",          "phase",        "formula",
                    "big_o",   "count",     "work",       "executed",       "bytes_read",   "bytes_written",
                    "time_ns", "median_ns", "time_share", "share_of_phase", "theory_share", "kernel",
                    "backend", "reason"});
    has(operation["executed"], {"mul", "add", "div", "cmp", "transcendental", "move", "basis"});
    theory += operation["theory_share"].get<double>();
    time += operation["time_share"].get<double>();
    EXPECT_FALSE(operation.contains("floor_ns")) << "no floor without the machine's ceilings";
  }
  EXPECT_NEAR(theory, 1, 1e-9);
  EXPECT_GT(time, 0);
  EXPECT_LE(time, 1);
  for (const Json& layer : json["layers"])
    has(layer, {"layer", "products_work", "rest_work", "products_ns", "rest_ns"});
  has(json["ways"][0], {"switches", "median_ns", "repetitions", "products_ns", "rest_ns"});
  EXPECT_EQ(json["ways"][0]["products_ns"].get<int64_t>() + json["ways"][0]["rest_ns"].get<int64_t>(),
            json["ways"][0]["median_ns"].get<int64_t>());
  for (const Json& finding : json["findings"]) {
    has(finding, {"rule", "text", "evidence", "command", "group", "change", "asks"});
    if (!finding.contains("estimated_gain_ns")) continue;
    EXPECT_EQ(finding["gain_basis"], "bound") << "nothing was priced, and no gain is made up";
    EXPECT_EQ(finding["estimated_gain_ns"]["low"], 0);
    EXPECT_EQ(finding["estimated_gain_ns"]["high"], finding["at_most_ns"]);
    EXPECT_LE(finding["at_most_ns"].get<int64_t>(), json["step"]["median_ns"].get<int64_t>());
  }
  has(json["advice"], {"text", "command"});
}

TEST(Analyze, JsonHasTheMachinesShareAndFloorsWithCeilings) {
  RunRecord record = measure(step_of("simplenn-4", {{"threads", "2"}}), few_digits(), few_steps());
  record.profile = made_up_profile();  // two threads: 3 FLOP a nanosecond in float32
  const Json json = Json::parse(to_json(make_report(record)).dump());
  const Json& step = json["step"];
  const double peak = 3.0 * step["median_ns"].get<double>();
  EXPECT_NEAR(step["mfu"].get<double>(), step["flop"].get<double>() / peak, 1e-9);
  double executed = 0;
  int64_t floors = 0;
  for (const Json& o : json["operations"]) {
    executed +=
        o["executed"]["mul"].get<double>() + o["executed"]["add"].get<double>() + o["executed"]["div"].get<double>();
    if (o["row"] == "removed") continue;
    const int64_t arithmetic = o["floor"]["arithmetic_ns"].get<int64_t>(),
                  bytes = o["floor"]["bytes_ns"].get<int64_t>(), floor = o["floor_ns"].get<int64_t>();
    floors += floor;
    EXPECT_EQ(floor, std::max(arithmetic, bytes)) << o["node"];
    EXPECT_EQ(o["room_ns"].get<int64_t>(), o["median_ns"].get<int64_t>() - floor) << o["node"];
    EXPECT_GE(o["shared_floor_ns"].get<int64_t>(), floor) << o["node"];
    const std::string bound = o["bound_by"];
    if (floor == 0) EXPECT_EQ(bound, "nothing") << o["node"];
    else if (arithmetic >= bytes) EXPECT_EQ(bound, "arithmetic") << o["node"];
    else EXPECT_EQ(bound, o["floor"]["level"]) << o["node"];
  }
  EXPECT_NEAR(step["hfu"].get<double>(), executed / peak, 1e-9);
  EXPECT_EQ(step["floor_ns"], std::max(step["floor_sum_ns"].get<int64_t>(), step["floor_chain_ns"].get<int64_t>()));
  EXPECT_GE(step["floor_sum_ns"].get<int64_t>() * 2, floors) << "two threads, at their shared ceilings";
}

TEST(Analyze, TextFitsEightyColumnsInEveryWay) {
  for (const SwitchList& list :
       {SwitchList{}, {{"convolution", "gather"}, {"execution", "procedural"}}, {{"convolution", "direct"}}}) {
    RunRecord record = measure(step_of("simplenn-4", list), few_digits(), few_steps());
    record.ways = {way_of(make_report(record))};
    record.ways[0].label = "procedural gather reference";
    record.profile = made_up_profile();
    std::istringstream lines(render_text(make_report(record)));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
  }
}

TEST(Analyze, OtherWaysIncludeThisRunOnce) {
  const StepOptions options = step_of("mlp", {{"threads", "2"}});
  const RunRecord record = measure(options, few_digits(), few_steps());
  const auto ways =
      measure_ways(options, switches_of({{"threads", "2"}}), few_digits(), make_report(record), few_steps());
  int own = 0;
  for (const OtherWay& way : ways) {
    own += way.this_run;
    if (!way.skipped.empty()) continue;
    EXPECT_EQ(way.products_ns + way.rest_ns, way.median_ns) << way.label;
    EXPECT_LE(way.forward_products_ns, way.forward_ns) << way.label;
  }
  EXPECT_EQ(own, 1);
  EXPECT_GE(ways.size(), 3u);
}

TEST(Analyze, OtherWaysThatTakeTooLongAreSkippedWithTheReason) {
  const StepOptions options = step_of("simplenn-4", {{"threads", "2"}});
  const RunRecord record = measure(options, few_digits(), few_steps());
  const auto ways = measure_ways(options, switches_of({{"threads", "2"}}), few_digits(), make_report(record),
                                 few_steps(), /*seconds=*/1e-6);
  int by_examples = 0;
  for (const OtherWay& way : ways) {
    if (way.this_run) continue;
    EXPECT_EQ(way.skipped.rfind("skipped: ", 0), 0u) << way.label << ": " << way.skipped;
    EXPECT_EQ(way.median_ns, 0) << way.label;
    by_examples += way.skipped.find("of 2 examples") != std::string::npos;
  }
  EXPECT_EQ(by_examples, 2) << "the reference's own steps are too long to make one: procedural gather, graph direct";
}

TEST(Analyze, WhatRecordingCostsIsADifferenceOfTheSameSteps) {
  MeasureOptions options;
  options.seconds = 0.05;
  const RecordingCost cost = recording_cost(step_of("mlp", {{"threads", "2"}}), few_digits(), options);
  EXPECT_GE(cost.pairs, 10) << "fewer have no interval";
  EXPECT_GT(cost.plain_ns, 0);
  EXPECT_GT(cost.recorded_ns, 0);
  EXPECT_LE(cost.low_ns, cost.cost_ns);
  EXPECT_GE(cost.high_ns, cost.cost_ns);
  for (const auto& [low, words] :
       {std::pair{1'001, "more than the 1 %"}, {-1'000, "too noisy to say"}, {-20'000, "under 1 %"}}) {
    const RecordingCost made_up{8, 2, 100'000, 10, 100'000, 10, low, low, low + 10'000, 10, 1};
    EXPECT_NE(to_text(made_up).find(words), std::string::npos) << to_text(made_up);
    EXPECT_EQ(made_up.too_much(), low > 1'000);
  }
}

TEST(SelfCheckSlow, PlantedDelaysComeBackInTheirAccounts) {
  std::string noisy;
  for (const char* execution : {"graph", "procedural"}) {
    SCOPED_TRACE(execution);
    const auto contradicts = [](const SelfCheckRow& row) { return !row.holds && !row.noisy; };
    SelfCheck check;
    // Other work may run beside this one: a contradiction must stand in three checks to be the ledger's.
    for (int attempt = 0; attempt < 3; ++attempt) {
      check = self_check(step_of("simplenn-4", {{"threads", "2"}, {"execution", execution}}), few_digits(),
                         MeasureOptions{});
      if (std::none_of(check.rows.begin(), check.rows.end(), contradicts)) break;
    }
    // The ledger: a kernel, a barrier on each of two threads, the input, one thread; and, where each lane has a thread,
    // the other one. compare: the four places, and what may not differ. why: the four places.
    const bool graph = std::string(execution) == "graph" && this_cpu().cores == 2;
    std::map<std::string, int> readers;
    for (const SelfCheckRow& row : check.rows) ++readers[row.reader];
    EXPECT_EQ(readers["ledger"], graph ? 6 : 5);
    EXPECT_EQ(readers["compare"], 5);
    EXPECT_EQ(readers["why"], 4);
    for (const SelfCheckRow& row : check.rows) {
      EXPECT_TRUE(row.holds || row.noisy) << to_text(check);
      if (row.noisy) noisy = to_text(check);
    }
    if (!noisy.empty()) break;  // what is too busy for one execution is asked for minutes by the other
  }
  if (!noisy.empty()) GTEST_SKIP() << "the machine is too busy to tell a millisecond from half of one\n" << noisy;
}

}  // namespace
}  // namespace tacho
