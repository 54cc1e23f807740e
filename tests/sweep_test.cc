// `tacho sweep` and `tacho matmul` end to end on small sizes.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/text.h"
#include "data/test_files.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

using ParsedJson = nlohmann::json;

ProgramResult run_sweep(const std::vector<std::string>& arguments) {
  const TestFolder folder;
  const ProgramResult result = run_tacho(folder.path(), arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result;
}

ParsedJson run_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--quiet", "--json", "-"});
  return ParsedJson::parse(run_sweep(arguments).out);
}

void check_lines(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
}

std::map<std::string, ParsedJson> fits_of(const ParsedJson& sweep) {
  std::map<std::string, ParsedJson> fits;
  for (const ParsedJson& fit : sweep.at("fits"))
    fits[fit.at("op").get<std::string>() + " " + fit.at("phase").get<std::string>()] = fit;
  return fits;
}

TEST(Sweep, BatchIsLinearInTheoryForEveryOperationButTheUpdate) {
  const ParsedJson sweep = run_json({"sweep", "simplenn-4", "--over", "batch", "--values", "2,4,8", "--split", "64:0",
                                     "--rounds", "2", "--threads", "1", "--tune", "off"});
  EXPECT_EQ(sweep.at("schema"), "tacho.sweep");
  ASSERT_EQ(sweep.at("points").size(), 3u);
  for (const ParsedJson& point : sweep.at("points")) {
    EXPECT_GT(point.at("step_ns"), 0);
    EXPECT_EQ(point.at("rounds").size(), 2u);
  }
  const auto fits = fits_of(sweep);
  EXPECT_EQ(fits.at("step all").at("formula_exponent"), 1);
  EXPECT_EQ(fits.at("conv2d forward").at("formula_exponent"), 1);
  EXPECT_EQ(fits.at("momentum_update update").at("formula_exponent"), 0);
  const ParsedJson& step = fits.at("step all");
  EXPECT_LE(step.at("low"), step.at("exponent"));
  EXPECT_GE(step.at("high"), step.at("exponent"));
  EXPECT_EQ(step.at("samples"), 6);
}

TEST(Sweep, FormulasKnowWidthDepthImageAndThreads) {
  const std::vector<std::string> small = {"--split", "32:0", "--batch-size", "2", "--rounds", "1", "--tune", "off"};
  const auto exponents = [&](const std::string& over, const std::string& values) {
    std::vector<std::string> arguments = {"sweep", "simplenn-4", "--over", over, "--values", values};
    arguments.insert(arguments.end(), small.begin(), small.end());
    return fits_of(run_json(arguments));
  };
  const auto width = exponents("width", "0.5,1,2");
  EXPECT_EQ(width.at("conv2d forward").at("formula_exponent"), 2) << "channels in and out";
  const auto depth = exponents("depth", "1,2,3");
  EXPECT_EQ(depth.at("conv2d forward").at("formula_exponent"), 1);
  const auto image = exponents("image", "16,24,32");
  EXPECT_EQ(image.at("conv2d forward").at("formula_exponent"), 2) << "height and width";
  const auto threads = exponents("threads", "1,2");
  EXPECT_EQ(threads.at("step all").at("formula_exponent"), -1);
  EXPECT_EQ(threads.at("conv2d forward").at("formula_exponent"), 0);
}

