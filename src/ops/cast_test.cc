// What only cast promises: what becomes of numbers that the new dtype cannot hold.
#include "ops/cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/eager.h"

namespace tacho {
namespace {

template <class To>
std::vector<To> cast_to(const Tensor& x, DType dtype) {
  support::TestEmitter emitter;
  const Tensor y = emitter.tensor(cast(emitter, emitter.leaf(x), dtype));
  EXPECT_EQ(y.dtype(), dtype);
  return {y.as<To>(), y.as<To>() + y.elements()};
}

TEST(Cast, ToIntegersTowardsZeroAndToTheEndsOfTheRange) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = Tensor::of<double>({8}, {-2.9, 2.9, 1e300, -1e300, inf, -inf, std::nan(""), 300});
  const int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(cast_to<int64_t>(x, DType::int64), (std::vector<int64_t>{-2, 2, most, least, most, least, 0, 300}));
  const int32_t high = std::numeric_limits<int32_t>::max(), low = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(cast_to<int32_t>(x, DType::int32), (std::vector<int32_t>{-2, 2, high, low, high, low, 0, 300}));
  EXPECT_EQ(cast_to<uint8_t>(x, DType::uint8), (std::vector<uint8_t>{0, 2, 255, 0, 255, 0, 0, 255}));
  EXPECT_EQ(cast_to<uint8_t>(x, DType::boolean), (std::vector<uint8_t>{1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST(Cast, BetweenIntegersAndFloats) {
  const Tensor wide = Tensor::of<int64_t>({4}, {-1, 7, int64_t(1) << 40, -(int64_t(1) << 40)});
  EXPECT_EQ(cast_to<uint8_t>(wide, DType::uint8), (std::vector<uint8_t>{0, 7, 255, 0}));
  EXPECT_EQ(cast_to<float>(wide, DType::float32)[2], std::ldexp(1.0f, 40));
  EXPECT_EQ(cast_to<float>(Tensor::of<double>({1}, {0.1}), DType::float32)[0], 0.1f);
}

TEST(Cast, ToItsOwnTypeIsNothing) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::zeros({DType::float32, {3}}));
  EXPECT_EQ(cast(emitter, x, DType::float32), x);
}

}  // namespace
}  // namespace tacho
