#include "nn/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "nn/builtin.h"

namespace tacho {
namespace {

using testing::ElementsAre;

TEST(Parameters, NamesOrderShapesAndFanInOfSimplenn4) {
  const auto parameters = parameters_of(builtin_network("simplenn-4"), DType::float64);
  std::vector<std::string> names;
  for (const ParameterInfo& p : parameters) names.push_back(p.name);
  EXPECT_THAT(names, ElementsAre("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "conv3.weight",
                                 "conv3.bias", "fc.weight", "fc.bias"));
  EXPECT_EQ(parameters[2],
            (ParameterInfo{"conv2.weight", "conv2", {DType::float64, {64, 32, 3, 3}}, 288, ParameterKind::weight}));
  EXPECT_EQ(parameters[3], (ParameterInfo{"conv2.bias", "conv2", {DType::float64, {64}}, 0, ParameterKind::bias}));
  EXPECT_EQ(parameters[6].type.shape, (Shape{10, 576}));
  EXPECT_EQ(parameters[6].fan_in, 576);
  EXPECT_EQ(parameter_count(parameters), 62026);
}

ParameterInfo weight(const char* name, DType dtype) {
  return {name, "fc", {dtype, {200, 150}}, 150, ParameterKind::weight};
}

TEST(Parameters, WeightsAreNormalWithVarianceTwoOverFanIn) {
  const Tensor w = initial_value(weight("fc.weight", DType::float64), 3);
  const double* x = w.as<double>();
  const double n = double(w.elements());
  double mean = 0, square = 0, fourth = 0;
  for (int64_t i = 0; i < w.elements(); ++i)
    mean += x[i] / n, square += x[i] * x[i] / n, fourth += std::pow(x[i], 4) / n;
  const double variance = 2.0 / 150;
  EXPECT_NEAR(mean, 0, 5 * std::sqrt(variance / n));
  EXPECT_NEAR(square / variance, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(fourth / (variance * variance), 3, 0.3);
}

TEST(Parameters, Float32StartsAsTheRoundedFloat64) {
  const Tensor wide = initial_value(weight("fc.weight", DType::float64), 3);
  const Tensor narrow = initial_value(weight("fc.weight", DType::float32), 3);
  for (int64_t i = 0; i < wide.elements(); ++i) ASSERT_EQ(narrow.as<float>()[i], float(wide.as<double>()[i])) << i;
}

TEST(Parameters, ValuesDependOnSeedNameAndIndexOnly) {
  const double first = initial_value(weight("fc.weight", DType::float64), 3).as<double>()[7];
  EXPECT_EQ(initial_value({"fc.weight", "x", {DType::float64, {8}}, 150, ParameterKind::weight}, 3).as<double>()[7],
            first);
  EXPECT_NE(initial_value(weight("fc.weight", DType::float64), 4).as<double>()[7], first);
  EXPECT_NE(initial_value(weight("fc2.weight", DType::float64), 3).as<double>()[7], first);
}

TEST(Parameters, BiasScaleShiftAndState) {
  const TensorType type{DType::float32, {3}};
  EXPECT_EQ(initial_value({"b", "l", type, 0, ParameterKind::bias}, 1).as<float>()[2], 0.0f);
  EXPECT_EQ(initial_value({"b", "l", type, 0, ParameterKind::shift}, 1).as<float>()[2], 0.0f);
  EXPECT_EQ(initial_value({"b", "l", type, 0, ParameterKind::scale}, 1).as<float>()[2], 1.0f);
  EXPECT_EQ(initial_value(StateInfo{"v", "l", type, 1.0}).as<float>()[2], 1.0f);
}

}  // namespace
}  // namespace tacho
