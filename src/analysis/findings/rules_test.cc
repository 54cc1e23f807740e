// The rules of time shares, and the most that each rule without a switch says it could give, on records made by hand.
#include "nn/builtin.h"
#include "tests/support/made_up_run.h"
#include "tests/support/rule_case.h"
#include "train/session.h"

namespace tacho {
namespace {

TEST(FindingRules, ProductsSetTheoryBesideTimeAndTheDocumentsClaim) {
  RuleCase c;
  EXPECT_TRUE(c.said(find_products).empty()) << "no product, no word";
  c.a().kind = NodeKind::product, c.a().products_work = 900'000;
  c.report.phases[Phase::forward] = {Phase::forward, 0, 0, 0, 1'000'000, 600'000};
  c.report.layers = {{"conv1", "", {}, 10, 100, 10}, {"conv2", "", {}, 10, 900, 10}, {"fc", "", {}, 10, 40, 10}};
  auto findings = c.said(find_products);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "theory_share"), 0.9);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.3);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "share_of_forward_kernels"), 0.6);
  EXPECT_EQ(findings[0].value, "onednn,blas,reference");
  EXPECT_NE(findings[0].text.find("holds at conv1 10:1 (d=10)"), std::string::npos) << findings[0].text;
  EXPECT_NE(findings[0].text.find("more than that at conv2 90:1"), std::string::npos) << findings[0].text;
  EXPECT_NE(findings[0].text.find("less than that at fc 4.0:1"), std::string::npos) << findings[0].text;
  c.switched("gemm", "reference");
  EXPECT_EQ(c.said(find_products)[0].value, "blas");
  c.report.phases[Phase::forward].products_step_ns = 400'000;
  EXPECT_NE(c.said(find_products)[0].text.find("the rest is what costs"), std::string::npos);
  c.switched("gemm", "auto"), c.switched("backend", "onednn, blas, reference");
  EXPECT_EQ(c.said(find_products)[0].value, "simd,onednn,blas,reference") << "what runs already is no alternative";
}

TEST(FindingRules, IndexManipulationNamesItsOperations) {
  RuleCase c;
  c.b().kind = NodeKind::index, c.b().op = "im2col", c.b().work = 50'000;
  auto findings = c.said(find_index);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "theory_share"), 0.05);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.2);
  EXPECT_NE(findings[0].text.find("(im2col)"), std::string::npos);
  EXPECT_NE(findings[0].text.find("Still room to improve"), std::string::npos);
  EXPECT_EQ(findings[0].value, "gather");
  c.switched("convolution", "gather");
  EXPECT_EQ(c.said(find_index)[0].value, "im2col");
  c.b().step_ns = 10'000;
  EXPECT_TRUE(c.said(find_index).empty()) << "half a percent";
}

TEST(FindingRules, PoolingActivationsAndBiasesAreSetBesideTheirTheory) {
  RuleCase c;
  c.a().kind = NodeKind::pooling, c.a().backend = "simd", c.b().kind = NodeKind::bias;
  c.a().work = 200'000, c.b().work = 100'000;
  auto findings = c.said(find_pooling);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "theory_share"), 0.3);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.5);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "pooling_time_share"), 0.3);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "bias_time_share"), 0.2);
  EXPECT_EQ(findings[0].value, "blas,gather,reference");
  c.a().backend = "gather";
  EXPECT_EQ(c.said(find_pooling)[0].value, "blas,reference") << "gather runs already";
  c.a().kind = NodeKind::activation;
  findings = c.said(find_pooling);
  EXPECT_EQ(findings[0].turn, "") << "no backend has other activations";
  EXPECT_EQ(findings[0].at_most_ns, 1'000'000);
  c.b().work = 300'000;
  EXPECT_TRUE(c.said(find_pooling).empty()) << "as in theory";
}

