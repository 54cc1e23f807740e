// `tacho compare` as a user calls it: two ways of one step, another program's trace, the check for continuous
// integration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "analysis/compare/render_compare.h"
#include "io/traces/read_trace.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

const std::string& folder() {
  static const std::string kFolder = [] {
    const std::string path = testing::TempDir() + "compare_test_" + std::to_string(::getpid());
    std::filesystem::create_directories(path);
    return path;
  }();
  return kFolder;
}

/// A result of `tacho analyze` with these flags, made once.
std::string result(const std::string& name, const std::vector<std::string>& flags) {
  const std::string path = folder() + "/" + name + ".json";
  if (std::filesystem::exists(path)) return path;
  std::vector<std::string> arguments = {"analyze", "--batch-size", "4",      "--steps", "8",       "--ways", "off",
                                        "--apart", "off",          "--tune", "off",     "--quiet", "--json", path};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const ProgramResult run = run_tacho(folder(), arguments);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return path;
}

std::string direct() { return result("direct", {"--threads", "1"}); }

Json compare_json(const std::string& a, const std::string& b, const std::vector<std::string>& flags = {}) {
  std::vector<std::string> arguments = {"compare", a, b, "--json", "-"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const ProgramResult run = run_tacho(folder(), arguments);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return Json::parse(run.out);
}

void check_compare_sums(const Json& json) {
  int64_t sum = 0;
  for (const Json& term : json["terms"]) sum += term["ns"].get<int64_t>();
  EXPECT_EQ(sum, json["difference_ns"].get<int64_t>());
  EXPECT_EQ(json["difference_ns"].get<int64_t>(),
            json["b"]["step_ns"].get<int64_t>() - json["a"]["step_ns"].get<int64_t>());
}

TEST(CompareCommand, OwnResultsCloseIntoTheirSteps) {
  const StepProfile p = read_trace(direct());  // throws where a step does not close
  EXPECT_EQ(p.steps_ns.size(), 8u);
  EXPECT_EQ(p.facts.network, "simplenn-4");
  EXPECT_EQ(p.facts.threads, 1);
  EXPECT_TRUE(p.facts.versions.count("tacho"));
  EXPECT_EQ(p.facts.versions.count("gcc") + p.facts.versions.count("clang"), 1u) << "the compiler";
}

TEST(CompareCommand, TwoWaysOfOneStep) {
  const std::string gather =
      result("gather", {"--threads", "1", "--convolution", "gather", "--execution", "procedural"});
  const Json json = compare_json(direct(), gather);
  EXPECT_EQ(json["schema"], "tacho.compare");
  EXPECT_TRUE(json["concluded"]) << json["confounders"].dump();
  check_compare_sums(json);
  // A convolution that was lowered to other operations is joined by its layer: nothing is left over.
  EXPECT_TRUE(json["unmatched"].empty()) << json["unmatched"].dump();
  EXPECT_LT(json["a"]["unmatched_share"].get<double>(), 1e-9);
}

class PyTorchsTrace : public testing::TestWithParam<const char*> {};

TEST_P(PyTorchsTrace, OfTheSameStepIsMatchedAlmostWhole) {
  const std::string trace =
      std::string(TACHO_SOURCE_DIR) + "/tests/data/traces/pytorch-" + GetParam() + "-simplenn4-b4.pt.trace.json.gz";
  const Json json = compare_json(direct(), trace);
  EXPECT_TRUE(json["concluded"]) << "nothing differs, some things are not recorded: " << json["confounders"].dump();
  check_compare_sums(json);
  EXPECT_LT(json["a"]["unmatched_share"].get<double>(), 0.05);
  EXPECT_LT(json["b"]["unmatched_share"].get<double>(), 0.05);
  EXPECT_EQ(json["sums"]["work"]["ns"], 0) << "the same step requires the same";
  for (const Json& operation : json["operations"])
    if (operation["work_ratio"].is_number()) {
      EXPECT_DOUBLE_EQ(operation["work_ratio"].get<double>(), 1) << operation.dump();
    }
}

INSTANTIATE_TEST_SUITE_P(CompareCommand, PyTorchsTrace, testing::Values("2.5.1", "2.15.0"));

TEST(CompareCommand, AConvolutionLoweredToProductsIsStillOne) {
  const std::string gather =
      result("gather", {"--threads", "1", "--convolution", "gather", "--execution", "procedural"});
  const std::string trace =
      std::string(TACHO_SOURCE_DIR) + "/tests/data/traces/pytorch-2.5.1-simplenn4-b4.pt.trace.json.gz";
  const Json json = compare_json(gather, trace);
  check_compare_sums(json);
  EXPECT_LT(json["a"]["unmatched_share"].get<double>(), 0.05) << json["unmatched"].dump(1);
  EXPECT_LT(json["b"]["unmatched_share"].get<double>(), 0.05) << json["unmatched"].dump(1);
}

TEST(CompareCommand, AnotherBatchIsAConfounderAndWorkOnceAccepted) {
  const std::string twice = result("twice", {"--threads", "1", "--batch-size", "8"});
  const Json withheld = compare_json(direct(), twice);
  EXPECT_FALSE(withheld["concluded"]);
  EXPECT_TRUE(withheld["terms"].empty());
  const Json accepted = compare_json(direct(), twice, {"--accept"});
  check_compare_sums(accepted);
  EXPECT_GT(accepted["sums"]["work"]["ns"].get<int64_t>(), 0) << "twice the batch is more work";
}

TEST(CompareCommand, FailsOnARegressionWithItsReason) {
  const auto check = [](const std::string& a, const std::string& b) {
    return run_tacho(folder(), {"compare", a, b, "--fail-on-regression", "--tolerance", "30"});
  };
  EXPECT_EQ(check(direct(), direct()).exit_code, 0);
  // The same result, every step a thousand times as long: on a busy machine one of eight may take three times another.
  Json slow = Json::parse(std::ifstream(direct()));
  const auto longer = [](Json& samples) {
    for (Json& ns : samples) ns = ns.get<int64_t>() * 1000;
  };
  longer(slow["step"]["samples_ns"]);
  for (Json& operation : slow["operations"])
    if (operation.contains("samples_ns")) longer(operation["samples_ns"]);
  for (auto& [name, samples] : slow["ledger"]["samples"]["accounts"].items()) longer(samples);
  const std::string slow_path = folder() + "/slow.json";
  std::ofstream(slow_path) << slow;
  const ProgramResult found = check(direct(), slow_path);
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.err, testing::HasSubstr("B's steps are longer"));
  EXPECT_EQ(check(slow_path, direct()).exit_code, 0) << "faster is no regression";
  // Another count, however fast.
  slow = Json::parse(std::ifstream(direct()));
  slow["nodes"][0]["work"] = slow["nodes"][0]["work"].get<int64_t>() + 1;
  std::ofstream(slow_path) << slow;
  const ProgramResult counted = check(direct(), slow_path);
  EXPECT_EQ(counted.exit_code, 1);
  EXPECT_THAT(counted.err, testing::HasSubstr("counts differ"));
}

TEST(CompareCommand, UsersMistakesAreOneLine) {
  const std::string nothing = folder() + "/nothing.txt";
  std::ofstream(nothing) << "hello\n";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"compare"},
                                             {"compare", direct()},
                                             {"compare", direct(), folder() + "/absent.json"},
                                             {"compare", direct(), nothing},
                                             {"compare", direct(), direct(), "--b-is", "threads"},
                                             {"compare", direct(), direct(), "--b-is", "threads=2"},
                                             {"compare", direct(), direct(), "--b-is", "colour=blue"}}) {
    const ProgramResult run = run_tacho(folder(), arguments);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(is_one_error_line(run.err)) << run.err;
  }
}

}  // namespace
}  // namespace tacho
