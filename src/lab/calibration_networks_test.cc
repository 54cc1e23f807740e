#include "lab/calibration_networks.h"

#include <gtest/gtest.h>

#include <set>

#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

TEST(CalibrationNetworks, AllCanBeBuiltAndAreWhatTheyWere) {
  std::set<std::string> kinds;
  for (int number = 0; number < kCalibrationCases; ++number) {
    const CalibrationCase made = calibration_case(number), again = calibration_case(number);
    EXPECT_EQ(made.network, again.network);
    EXPECT_EQ(made.batch, again.batch);
    EXPECT_GE(made.batch, 1);
    EXPECT_LE(made.batch, 256);
    StepOptions options;
    options.network = made.network;
    options.batch = std::max<int64_t>(made.batch, 2);
    options.way = resolve({});
    EXPECT_GT(source_graph(options, true).node_count(), 5) << made.network.name;
    for (const LayerSpec& layer : made.network.layers) kinds.insert(layer.kind);
  }
  for (const char* kind : {"conv2d", "batch_norm2d", "linear", "max_pool2d", "avg_pool2d", "concat", "add",
                           "conv_transpose2d", "relu6", "group_norm", "gelu"})
    EXPECT_TRUE(kinds.count(kind)) << kind;
}

TEST(CalibrationNetworks, NoneIsABuiltInNetwork) {
  for (int number = 0; number < kCalibrationCases; ++number)
    for (const std::string& name : builtin_names())
      EXPECT_NE(calibration_case(number).network.layers, builtin_network(name).layers);
}

}  // namespace
}  // namespace tacho