/// simplenn-4's first two convolutions: a of conv1, b of conv2.
struct FirstLayerCase : RuleCase {
  FirstLayerCase() {
    StepOptions options;
    options.network = builtin_network("simplenn-4");
    options.batch = 2;
    options.way = resolve({});
    record.source = source_graph(options);
    report.layers = {{"conv1", "conv 5x5 1→32", {}, 1, 1, 0, 0, 0, 0, 0, 600'000, 0, 0, 0},
                     {"conv2", "conv 3x3 32→64", {}, 32, 1, 0, 0, 0, 0, 0, 400'000, 0, 0, 0}};
    a().kind = b().kind = NodeKind::product;
    a().layer = "conv1", b().layer = "conv2";
    a().flop = 1'200'000, b().flop = 4'000'000;  // 4 and 20 GFLOP/s on two threads
  }
};

TEST(FindingRules, TheFirstLayerIsSetBesideTheBestOne) {
  FirstLayerCase c;
  auto findings = c.said(find_first_layer);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "gflop_per_s"), 4);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "best_layer_gflop_per_s"), 20);
  EXPECT_NE(findings[0].text.find("1 input channel,"), std::string::npos);
  EXPECT_NE(findings[0].text.find("only h²·d = 25 long"), std::string::npos);
  EXPECT_EQ(findings[0].at_most_ns, 480'000) << "at the best layer's rate a fifth of the time is left";
  EXPECT_EQ(findings[0].command, "tacho inspect --toml");
  c.record.profile = made_up_profile();
  c.a().floor_ns = 500'000;
  EXPECT_EQ(c.said(find_first_layer)[0].at_most_ns, 100'000) << "never below its floor";
  c.a().flop = 5'000'000;
  EXPECT_TRUE(c.said(find_first_layer).empty()) << "83 % of the best layer's rate";
}

TEST(FindingRules, NoiseAndTimestampsSayWhatIsTooRough) {
  RuleCase c;
  c.report.step.mad_ns = 19'000, c.report.step.p05_ns = 900'000, c.report.step.p95_ns = 1'300'000;
  EXPECT_TRUE(c.said(find_noise).empty());
  c.report.step.mad_ns = 40'000;
  auto findings = c.said(find_noise);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "noise");
  EXPECT_DOUBLE_EQ(evidence(findings[0], "mad_over_median"), 0.04);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "p05_to_p95_over_median"), 0.4);
  EXPECT_FALSE(findings[0].at_most_ns) << "an uncertainty saves nothing";
  EXPECT_NE(findings[0].unpriced.find("± 0.040 ms"), std::string::npos) << findings[0].unpriced;
  c.report.step.mad_ns = 0;
  c.record.stamp_cost_ns = 100'000;  // two timestamps or more in 2 ms of thread time
  findings = c.said(find_noise);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "profiler");
  EXPECT_EQ(findings[0].batch, 256);
  EXPECT_EQ(*findings[0].at_most_ns, int64_t(evidence(findings[0], "stamp_share") * 1e6));
}

TEST(FindingRules, WaitingForDataCountsAllSteps) {
  RuleCase c;
  c.report.step.repetitions = 1;
  c.account(Account::input, 0, 9'000);
  EXPECT_TRUE(c.said(find_input).empty());
  c.account(Account::input, 0, 41'000);
  c.record.ledger.outside = {{"prefetch", 700'000}};
  const auto findings = c.said(find_input);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "input_share_of_wall"), 0.05);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "prefetch_cpu_share_of_wall"), 0.7);
  EXPECT_EQ(findings[0].at_most_ns, 50'000);
  EXPECT_EQ(findings[0].command, "tacho analyze --threads 1") << "a core for whoever makes the batches";
}

TEST(FindingRules, TimeInNoKernelIsSplitByAccount) {
  RuleCase c;
  c.account(Account::dispatch, 0, 20'000), c.account(Account::sync, 1, 30'000);
  EXPECT_TRUE(c.said(find_outside).empty()) << "2.5 %";
  c.account(Account::idle, 1, 50'000);
  auto findings = c.said(find_outside);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "dispatch_share"), 0.01);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "sync_share"), 0.015);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "idle_share"), 0.025);
  EXPECT_EQ(findings[0].turn, "threads");
  c.switched("execution", "procedural");
  EXPECT_EQ(c.said(find_outside)[0].turn, "execution");
}

