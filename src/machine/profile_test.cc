#include "machine/profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "device/identity.h"
#include "machine/loops.h"
#include "machine/rate_now.h"

namespace tacho {
namespace {

/// TACHO_HOME is a new folder while this lives.
class FreshHome {
 public:
  FreshHome() {
    if (const char* home = std::getenv("TACHO_HOME")) before_ = home;
    std::string pattern = (std::filesystem::temp_directory_path() / "tacho_home_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    ::setenv("TACHO_HOME", folder_.c_str(), 1);
  }
  ~FreshHome() {
    if (before_.empty()) ::unsetenv("TACHO_HOME");
    else ::setenv("TACHO_HOME", before_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

 private:
  std::string before_, folder_;
};

MachineProfile any_profile() {
  MachineProfile p;
  p.identity = machine_identity();
  p.processor = "a \"processor\"";
  p.cores = p.threads = 2;
  p.l1_bytes = 1000, p.l2_bytes = 10000;
  p.instruction_sets = {"avx2", "fma"};
  p.compute = {
      {"float32", "avx2", 1, 3e11, 0.25}, {"float32", "baseline", 1, 1e11, 0.5}, {"float32", "avx2", 2, 5e11, 0}};
  p.bandwidth = {{"L1", "read", 1, 500, 4e11, 0.125},
                 {"L1", "triad", 1, 500, 3e11, 0},
                 {"L2", "read", 1, 5000, 2e11, 0},
                 {"L2", "triad", 1, 5000, 2.5e11, 0},
                 {"memory", "read", 1, 50000, 1e10, 0}};
  p.latency = {300, 50, 18, 1500};
  p.warnings = {"busy"};
  p.measured_at = 1700000000;
  return p;
}

TEST(MachineProfile, JsonReadsBackAsItWas) {
  const MachineProfile profile = any_profile();
  const std::string text = profile_to_json(profile);
  EXPECT_EQ(profile_to_json(profile_from_json(text, "here")), text);
  for (const char* damaged : {"", "{", "[]", "{}", R"({"schema":"tacho.machine","schema_version":2})"}) {
    try {
      profile_from_json(damaged, "here");
      FAIL() << damaged;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("tacho machine"), std::string::npos) << error.what();
    }
  }
}

TEST(MachineProfile, BestInstructionSetAndSmallestLevelThatHolds) {
  const MachineProfile p = any_profile();
  EXPECT_EQ(p.flop_per_s("float32", 1), 3e11);
  EXPECT_EQ(p.flop_per_s("float32", 2), 5e11);
  EXPECT_EQ(p.flop_per_s("float64", 1), 0);
  const auto expect_level = [&](int64_t bytes, const char* name, double bytes_per_s) {
    EXPECT_EQ(p.level_of(bytes, 1).name, name) << bytes;
    EXPECT_EQ(p.level_of(bytes, 1).bytes_per_s, bytes_per_s) << bytes;
  };
  expect_level(400, "L1", 4e11);
  expect_level(1000, "L1", 4e11);    // measured with half of it, but it holds as much
  expect_level(1001, "L2", 2.5e11);  // the better of reading and triad
  expect_level(10000, "L2", 2.5e11);
  expect_level(10001, "memory", 1e10);  // this processor has no third cache
  expect_level(1 << 30, "memory", 1e10);
  EXPECT_EQ(p.level_of(1, 2).bytes_per_s, 0) << "not measured";
}

TEST(MachineProfile, IsKeptForThisMachineOnly) {
  const FreshHome home;
  EXPECT_FALSE(kept_profile(1));
  MachineProfile profile = any_profile();
  keep_profile(profile);
  ASSERT_TRUE(kept_profile(2));
  EXPECT_EQ(kept_profile(2)->processor, profile.processor);
  EXPECT_FALSE(kept_profile(3)) << "measured with fewer threads";
  EXPECT_EQ(this_machine_profile(1, {}).processor, profile.processor) << "the kept one: nothing is measured";
  profile.identity = "another machine";
  keep_profile(profile);
  EXPECT_FALSE(kept_profile(1)) << "another machine's";
  write_file_atomic(profile_path(), "{");
  EXPECT_FALSE(kept_profile(1)) << "damaged";
}

TEST(MachineProfile, NoFolderSaysWhatToDo) {
  const FreshHome home;
  ::setenv("TACHO_HOME", "/proc/nowhere", 1);
  try {
    keep_profile(any_profile());
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("TACHO_HOME"), std::string::npos) << error.what();
  }
}

TEST(MachineProfileThreads, RatesAreOfAllThreadsFromACommonStart) {
  for (const int threads : {1, 3}) {
    Pool pool(threads);
    std::vector<int> calls(size_t(threads) * 16);
    const machine::Rate rate = machine::measure_rate(pool, 4, 1000, [&](int part) { ++calls[size_t(part) * 16]; });
    EXPECT_GT(rate.per_s, 0);
    EXPECT_GE(rate.spread, 0);
    for (int t = 0; t < threads; ++t) EXPECT_EQ(calls[size_t(t) * 16], 5) << "a warm-up and four repetitions";
  }
}

TEST(MachineProfileThreads, WhatAnotherThreadWroteIsReadFromIt) {
  EXPECT_EQ(exchange_rate_now(1), 0) << "one thread has nobody to read from";
  EXPECT_GT(exchange_rate_now(2), 1e7);
  EXPECT_LT(exchange_rate_now(2), 1e13) << "more than any cache gives";
  EXPECT_GT(exchange_rate_now(3), 1e6) << "each of three is another's neighbour";
}

TEST(MachineProfile, MiddleAndSpread) {
  const machine::Rate rate = machine::median_and_spread({4, 1, 2, 3, 5});
  EXPECT_EQ(rate.per_s, 3);
  EXPECT_NEAR(rate.spread, 4.0 / 3, 1e-12);
  EXPECT_EQ(machine::median_and_spread({}).per_s, 0);
}

TEST(MachineProfile, EveryLoopThatThisMachineRunsGivesANumber) {
  const auto loops = machine::compute_loops();
  ASSERT_FALSE(loops.empty());
  for (const machine::ComputeLoop& loop : loops) {
    const float result = loop.run(100);
    EXPECT_TRUE(std::isfinite(result)) << loop.dtype << " " << loop.isa;
    EXPECT_GT(loop.flop_per_round, 0);
  }
}

}  // namespace
}  // namespace tacho
