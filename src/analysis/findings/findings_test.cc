// Each rule on a report made by hand, in which it must speak, and on one in which it must not.
#include <gtest/gtest.h>

#include "tests/support/made_up_run.h"
#include "tests/support/rule_case.h"

namespace tacho {
namespace {

TEST(Findings, ProductsOfPoorShapeAreSetBesideTheBest) {
  RuleCase c;
  c.record.profile = made_up_profile();
  c.a().kind = c.b().kind = NodeKind::product;
  c.a().floor_ns = 480'000, c.a().room_ns = 120'000;  // 80 %
  c.b().floor_ns = 160'000, c.b().room_ns = 240'000;  // 40 %: not below half of 80
  EXPECT_TRUE(c.said(find_product_shapes).empty());
  c.b().floor_ns = 120'000, c.b().room_ns = 280'000;
  const auto findings = c.said(find_product_shapes);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "floor_share"), 0.3);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.2);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "room_ns"), 280'000);
  c.record.profile.reset();
  EXPECT_TRUE(c.said(find_product_shapes).empty()) << "no floors, no word";
}

TEST(Findings, FewerProductsAreNamedWithTheSwitchThatDoesThemAll) {
  RuleCase c;
  c.a().kind = NodeKind::product, c.a().op = "conv2d";
  c.a().count.mul = 400, c.a().executed.tally.mul = 100;
  auto findings = c.said(find_algorithms);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].turn, "convolution");
  EXPECT_EQ(findings[0].value, "direct");
  EXPECT_DOUBLE_EQ(evidence(findings[0], "executed_over_required_mul"), 0.25);
  c.a().executed.tally.mul = 400;
  EXPECT_TRUE(c.said(find_algorithms).empty()) << "all of them, and nobody asked for direct";
  c.switched("convolution", "direct");
  findings = c.said(find_algorithms);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].value, "auto");
}

TEST(Findings, PaddingFromATenthOfTheProducts) {
  RuleCase c;
  c.a().kind = NodeKind::product;
  c.a().count.mul = 1000, c.a().count.padding_mul = 99;
  EXPECT_TRUE(c.said(find_padding).empty());
  c.a().count.padding_mul = 150;
  const auto findings = c.said(find_padding);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "padding_share_of_mul"), 0.15);
}

TEST(Findings, MemoryBoundRowsAreThoseThatBytesBind) {
  RuleCase c;
  c.record.profile = made_up_profile();
  c.a().kind = NodeKind::product, c.a().bound_by = "memory";
  c.b().kind = NodeKind::activation, c.b().bound_by = "arithmetic", c.b().floor_ns = 100'000;
  EXPECT_TRUE(c.said(find_memory_bound).empty()) << "products and arithmetic are not meant";
  c.b().bound_by = "L3";
  const auto findings = c.said(find_memory_bound);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.2);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "floor_share"), 0.25);
  EXPECT_TRUE(findings[0].turn.empty());
  c.switched("fusion", "off");
  EXPECT_EQ(c.said(find_memory_bound)[0].value, "on");
}

TEST(Findings, PlainLoopsTellWhyNobodyTookTheWork) {
  RuleCase c;
  c.a().backend = "reference";
  c.a().refusals = {{"simd", "a stride of 3"}};
  const auto findings = c.said(find_plain_loops);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.3);
  EXPECT_NE(findings[0].text.find("a stride of 3"), std::string::npos);
  c.switched("backend", "reference");
  EXPECT_TRUE(c.said(find_plain_loops).empty()) << "that was asked for";
}

TEST(Findings, ReordersAndPacksAreNoMathematics) {
  RuleCase c;
  EXPECT_TRUE(c.said(find_reorders).empty());
  c.a().row = PlannedNode::reorder, c.b().row = PlannedNode::pack;
  const auto findings = c.said(find_reorders);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "reorder_time_share"), 0.3);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "pack_time_share"), 0.2);
  EXPECT_EQ(findings[0].value, "nhwc");
  EXPECT_EQ(findings[0].at_most_ns, 1'000'000) << "both rows, one after the other where nobody says who ran them";
  c.switched("layout", "nchw");
  EXPECT_EQ(c.said(find_reorders)[0].value, "auto");
  c.set("a", 0, 100'000);
  c.switched("layout", "auto");
  EXPECT_EQ(c.said(find_reorders)[0].batch, 256) << "weights are packed once a step, whatever the batch";
}

TEST(Findings, NormalisationSaysHowManyBarriersItBrings) {
  RuleCase c;
  c.b().kind = NodeKind::normalization, c.b().work = 1000;
  c.account(Account::sync, 0, 200'000);
  auto findings = c.said(find_normalization);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].text.find("barrier"), std::string::npos) << "without stages";
  c.record.schedule.stages.resize(9);
  findings = c.said(find_normalization);
  EXPECT_NE(findings[0].text.find("9 stages"), std::string::npos);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "sync_share"), 0.1);
  c.b().work = 0;
  EXPECT_TRUE(c.said(find_normalization).empty());
}