TEST(FindingRules, WhatIsSmallIsLeftAlone) {
  RuleCase c;
  c.account(Account::dispatch, 0, 10'000), c.account(Account::input, 0, 30'000);
  c.b().phase = Phase::update;
  const auto findings = c.said(find_leave_alone);
  ASSERT_EQ(findings.size(), 1u);
  // The update is a fifth and waiting for data 1.5 % of 2 ms; the others are dispatch's half a percent and nothings.
  EXPECT_EQ(findings[0].text, "Leave alone: loss, dispatch, profiler, idle: 0.01 ms together (0.50 %).");
  EXPECT_DOUBLE_EQ(evidence(findings[0], "time_share"), 0.005);
}

TEST(FindingRules, KernelsAboveTheirFloorSayWhichTermItIs) {
  RuleCase c;
  c.record.profile = made_up_profile();
  c.a().kind = c.b().kind = NodeKind::product;
  c.a().floor_ns = 550'000, c.b().floor_ns = 360'000;
  EXPECT_TRUE(c.said(find_kernel_room).empty()) << "4.5 % of the threads' time";
  c.b().floor_ns = 200'000, c.b().room_ns = 200'000, c.a().room_ns = 50'000;
  auto findings = c.said(find_kernel_room);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "floor_share"), 0.75);
  EXPECT_EQ(findings[0].at_most_ns, 250'000);
  EXPECT_EQ(findings[0].change, "write faster kernels, for b first");
  EXPECT_DOUBLE_EQ(evidence(findings[0], "room_ns"), 250'000);
  c.b().terms = Terms{200'000, 20'000, 150'000, 30'000};
  findings = c.said(find_kernel_room);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "cold_ns"), 150'000);
  EXPECT_NE(findings[0].text.find("60 % cold caches"), std::string::npos) << findings[0].text;
  ASSERT_EQ(findings.size(), 2u) << "what a reader can change stands beside what only kernels give";
  EXPECT_EQ(findings[0].asks, Asks::kernels);
  EXPECT_EQ(findings[1].asks, Asks::setting);
  EXPECT_EQ(findings[1].command, "tacho sweep --over batch");
  EXPECT_EQ(findings[1].at_most_ns, 150'000) << "no more than the cold caches";
  EXPECT_DOUBLE_EQ(evidence(findings[1], "share_of_room"), 0.6);
  c.b().terms = Terms{200'000, 250'000, 50'000, -50'000};
  EXPECT_NE(c.said(find_kernel_room)[0].text.find(
                "20 % cold caches, -20 % other threads (below 0: the machine was slower while one thread ran alone)"),
            std::string::npos);
  EXPECT_EQ(findings[0].text.find("below 0"), std::string::npos);
  c.b().terms = Terms{200'000, 20'000, 30'000, 150'000};
  findings = c.said(find_kernel_room);
  EXPECT_EQ(findings.at(1).command, "tacho analyze --threads 1");
  EXPECT_EQ(findings.at(1).at_most_ns, 150'000);
}

TEST(FindingRules, ASliceThatLostTheNearCacheSaysHowManyExamplesFit) {
  RuleCase c;
  c.record.profile = made_up_profile();  // L2 of 10000 bytes
  c.record.slice_examples = 8;
  c.record.rows[0].traffic.calls = 8;  // of 8 examples each
  c.a().floor.working_set_bytes = 2'000 + 8 * 1'500;
  c.a().bytes_read = 2'000 + 64 * 1'500;
  c.a().terms = Terms{100'000, 100'000, 150'000, 250'000};
  auto findings = c.said(find_cache);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "bytes_per_example"), 1'500);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "fixed_bytes"), 2'000);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "examples_that_fit"), 5);
  EXPECT_NE(findings[0].text.find("lost at 6 examples"), std::string::npos) << findings[0].text;
  EXPECT_EQ(findings[0].at_most_ns, 150'000) << "what cold caches cost";
  c.a().floor.working_set_bytes += 10'000, c.a().bytes_read += 10'000;
  EXPECT_NE(c.said(find_cache)[0].text.find("no slice is small enough"), std::string::npos);
  c.record.slice_examples = 0, c.record.rows[0].traffic.calls = 1;
  EXPECT_EQ(c.said(find_cache)[0].batch, 32) << "the batch is the slice";
}

