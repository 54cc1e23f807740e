#pragma once
// For suites whose tests run once on every target of this machine.
#include <gtest/gtest.h>

#include <string>

#include "backends/simd/targets.h"

namespace tacho::simd {

/// The target that the test's parameter names is in use while the test runs.
class EachTarget : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    before_ = target_in_use();
    force_target(GetParam());
  }
  void TearDown() override { force_target(before_); }

 private:
  std::string before_;
};

}  // namespace tacho::simd
