// tacho machine from a kept profile: nothing is measured.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/text.h"
#include "data/test_files.h"
#include "device/cpu.h"
#include "device/identity.h"
#include "tests/support/made_up_run.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

/// The made-up machine with so many threads, kept as this machine's.
void keep(int threads) {
  MachineProfile profile = made_up_profile();
  profile.identity = machine_identity();
  profile.threads = profile.cores = threads;
  for (int n = 3; n <= threads; ++n) {
    profile.compute.push_back({"float32", "avx2", n, 1e9 * n, 0.01});
    profile.bandwidth.push_back({"memory", "read", n, 100000, 10e9, 0.02});
  }
  profile.warnings = {"a sentence that says at some length what spoiled these measurements, with its figure, 12 %"};
  keep_profile(profile);
}

TEST(MachineCommand, AKeptProfileIsPrintedInEightyColumns) {
  const int threads = std::max(this_cpu().cores, 9);
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  keep(threads);
  const ProgramResult result = run_tacho(folder / "", {"machine", "--threads", std::to_string(threads)});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("kept in") != std::string::npos) continue;  // a path is as long as it is
    EXPECT_LE(width_of(line), 80u) << line;
  }
  for (const char* part : {"made up", "1 thread", "ROOFLINE", "WARNING  a sentence", "--again"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
  EXPECT_NE(result.out.find(std::to_string((threads + 1) / 2) + " threads"), std::string::npos) << result.out;
}

TEST(MachineCommand, JsonIsTheKeptProfile) {
  const int threads = std::max(this_cpu().cores, 2);
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  keep(threads);
  const ProgramResult result = run_tacho(folder / "", {"machine", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::ordered_json::parse(result.out);
  EXPECT_EQ(json.begin().key(), "schema");
  EXPECT_EQ(json["schema"], "tacho.machine");
  EXPECT_EQ(json["hardware"]["processor"], "made up");
  EXPECT_EQ(json["compute_ceilings"][1]["flop_per_s"], 2e9);
  for (const char* field : {"bandwidth", "latency", "warnings", "measured_at"})
    EXPECT_TRUE(json.contains(field)) << field;
}

}  // namespace
}  // namespace tacho