TEST(FindingRules, ALevelThatTheBatchOutgrewSaysWhichBatchFits) {
  RuleCase c;
  c.record.profile = made_up_profile();  // two threads: 20000 bytes of L2
  c.record.memory.threads = 2;
  c.record.memory.variable_bytes = 4'000, c.record.memory.workspace_bytes = 1'000, c.record.memory.input_bytes = 6'400;
  c.record.memory.arenas = {{"shared", 1, 19'200, {}}, {"thread", 2, 2'000, {}}};
  c.a().terms = Terms{100'000, 100'000, 100'000, 300'000};
  const auto findings = c.said(find_cache_batch);
  ASSERT_EQ(findings.size(), 1u);
  // 4000 + 2 x 1000 + 2 x 2000 for any batch, 400 bytes an example: (20000 - 10000) / 400 = 25 examples.
  EXPECT_DOUBLE_EQ(evidence(findings[0], "bytes_per_example"), 400);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "step_bytes"), 35'600);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "examples_that_fit"), 25);
  EXPECT_EQ(findings[0].batch, 16) << "the power of two below";
  EXPECT_EQ(findings[0].at_most_ns, 100'000);
  c.record.profile->l3_bytes = 36'000;
  EXPECT_NE(c.said(find_cache_batch)[0].text.find("L2 of 2 threads"), std::string::npos);
  c.record.profile->l3_bytes = 30'000;
  EXPECT_DOUBLE_EQ(evidence(c.said(find_cache_batch)[0], "examples_that_fit"), 50) << "L3 is what was lost last";
  c.a().terms->cold_ns = 10'000;
  EXPECT_TRUE(c.said(find_cache_batch).empty()) << "lost, and it costs nothing";
  c.a().terms->cold_ns = 100'000, c.record.profile->l3_bytes = 0, c.record.memory.variable_bytes = 20'000;
  EXPECT_TRUE(c.said(find_cache_batch).empty()) << "the weights alone fill it, for any batch";
}

