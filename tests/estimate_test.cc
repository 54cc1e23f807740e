// `tacho estimate` as a user meets it on a machine without a calibration.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/text.h"
#include "data/test_files.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

using ParsedJson = nlohmann::json;

/// A home without anything in it, for the programs that a test starts.
class EmptyHome {
 public:
  explicit EmptyHome(const std::string& folder) {
    if (const char* home = std::getenv("TACHO_HOME")) before_ = home;
    setenv("TACHO_HOME", folder.c_str(), 1);
  }
  ~EmptyHome() {
    if (before_.empty()) unsetenv("TACHO_HOME");
    else setenv("TACHO_HOME", before_.c_str(), 1);
  }

 private:
  std::string before_;
};

TEST(EstimateCommandSlow, WithoutCalibrationItSaysSoAndNamesTheCommand) {
  const TestFolder folder;
  const EmptyHome home(folder / "home");
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

TEST(EstimateCommand, ProceduralHasNoPlan) {
  const TestFolder folder;
  const ProgramResult result = run_tacho(folder.path(), {"estimate", "lenet5", "--execution", "procedural"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("use --execution graph"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace tacho
