// `tacho estimate` as a user meets it on a machine without a calibration.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/text.h"
#include "data/test_files.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

using ParsedJson = nlohmann::json;

TEST(EstimateCommandSlow, WithoutCalibrationItSaysSoAndNamesTheCommand) {
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  const ProgramResult result =
      run_tacho(folder.path(), {"estimate", "lenet5", "--batch-size", "4", "--threads", "1", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const ParsedJson json = ParsedJson::parse(result.out);
  EXPECT_EQ(json.at("schema"), "tacho.estimate");
  EXPECT_EQ(json.at("calibrated"), false);
  ASSERT_EQ(json.at("reasons").size(), 1u);
  EXPECT_NE(json.at("reasons")[0].get<std::string>().find("tacho machine --kernels"), std::string::npos);
  EXPECT_LE(json.at("step").at("low_ns"), json.at("step").at("median_ns"));
  EXPECT_LT(json.at("step").at("median_ns"), json.at("step").at("high_ns"));
  EXPECT_GT(json.at("operations").size(), 10u);

  const ProgramResult text = run_tacho(folder.path(), {"estimate", "lenet5", "--batch-size", "4", "--threads", "1"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find(" more "), std::string::npos) << text.out;
  std::istringstream lines(text.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;

  const ProgramResult backtest = run_tacho(folder.path(), {"estimate", "--backtest"});
  EXPECT_EQ(backtest.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(backtest.err)) << backtest.err;
  EXPECT_NE(backtest.err.find("tacho machine --kernels"), std::string::npos);
}

ParsedJson complexity_of(const TestFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "complexity");
  arguments.insert(arguments.end(), {"--json", "-"});
  const ProgramResult result = run_tacho(folder.path(), arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return ParsedJson::parse(result.out);
}

/// What the operation of this layer and phase requires; its sum where there are several.
int64_t work_of(const ParsedJson& complexity, const std::string& op, const std::string& layer) {
  int64_t work = 0;
  for (const ParsedJson& row : complexity.at("operations"))
    if (row.at("op") == op && row.at("layer") == layer) work += row.at("work").get<int64_t>();
  return work;
}

TEST(EstimateCommand, WidthAndDepthScaleTheCountsExactly) {
  const TestFolder folder;
  const std::vector<std::string> base{"simplenn-4", "--batch-size", "3"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return complexity_of(folder, more);
  };
  const ParsedJson plain = with({}), wide = with({"--width", "2"}), deep = with({"--depth", "2"}),
                   both = with({"--depth", "2", "--width", "0.5"});
  // By hand, 28 x 28 images: 5x5 to 32 channels, 3x3 to 64, 3x3 to 64, 1152 / 2 features to 10 outputs.
  const auto parameters = [](const ParsedJson& json) { return json.at("network").at("parameters").get<int64_t>(); };
  EXPECT_EQ(parameters(plain), (25 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 64 + 64) + (576 * 10 + 10));
  EXPECT_EQ(parameters(wide), (25 * 64 + 64) + (9 * 64 * 128 + 128) + (9 * 128 * 128 + 128) + (1152 * 10 + 10));
  EXPECT_EQ(parameters(deep), parameters(plain) + (25 * 32 * 32 + 32) + 2 * (9 * 64 * 64 + 64));
  EXPECT_EQ(parameters(both),
            (25 * 16 + 16) + (25 * 16 * 16 + 16) + (9 * 16 * 32 + 32) + 3 * (9 * 32 * 32 + 32) + (288 * 10 + 10));
  // The first layer's channels grow on one side, the second's on both.
  EXPECT_EQ(work_of(wide, "conv2d", "conv1"), 2 * work_of(plain, "conv2d", "conv1"));
  EXPECT_EQ(work_of(wide, "conv2d", "conv2"), 4 * work_of(plain, "conv2d", "conv2"));
  EXPECT_GT(work_of(plain, "conv2d", "conv2"), 0);
  EXPECT_EQ(work_of(deep, "conv2d", "conv2"), work_of(plain, "conv2d", "conv2"));
  // A report says what it is about, as the commands that it names take it.
  EXPECT_EQ(plain.at("network").at("name"), "simplenn-4");
  EXPECT_EQ(both.at("network").at("name"), "simplenn-4 --depth 2 --width 0.5");
}

TEST(EstimateCommand, WhatCannotBeScaledIsRefusedInOneLine) {
  const TestFolder folder;
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& reason) {
    for (const char* command : {"estimate", "complexity", "plan", "analyze", "train", "sweep"}) {
      std::vector<std::string> words{command};
      words.insert(words.end(), arguments.begin(), arguments.end());
      const ProgramResult result = run_tacho(folder.path(), words);
      EXPECT_EQ(result.exit_code, 2) << command;
      EXPECT_TRUE(is_one_error_line(result.err)) << result.err;
      EXPECT_NE(result.err.find(reason), std::string::npos) << result.err;
    }
  };
  refused({"simplenn-4", "--width", "0.3"}, "width: 0.3 times the 32 channels of layer 'conv1' is no whole number");
  refused({"simplenn-4", "--width", "0"}, "--width");
  refused({"simplenn-4", "--depth", "1.5"}, "--depth");
  refused({"unet", "--depth", "2"}, "depth: 'unet' cannot be repeated");
}

TEST(EstimateCommandSlow, EstimatesScaledNetworks) {
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  const auto estimate = [&](std::vector<std::string> arguments) {
    const std::vector<std::string> base{"estimate", "lenet5", "--batch-size", "4", "--threads", "1", "--json", "-"};
    arguments.insert(arguments.begin(), base.begin(), base.end());
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ParsedJson::parse(result.out);
  };
  const ParsedJson plain = estimate({}), wide = estimate({"--width", "2"}), deep = estimate({"--depth", "3"});
  EXPECT_EQ(plain.at("network"), "lenet5");
  EXPECT_EQ(plain.at("width"), 1);
  EXPECT_EQ(plain.at("depth"), 1);
  EXPECT_EQ(wide.at("network"), "lenet5 --width 2");
  EXPECT_EQ(wide.at("width"), 2);
  EXPECT_EQ(deep.at("depth"), 3);
  EXPECT_EQ(wide.at("input_shape"), plain.at("input_shape"));
  EXPECT_GT(wide.at("step").at("median_ns"), plain.at("step").at("median_ns"));
  EXPECT_GT(deep.at("step").at("median_ns"), plain.at("step").at("median_ns"));
  EXPECT_GT(deep.at("operations").size(), plain.at("operations").size());
}

TEST(EstimateCommand, ProceduralHasNoPlan) {
  const TestFolder folder;
  const ProgramResult result = run_tacho(folder.path(), {"estimate", "lenet5", "--execution", "procedural"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("use --execution graph"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace tacho