TEST(FindingRules, TheMostThatRowsCouldGiveIsTheirTimeThere) {
  RuleCase c;
  c.record.profile = made_up_profile();
  c.a().kind = c.b().kind = NodeKind::product;
  c.a().floor_ns = 480'000, c.b().floor_ns = 120'000, c.b().room_ns = 280'000;
  EXPECT_EQ(c.said(find_product_shapes)[0].at_most_ns, 280'000) << "b at its floor";
  c.a().count.mul = 1'000, c.a().count.padding_mul = 250;
  EXPECT_EQ(c.said(find_padding)[0].at_most_ns, 150'000) << "a quarter of a";
  c.b().kind = NodeKind::activation, c.b().bound_by = "L3";
  EXPECT_EQ(c.said(find_memory_bound)[0].at_most_ns, 400'000) << "all of b";
  c.b().kind = NodeKind::normalization, c.b().work = 1'000;
  c.account(Account::sync, 0, 200'000);
  EXPECT_EQ(c.said(find_normalization)[0].at_most_ns, 500'000) << "b, and a thread's waiting over two";
  c.b().backend = "reference";
  EXPECT_EQ(c.said(find_plain_loops)[0].at_most_ns, 280'000) << "b at its floor";
  c.switched("backend", "onednn, reference");
  EXPECT_EQ(c.said(find_plain_loops)[0].value, "simd,onednn,reference") << "it was not asked";
  c.b().phase = Phase::update;
  EXPECT_EQ(c.said(find_optimizer)[0].at_most_ns, 200'000) << "half as often";
}

TEST(FindingRules, TheMostThatThreadsAndCallsCouldGive) {
  RuleCase c;
  c.record.schedule.stages = {{{{0, 4}}, {{0, 4}}}, {{{1, 1}}}};
  EXPECT_EQ(c.said(find_small_batch)[0].at_most_ns, 200'000) << "b on two threads instead of one";
  EXPECT_EQ(c.said(find_small_batch)[0].batch, 256);
  c.report.step.repetitions = 2;
  c.account(Account::kernel, 0, 900'000), c.account(Account::kernel, 1, 700'000);
  c.record.slices = 13, c.record.slice_examples = 5;
  auto findings = c.said(find_imbalance);
  EXPECT_EQ(findings[0].at_most_ns, 50'000) << "100 us above the mean, over two steps";
  EXPECT_EQ(findings[0].batch, 14 * 5);
  c.record.slices = 14;
  EXPECT_EQ(c.said(find_imbalance)[0].batch, 0) << "they divide: somebody else has the core";
  c.record.rows[0].traffic.calls = 500;
  c.account(Account::dispatch, 0, 200'000);
  EXPECT_EQ(c.said(find_dispatch)[0].at_most_ns, 100'000);
}

TEST(FindingRules, TheFirstNameStandsForMany) {
  RuleCase c;
  EXPECT_EQ(names_of({}), "");
  EXPECT_EQ(names_of({&c.a()}), "a");
  EXPECT_EQ(names_of({&c.a(), &c.b()}), "a and b");
  EXPECT_EQ(names_of({&c.b(), &c.a(), &c.a()}), "b and 2 more");
}

TEST(FindingRules, CommandsKeepTheRunsFlagsAndSayNoneTwice) {
  RuleCase c;
  c.record.command = "tacho analyze --network n.toml --batch-size 64 --threads 2 --inference";
  c.report.record = &c.record;
  EXPECT_EQ(more_command(c.report, "--batch-size 256"),
            "tacho analyze --network n.toml --threads 2 --inference --batch-size 256");
  EXPECT_EQ(plan_command(c.report), "tacho plan --network n.toml --batch-size 64 --threads 2 --inference");
  EXPECT_EQ(sweep_command(c.report, "width"), "tacho sweep --network n.toml --batch-size 64 --threads 2 --over width");
  EXPECT_EQ(edit_network_command(c.report), "tacho inspect --network n.toml --toml");
  c.record.command = "tacho analyze --network vgg11 --width 0.5 --image 3x64x64 --batch-size 64";
  EXPECT_EQ(edit_network_command(c.report), "tacho inspect --network vgg11 --width 0.5 --image 3x64x64 --toml");
  c.switched("execution", "procedural");
  EXPECT_TRUE(plan_command(c.report).ends_with("--against execution=graph")) << "it has no plan";
}

TEST(FindingRules, ALargerBatchIsAskedForWhereNothingElseDoesIt) {
  RuleCase c;
  EXPECT_TRUE(c.said(find_larger_batch).empty()) << "nothing works on weights alone, nobody waits";
  c.a().phase = Phase::update;
  c.account(Account::sync, 1, 40'000);
  auto findings = c.said(find_larger_batch);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "weights_time_share"), 0.3);
  EXPECT_DOUBLE_EQ(evidence(findings[0], "sync_share"), 0.02);
  EXPECT_EQ(findings[0].batch, 128);
  EXPECT_EQ(findings[0].at_most_ns, 310'000) << "half of both: 600 us on one thread, 40 us shared by two";
  Finding other{"dispatch", ""};
  other.batch = 256;
  findings = {other};
  find_larger_batch(c.report, findings);
  EXPECT_EQ(findings.size(), 1u) << "one larger batch is enough";
}

}  // namespace
}  // namespace tacho
