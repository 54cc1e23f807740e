// `tacho analyze --trace` as a user calls it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/run_program.h"

namespace tacho {
namespace {

std::vector<std::string> analyze_with_trace(const std::string& path) {
  return {"analyze", "--network", "mlp", "--batch-size", "4",   "--steps", "3",       "--tune",
          "off",     "--ways",    "off", "--apart",      "off", "--quiet", "--trace", path};
}

TEST(TraceCommand, WritesATraceThatAProgramReads) {
  const std::string folder = testing::TempDir() + "trace_command";
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/step.json";
  const ProgramResult run = run_tacho(folder, analyze_with_trace(path));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json trace = nlohmann::json::parse(std::ifstream(path));
  EXPECT_EQ(trace["otherData"]["traced_steps"], 3);
  int kernels = 0;
  for (const auto& event : trace["traceEvents"]) kernels += event["ph"] == "X" && event["cat"] == "kernel";
  EXPECT_GT(kernels, 3);
}

TEST(TraceCommand, AFolderThatIsNotThereIsSaidBeforeAnythingRuns) {
  const ProgramResult run = run_tacho(testing::TempDir(), analyze_with_trace("/no/such/folder/step.json"));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(run.err)) << run.err;
}

}  // namespace
}  // namespace tacho
