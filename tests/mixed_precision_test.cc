// --dtype bfloat16 from the switch to the trained weights: what carries the attribute, who multiplies, what is kept.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "analysis/floors.h"
#include "backends/simd/gemm.h"
#include "backends/simd/targets.h"
#include "data/test_files.h"
#include "nn/builtin.h"
#include "plan/row.h"
#include "tests/support/measure.h"
#include "tests/support/run_program.h"
#include "train/trainer.h"

namespace tacho {
namespace {

using MixedWays = std::map<std::string, std::string>;

StepOptions mixed_step(const NetworkSpec& network, int64_t batch, const MixedWays& ways) {
  StepOptions options;
  options.network = network;
  options.batch = batch;
  Switches set;
  for (const auto& [name, value] : ways) set_switch(set, name, value);
  options.way = resolve(set);
  return options;
}

/// Convolutions with filters of 1 x 1 and 3 x 3, one of them strided, and a fully connected layer.
NetworkSpec mixed_network() { return builtin_network("resnet18", Shape{3, 8, 8}); }

class MixedPrecision : public testing::Test {
 protected:
  void SetUp() override {
    if (!simd::bfloat16_gemm()) GTEST_SKIP() << "this machine has no instructions for products of bfloat16";
  }
};

TEST_F(MixedPrecision, EveryProductOfAStepCarriesTheAttribute) {
  for (const char* convolution : {"direct", "im2col", "gather"}) {
    int products = 0;
    for (const char* dtype : {"bfloat16", "float32"}) {
      const Graph graph =
          source_graph(mixed_step(mixed_network(), 4, {{"dtype", dtype}, {"convolution", convolution}}));
      for (int n = 0; n < graph.node_count(); ++n) {
        const GraphNode& node = graph.node(n);
        if (!node.op->has(Trait::product)) continue;
        EXPECT_EQ(permits_bfloat16(node.attributes), dtype == std::string("bfloat16")) << graph.path(n);
        for (Value output : node.outputs) EXPECT_EQ(graph.type(output).dtype, DType::float32);
        ++products;
      }
    }
    EXPECT_GT(products, 2 * 3 * 20) << convolution << ": forward and two gradients of 21 layers, twice";
  }
}

TEST_F(MixedPrecision, ThePlanTakesKernelsOfBothAndFloorsKnowThem) {
  const StepOptions options =
      mixed_step(mixed_network(), 16, {{"dtype", "bfloat16"}, {"backend", "simd,reference"}, {"tune", "order"}});
  EXPECT_EQ(dtype_name(options.way), "bfloat16");
  EXPECT_EQ(options.way.dtype, DType::float32);
  const std::unique_ptr<Plan> plan = plan_of(options);
  MachineProfile profile;
  profile.compute = {{"float32", "avx512", 1, 100e9, 0}, {"bfloat16", "avx512", 1, 200e9, 0}};
  int rounding = 0, others = 0;
  for (const NodeRow& row : rows_of(*plan)) {
    const bool rounds = row.kernel_name.rfind("bfloat16 ", 0) == 0;
    EXPECT_EQ(row.dtype, rounds ? "bfloat16" : "float32") << row.path;
    const double at_rate = multiply_adds(row.executed.tally) / (rounds ? 100e9 : 50e9) * 1e9;
    EXPECT_NEAR(double(floor_of(row, profile, 1).arithmetic_ns), at_rate, 1) << row.path;
    (rounds ? rounding : others) += 1;
  }
  EXPECT_GT(rounding, 40);
  EXPECT_GT(others, 20);
  // The same kernels again, by name, as a checkpoint asks for them.
  StepOptions again = options;
  again.choices = choices_of(*plan);
  EXPECT_EQ(fingerprint_of(*plan_of(again)), fingerprint_of(*plan));
}

TEST_F(MixedPrecision, AnExplicitFloat32PlanHasNone) {
  for (const NodeRow& row : rows_of(*plan_of(mixed_step(mixed_network(), 16, {{"backend", "simd,reference"}}))))
    EXPECT_EQ(row.dtype, "float32") << row.path;
}

TrainOptions mixed_training(const Dataset& data, const char* network, const MixedWays& ways, int64_t steps) {
  TrainOptions options;
  options.step = mixed_step(builtin_network(network, data.example_shape(), 10), 20, ways);
  options.learning_rate = 0.01;
  options.max_steps = steps;
  return options;
}

Dataset mixed_digits() {
  DataSpec spec;
  spec.split = Split{200, 50};
  return load_dataset(spec);
}

std::vector<double> mixed_losses(TrainOptions options, const Dataset& data, VariableStore* variables = nullptr) {
  std::vector<double> losses;
  options.progress = [&](const TrainProgress& progress) { losses.push_back(progress.loss); };
  TrainResult result = train(options, data);
  if (variables) *variables = std::move(result.variables);
  return losses;
}

TEST_F(MixedPrecision, TheLossFallsBesideFloat32s) {
  const Dataset data = mixed_digits();
  for (const char* network : {"mlp", "simplenn-4"}) {
    const MixedWays simd{{"backend", "simd,reference"}};
    MixedWays rounding = simd;
    rounding["dtype"] = "bfloat16";
    const std::vector<double> exact = mixed_losses(mixed_training(data, network, simd, 40), data);
    const std::vector<double> rounded = mixed_losses(mixed_training(data, network, rounding, 40), data);
    ASSERT_EQ(exact.size(), rounded.size());
    EXPECT_NE(exact[0], rounded[0]) << "nothing was rounded";
    for (size_t step = 0; step < 10; ++step) EXPECT_NEAR(rounded[step], exact[step], 0.05 * exact[0]) << network;
    const auto end = [](const std::vector<double>& losses) {
      double sum = 0;
      for (size_t i = losses.size() - 10; i < losses.size(); ++i) sum += losses[i] / 10;
      return sum;
    };
    EXPECT_LT(end(rounded), 0.8 * rounded[0]) << network;
    EXPECT_NEAR(end(rounded), end(exact), 0.1 * exact[0]) << network;
  }
}

TEST_F(MixedPrecision, WeightsAreBitIdenticalForAnyNumberOfThreads) {
  const Dataset data = mixed_digits();
  for (const char* execution : {"graph", "procedural"}) {
    VariableStore first;
    for (const char* threads : {"1", "2", "3"}) {
      VariableStore variables;
      mixed_losses(mixed_training(data, "simplenn-4",
                                  {{"dtype", "bfloat16"},
                                   {"lanes", "3"},
                                   {"threads", threads},
                                   {"execution", execution},
                                   {"backend", "simd,reference"}},
                                  3),
                   data, &variables);
      if (first.empty()) first = variables;
      for (const auto& [name, tensor] : variables) {
        EXPECT_EQ(tensor.dtype(), DType::float32);
        EXPECT_TRUE(support::same_bits(tensor, first.at(name))) << name << " on " << threads << " threads";
      }
    }
  }
}

/// A checkpoint holds float32; resuming goes on in bfloat16, evaluation may use either.
TEST_F(MixedPrecision, CheckpointsHoldFloat32AndSayWhatTheyWereTrainedIn) {
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  const std::string run = folder / "run";
  const std::vector<std::string> command{"train",   "mlp",      "--split",      "100:20", "--max-steps", "4",
                                         "--dtype", "bfloat16", "--checkpoint", run,      "--json",      "-"};
  const ProgramResult trained = run_tacho(folder.path(), command);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.out.find("\"dtype\": \"bfloat16\""), std::string::npos) << trained.out;
  const Checkpoint checkpoint = read_checkpoint(run);
  EXPECT_EQ(checkpoint.dtype, DType::float32);
  EXPECT_EQ(checkpoint.precision(), "bfloat16");
  for (const std::vector<std::string>& dtype :
       {std::vector<std::string>{}, {"--dtype", "bfloat16"}, {"--dtype", "float32"}}) {
    std::vector<std::string> evaluate{"evaluate", "--checkpoint", run, "--split", "100:20"};
    evaluate.insert(evaluate.end(), dtype.begin(), dtype.end());
    const ProgramResult result = run_tacho(folder.path(), evaluate);
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  const ProgramResult wide = run_tacho(folder.path(), {"evaluate", "--checkpoint", run, "--dtype", "float64"});
  EXPECT_EQ(wide.exit_code, 2);
  const ProgramResult other = run_tacho(folder.path(), {"train", "mlp", "--split", "100:20", "--max-steps", "6",
                                                        "--dtype", "float32", "--checkpoint", run, "--resume"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("trained with --dtype bfloat16, this run has float32"), std::string::npos) << other.err;
}

/// Any machine has a target without the instructions.
TEST(MixedPrecisionElsewhere, IsRefusedWhereTheMachineHasNone) {
  const std::string before = simd::target_in_use();
  simd::force_target("baseline");
  std::string message;
  try {
    Switches set;
    set_switch(set, "dtype", "bfloat16");
  } catch (const Error& error) {
    message = error.what();
  }
  simd::force_target(before);
  EXPECT_NE(message.find("--dtype bfloat16: this machine"), std::string::npos) << message;
  EXPECT_NE(message.find("use float32"), std::string::npos) << message;
  const char* const asked = std::getenv("TACHO_SIMD_TARGET");
  const std::string variable = asked ? asked : "";
  ::setenv("TACHO_SIMD_TARGET", "baseline", 1);
  const TestFolder folder;
  const ProgramResult result = run_tacho(folder.path(), {"train", "mlp", "--dtype", "bfloat16"});
  if (asked) ::setenv("TACHO_SIMD_TARGET", variable.c_str(), 1);
  else ::unsetenv("TACHO_SIMD_TARGET");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(result.err)) << result.err;
}

}  // namespace
}  // namespace tacho
