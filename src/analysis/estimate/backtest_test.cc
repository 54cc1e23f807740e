#include "analysis/estimate/backtest.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/text.h"

namespace tacho {
namespace {

BacktestCase backtest_case(const char* network, int threads, int64_t estimated, const std::vector<int64_t>& rounds) {
  BacktestCase made;
  made.network = network;
  made.batch = 256;
  made.threads = threads;
  made.toml = std::string(network).starts_with("toml");
  made.estimated_ns = estimated, made.low_ns = estimated / 2, made.high_ns = estimated + estimated / 10;
  made.roofline_ns = 2 * estimated;
  for (int64_t ns : rounds) made.rounds.push_back({ns, {0.9e9 * threads, threads > 1 ? 70e9 : 0}, true});
  made.samples = 30;
  return made;
}

MachineProfile slow_machine() {
  MachineProfile profile;
  profile.processor = "a machine";
  profile.compute = {{"float32", "baseline", 1, 1e9, 0}, {"float32", "baseline", 2, 2e9, 0}};
  return profile;
}

/// Without line breaks.
std::string in_one_line(std::string text) {
  for (size_t at; (at = text.find("\n  ")) != std::string::npos;) text.replace(at, 3, " ");
  return text;
}

TEST(Backtest, ErrorsAreOfTheRoundsMedians) {
  const std::vector<BacktestCase> cases = {backtest_case("a", 1, 1'100'000, {1'000'000, 900'000, 5'000'000}),
                                           backtest_case("toml-b", 2, 800'000, {1'000'000, 1'010'000, 990'000})};
  const BacktestError error = error_of(cases, false), roofline = error_of(cases, true);
  EXPECT_NEAR(error.mean, 0.15, 1e-9);
  EXPECT_NEAR(error.median, 0.1, 1e-9);
  EXPECT_NEAR(error.worst, 0.2, 1e-9);
  EXPECT_NEAR(roofline.worst, 1.2, 1e-9);
  EXPECT_FALSE(cases[0].steady());
  EXPECT_TRUE(cases[1].steady());
  const nlohmann::json json = nlohmann::json::parse(backtest_json(cases, slow_machine()));
  EXPECT_EQ(json.at("within_interval"), 1) << "1.0 is not within 0.4 to 0.88";
  EXPECT_NEAR(json.at("steady_error").at("mean").get<double>(), 0.2, 1e-9);
  EXPECT_NEAR(json.at("rate_of_profile").at("least").get<double>(), 0.9, 1e-9);
  EXPECT_EQ(json.at("exchange_bytes_per_s").at("most"), 70e9);
  EXPECT_EQ(json.at("cases")[1].at("measured_ns"), 1'000'000);
}

TEST(Backtest, TheQuickerHalfOfTheRoundsCountsAndAllRoundsAreSaidBeside) {
  const BacktestCase one = backtest_case("a", 2, 1'100'000, {4'000'000, 1'100'000, 2'000'000, 1'000'000, 3'000'000});
  EXPECT_EQ(one.measured_ns(), 1'100'000) << "the median of 1.0, 1.1 and 2.0";
  EXPECT_EQ(one.median_ns(), 2'000'000);
  EXPECT_NEAR(error_of({one}, false).mean, 0, 1e-9);
  EXPECT_NEAR(error_of_medians({one}).mean, 0.45, 1e-9);
  const nlohmann::json json = nlohmann::json::parse(backtest_json({one}, slow_machine()));
  EXPECT_NEAR(json.at("all_rounds_error").at("worst").get<double>(), 0.45, 1e-9);
  EXPECT_NE(backtest_text({one}, slow_machine()).find("beside all rounds: mean error 45.0 %"), std::string::npos);
}

TEST(Backtest, DisturbedRoundsCountOnlyWhereThereAreNoOthers) {
  BacktestCase one = backtest_case("a", 2, 1'000'000, {3'000'000, 1'000'000, 2'900'000});
  one.rounds[0].steady = one.rounds[2].steady = false;
  EXPECT_EQ(one.measured_ns(), 1'000'000);
  EXPECT_EQ(one.spread(), 0);
  const nlohmann::json json = nlohmann::json::parse(backtest_json({one}, slow_machine()));
  EXPECT_EQ(json.at("cases")[0].at("rounds_ns"), nlohmann::json({1'000'000}));
  EXPECT_EQ(json.at("cases")[0].at("disturbed_rounds_ns"), nlohmann::json({3'000'000, 2'900'000}));
  EXPECT_NE(in_one_line(backtest_text({one}, slow_machine())).find("2 of 3 rounds were disturbed"), std::string::npos);
  one.rounds[1].steady = false;
  EXPECT_FALSE(one.has_steady());
  EXPECT_EQ(one.measured_ns(), 2'900'000);
}

TEST(CalibrationPace, IsWhatNineOfTenStepsMetNoMoreThan) {
  Calibration calibration;
  EXPECT_EQ(usual_pace(calibration, 1).rate, 0);
  for (int i = 0; i < 101; ++i) calibration.steps.push_back({i, 1, "", {}, 10, 10, 0, {double(i), 200.0 - i}});
  EXPECT_EQ(usual_pace(calibration, 1).rate, 90);
  EXPECT_EQ(usual_pace(calibration, 1).exchange, 190);
  EXPECT_FALSE((Pace{80, 190}.steady({90, 190})));
  EXPECT_FALSE((Pace{90, 100}.steady({90, 190})));
  EXPECT_TRUE((Pace{85, 120}.steady({90, 190})));
}

TEST(Backtest, TextFitsEightyColumnsAndMarksWhatWasUnsteady) {
  std::vector<BacktestCase> cases = {backtest_case("a-network-of-a-long-name", 1, 1'100'000'000, {1'000'000'000}),
                                     backtest_case("b", 2, 1'100'000, {1'000'000, 2'000'000})};
  const std::string text = backtest_text(cases, slow_machine());
  std::istringstream lines(text);
  int marked = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(width_of(line), 80u) << line;
    marked += line.find("~ ") != std::string::npos && line.find("thr.") != std::string::npos;
  }
  EXPECT_EQ(marked, 1) << text;
  EXPECT_NE(in_one_line(text).find("threads exchanged 70 to 70 GB/s"), std::string::npos) << text;
  cases.pop_back();
  EXPECT_EQ(backtest_text(cases, slow_machine()).find("exchanged"), std::string::npos) << "one thread has nobody";
}

}  // namespace
}  // namespace tacho
