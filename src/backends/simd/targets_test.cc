#include "backends/simd/targets.h"

#include <gtest/gtest.h>

#include "backends/simd/gemm.h"
#include "base/error.h"

namespace tacho::simd {
namespace {

TEST(SimdTargets, ForcesEachAndReturnsToTheBest) {
  const std::vector<std::string> targets = available_targets();
  ASSERT_FALSE(targets.empty());
  EXPECT_EQ(targets.back(), "baseline");
  const std::string before = target_in_use();
  for (const std::string& name : targets) {
    force_target(name);
    EXPECT_EQ(target_in_use(), name);
  }
  force_target("");
  EXPECT_EQ(target_in_use(), targets.front());
  force_target(before);
}

TEST(SimdTargets, LowerTargetsHaveShorterVectors) {
  const std::string before = target_in_use();
  int64_t last = INT64_MAX;
  for (const std::string& name : available_targets()) {
    if (name == "neon") continue;  // as long as the baseline's
    force_target(name);
    EXPECT_LT(gemm<float>().lanes, last) << name;
    EXPECT_EQ(gemm<float>().lanes, 2 * gemm<double>().lanes) << name;
    last = gemm<float>().lanes;
  }
  force_target(before);
}

TEST(SimdTargets, RefusesWhatItDoesNotKnow) {
  try {
    force_target("avx9");
    FAIL() << "accepted avx9";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("got avx9"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("baseline"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tacho::simd
