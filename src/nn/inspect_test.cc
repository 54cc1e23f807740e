#include "nn/inspect.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/builtin.h"

namespace tacho {
namespace {

const InspectedLayer& row(const NetworkInspection& network, const std::string& name) {
  for (const InspectedLayer& layer : network.layers)
    if (layer.name == name) return layer;
  fail("no layer '", name, "'");
}

TEST(Inspect, Simplenn4ByHand) {
  const NetworkInspection n = inspect_network(builtin_network("simplenn-4"), 128, DType::float32);
  EXPECT_EQ(n.input, (Shape{128, 1, 28, 28}));
  EXPECT_EQ(n.total_parameters, 62026);
  EXPECT_EQ(row(n, "conv1").output, (Shape{128, 32, 28, 28}));
  EXPECT_EQ(row(n, "conv1").parameters, 25 * 32 + 32);
  EXPECT_EQ(row(n, "conv1").output_elements, 128 * 32 * 28 * 28);
  EXPECT_EQ(row(n, "pool1").output, (Shape{128, 32, 14, 14}));
  EXPECT_EQ(row(n, "pool1").parameters, 0);
  EXPECT_EQ(row(n, "conv2").parameters, 9 * 32 * 64 + 64);
  EXPECT_EQ(row(n, "pool2").output, (Shape{128, 64, 7, 7}));
  EXPECT_EQ(row(n, "conv3").parameters, 9 * 64 * 64 + 64);
  EXPECT_EQ(row(n, "pool3").output, (Shape{128, 64, 3, 3}));
  EXPECT_EQ(row(n, "flatten").output, (Shape{128, 576}));
  EXPECT_EQ(row(n, "fc").output, (Shape{128, 10}));
  EXPECT_EQ(row(n, "fc").parameters, 5770);
  EXPECT_EQ(row(n, "fc").kind, "linear");
  EXPECT_TRUE(n.state.empty());
}

TEST(Inspect, OtherBuiltinsByHand) {
  const NetworkInspection seven = inspect_network(builtin_network("simplenn-7"), 2, DType::float64);
  EXPECT_EQ(seven.total_parameters, 2432 + 9248 + 18496 + 36928 + 36928 + 73856 + 20490);
  EXPECT_EQ(row(seven, "pool3").output, (Shape{2, 128, 4, 4}));
  EXPECT_EQ(seven.parameters[0].type.dtype, DType::float64);
  const NetworkInspection mlp = inspect_network(builtin_network("mlp"), 1, DType::float32);
  EXPECT_EQ(mlp.total_parameters, 200960 + 32896 + 1290);
  const NetworkInspection rows = inspect_network(builtin_network("mlp", Shape{20}, 3), 4, DType::float32);
  EXPECT_EQ(rows.total_parameters, 20 * 256 + 256 + 32896 + 128 * 3 + 3);
  EXPECT_EQ(row(rows, "fc3").output, (Shape{4, 3}));
}

TEST(Inspect, ImagesTooSmallAreRefusedByLayer) {
  try {
    inspect_network(builtin_network("simplenn-4", Shape{1, 7, 28}), 1, DType::float32);
    FAIL() << "a 7 pixel high image cannot be halved three times";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("layer 'pool3'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tacho