TEST(Findings, TheUpdateSaysWhatItMoves) {
  RuleCase c;
  c.b().phase = Phase::update, c.b().bytes_read = 3000, c.b().bytes_written = 2000;
  const auto findings = c.said(find_optimizer);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "bytes"), 5000);
  EXPECT_NE(findings[0].command.find("--batch-size 128"), std::string::npos);
  c.b().step_ns = 10'000;
  EXPECT_TRUE(c.said(find_optimizer).empty());
}

TEST(Findings, DoublePrecisionIsSetBesideSingle) {
  RuleCase c;
  EXPECT_TRUE(c.said(find_double).empty());
  c.record.dtype = "float64";
  const auto findings = c.said(find_double);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].turn, "dtype");
  EXPECT_EQ(findings[0].value, "float32");
}

TEST(Findings, WhatTheGraphMakesPossibleAndIsOff) {
  RuleCase c;
  EXPECT_TRUE(c.said(find_graph).empty()) << "nothing is fused, nothing is off";
  c.a().members = {"x", "y"};
  auto findings = c.said(find_graph);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "fusion");
  EXPECT_EQ(findings[0].value, "off");
  c.switched("fusion", "off"), c.switched("memory-plan", "off");
  findings = c.said(find_graph);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].value, "on");
  c.switched("execution", "procedural");
  EXPECT_TRUE(c.said(find_graph).empty());
}

TEST(Findings, StagesWithFewerTasksThanThreads) {
  RuleCase c;
  c.record.schedule.stages = {{{{0, 4}}, {{0, 4}}}, {{{1, 1}}}};  // a on two tasks, b on one
  const auto findings = c.said(find_small_batch);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "kernel_time_share"), 0.4);
  c.record.schedule.stages[1].push_back({{1, 1}});
  EXPECT_TRUE(c.said(find_small_batch).empty());
}

TEST(Findings, UnevenThreadsAndSlicesThatDoNotDivide) {
  RuleCase c;
  c.account(Account::kernel, 0, 900'000), c.account(Account::kernel, 1, 870'000);
  EXPECT_TRUE(c.said(find_imbalance).empty());
  c.account(Account::kernel, 0, 50'000);
  c.record.slices = 13;
  const auto findings = c.said(find_imbalance);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "busiest_kernel_share"), 0.95);
  EXPECT_NE(findings[0].text.find("13 slices do not divide"), std::string::npos);
}

TEST(Findings, ShortCallsAreBoundByDispatch) {
  RuleCase c;
  c.record.rows[0].traffic.calls = 300, c.record.rows[1].traffic.calls = 200;
  c.account(Account::dispatch, 0, 90'000);
  EXPECT_TRUE(c.said(find_dispatch).empty());
  c.account(Account::dispatch, 1, 110'000);
  const auto findings = c.said(find_dispatch);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "dispatch_share"), 0.1);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "kernel_ns_per_call"), 2000);
}

TEST(Findings, FewerAndMoreThreadsThanCores) {
  RuleCase c;
  EXPECT_TRUE(c.said(find_threads).empty());
  for (int cores : {1, 4}) {
    c.record.cores = cores;
    const auto findings = c.said(find_threads);
    ASSERT_EQ(findings.size(), 1u) << cores;
    EXPECT_EQ(findings[0].turn, "threads");
    EXPECT_EQ(findings[0].value, std::to_string(cores));
  }
}

TEST(Findings, CallsThatLeaveTheNearCache) {
  RuleCase c;
  c.record.profile = made_up_profile();
  c.a().floor.working_set_bytes = 9'000;
  EXPECT_TRUE(c.said(find_cache).empty());
  c.a().floor.working_set_bytes = 11'000;
  const auto findings = c.said(find_cache);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "kernel_time_share"), 0.6);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "working_set_bytes"), 11'000);
}

TEST(Findings, NothingSavesMoreThanTheStep) {
  RuleCase c;
  c.report.record = &c.record;
  c.report.step.repetitions = 1;
  c.account(Account::input, 0, 5'000'000);  // a stall of five steps
  bool seen = false;
  for (const Finding& finding : find_all(c.report)) {
    EXPECT_LE(finding.at_most_ns.value_or(0), 1'000'000) << finding.rule;
    seen = seen || finding.rule == "input";
  }
  EXPECT_TRUE(seen);
}

TEST(Findings, EveryRuleOfARealStepSaysWhatToChangeAndWhatItGives) {
  RunRecord record = made_up_run(5);
  record.profile = made_up_profile();
  for (const Finding& finding : make_report(record).findings) {
    EXPECT_FALSE(finding.text.empty()) << finding.rule;
    EXPECT_FALSE(finding.evidence.empty() && finding.command.empty()) << finding.rule;
    EXPECT_EQ(finding.turn.empty(), finding.value.empty()) << finding.rule;
    if (finding.rule == "leave_alone") continue;
    EXPECT_FALSE(finding.change.empty()) << finding.rule << " says what to change";
    EXPECT_FALSE(finding.command.empty()) << finding.rule;
    EXPECT_TRUE(!finding.turn.empty() || finding.batch > 0 || finding.at_most_ns || finding.rule == "noise")
        << finding.rule << " has a gain";
  }
}

}  // namespace
}  // namespace tacho