TEST(Sweep, TextFitsTheTerminal) {
  const std::string text = run_sweep({"sweep", "mlp", "--over", "batch", "--values", "1,4,16", "--split", "32:0",
                                      "--rounds", "1", "--tune", "off"})
                               .out;
  check_lines(text);
  for (const char* part : {"EXPONENTS", "WHERE THEY PART", "STEP  ms against batch"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(Sweep, TimeToAccuracyIsStepsTimesTimePerStep) {
  const ParsedJson sweep = run_json({"sweep", "mlp", "--over", "batch", "--until", "accuracy=0.5", "--values",
                                     "16:0.05,64:0.1", "--split", "512:128", "--seeds", "2", "--tune", "off"});
  EXPECT_EQ(sweep.at("until").at("accuracy"), 0.5);
  for (const ParsedJson& point : sweep.at("points")) {
    ASSERT_TRUE(point.at("reached").get<bool>()) << point;
    EXPECT_EQ(point.at("runs").size(), 2u);
    const int64_t steps = point.at("steps"), step_ns = point.at("step_ns"), time_ns = point.at("time_ns");
    EXPECT_EQ(step_ns, time_ns / steps);
    for (const ParsedJson& r : point.at("runs")) EXPECT_GE(r.at("accuracy"), 0.5);
  }
  const ParsedJson optimizers =
      run_json({"sweep", "mlp", "--over", "optimizer", "--until", "accuracy=0.999", "--values", "sgd:0.000001",
                "--split", "64:32", "--seeds", "1", "--max-epochs", "1", "--tune", "off"});
  EXPECT_FALSE(optimizers.at("points")[0].at("reached").get<bool>());
  EXPECT_FALSE(optimizers.at("points")[0].contains("time_ns"));
}

TEST(Sweep, MistakesAreOneLine) {
  const TestFolder folder;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"sweep", "--over", "sequence"}, "no recurrent layers"},
      {{"sweep", "--over", "optimizer"}, "add --until"},
      {{"sweep", "--over", "colour"}, "expects batch"},
      {{"sweep", "--over", "batch", "--values", "2", "--split", "32:0"}, "at least two"},
      {{"sweep", "--over", "batch", "--values", "1.5,2", "--split", "32:0"}, "whole numbers"},
      {{"sweep", "--over", "width", "--values", "0.3,1", "--split", "32:0"}, "no whole number"},
      {{"sweep", "--over", "depth", "--network", "unet", "--split", "32:0", "--values", "1,2"}, "joins branches"},
      {{"sweep", "--over", "image", "--network", "mlp", "--values", "0,2", "--split", "32:0"}, "--values expects"},
      {{"sweep", "--over", "width", "--until", "accuracy=0.9", "--split", "32:0"}, "--until goes with"},
      {{"sweep", "--over", "batch", "--until", "loss=1", "--split", "32:0"}, "accuracy=X"},
      {{"matmul", "--ways", "magic"}, "unknown way 'magic'"},
      {{"matmul", "--shapes", "round"}, "unknown group 'round'"},
      {{"matmul", "--shape", "3x4"}, "expects MxKxN"},
  };
  for (const auto& [arguments, part] : cases) {
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 2) << part;
    EXPECT_TRUE(is_one_error_line(result.err)) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  }
}

TEST(Matmul, CountsErrorsAndCrossovers) {
  const ParsedJson result =
      run_json({"matmul", "--shapes", "square", "--sizes", "7,16,32", "--cutoff", "4", "--rounds", "3"});
  EXPECT_EQ(result.at("schema"), "tacho.matmul");
  EXPECT_GT(result.at("ceiling_flop_per_s"), 0);
  ASSERT_EQ(result.at("sizes").size(), 3u);
  for (const ParsedJson& size : result.at("sizes")) {
    const int64_t n = size.at("n");
    for (const ParsedJson& way : size.at("ways")) {
      EXPECT_LT(way.at("error"), 1e-5) << way;
      EXPECT_EQ(way.at("rounds_ns").size(), 3u);
      if (way.at("way") == "naive") {
        EXPECT_EQ(way.at("mul"), n * n * n);
        EXPECT_EQ(way.at("add"), n * n * (n - 1));
      }
      // 16 to 8 to 4: two levels of seven products.
      if (way.at("way") == "strassen" && n == 16) {
        EXPECT_EQ(way.at("mul"), 49 * 64);
      }
    }
  }
  std::vector<std::string> fitted;
  for (const ParsedJson& fit : result.at("fits")) {
    fitted.push_back(fit.at("way"));
    if (fit.at("way") == "naive") {
      EXPECT_NEAR(fit.at("count_exponent").get<double>(), 3, 0.1);
    }
  }
  EXPECT_EQ(fitted[0], "naive");
  ASSERT_GE(result.at("crossovers").size(), 1u);
  EXPECT_EQ(result.at("crossovers")[0].at("base"), "blocked");
  EXPECT_EQ(result.at("crossovers")[0].at("up_to"), 32);
}

TEST(Matmul, TextFitsTheTerminalForEveryShape) {
  const std::string text =
      run_sweep({"matmul", "--sizes", "8,16,24", "--rounds", "1", "--ways", "blocked,strassen"}).out;
  check_lines(text);
  for (const char* part : {"square", "recurrent", "transformer", "convolution", "EXPONENTS", "RATE"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  check_lines(run_sweep({"matmul", "--shape", "3x5x7", "--dtype", "float64", "--rounds", "1"}).out);
}

}  // namespace
}  // namespace tacho
