#include "nn/scale.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/builtin.h"
#include "nn/parameters.h"

namespace tacho {
namespace {

int64_t count_parameters(const NetworkSpec& network) { return parameter_count(parameters_of(network, DType::float32)); }

int count(const NetworkSpec& network, const std::string& kind) {
  int layers = 0;
  for (const LayerSpec& layer : network.layers) layers += layer.kind == kind;
  return layers;
}

TEST(ScaleWidth, MultipliesChannelsButNotTheOutputs) {
  // simplenn-4 with twice the channels, weights and biases of each layer by hand.
  const NetworkSpec wide = scale_width(builtin_network("simplenn-4"), 2);
  EXPECT_EQ(count_parameters(wide), (25 * 64 + 64) + (9 * 64 * 128 + 128) + (9 * 128 * 128 + 128) + (1152 * 10 + 10));
  EXPECT_EQ(scale_width(builtin_network("vgg11"), 1), builtin_network("vgg11"));
  const NetworkSpec narrow = scale_width(builtin_network("mlp"), 0.5);
  EXPECT_EQ(count_parameters(narrow), (784 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10));
}

TEST(ScaleWidth, EveryBuiltInNetworkBuilds) {
  for (const std::string& name : builtin_names()) {
    const NetworkSpec network = builtin_network(name);
    EXPECT_GT(count_parameters(scale_width(network, 2)), count_parameters(network)) << name;
  }
}

TEST(ScaleWidth, FractionsOfAChannelAreRefused) {
  EXPECT_THROW(scale_width(builtin_network("simplenn-4"), 0.3), Error);
}

TEST(ScaleDepth, RepeatsPlainBlocks) {
  const NetworkSpec deep = scale_depth(builtin_network("simplenn-4"), 3);
  EXPECT_EQ(count(deep, "conv2d"), 9);
  EXPECT_EQ(count(deep, "relu"), 9);
  EXPECT_EQ(count(deep, "max_pool2d"), 3);
  EXPECT_EQ(count(deep, "linear"), 1);
  EXPECT_EQ(count_parameters(deep) - count_parameters(builtin_network("simplenn-4")),
            2 * ((25 * 32 * 32 + 32) + 2 * (9 * 64 * 64 + 64)));
  EXPECT_EQ(scale_depth(builtin_network("vgg11"), 1), builtin_network("vgg11"));
  const NetworkSpec mlp = scale_depth(builtin_network("mlp"), 2);
  EXPECT_EQ(count_parameters(mlp) - count_parameters(builtin_network("mlp")), (256 * 256 + 256) + (128 * 128 + 128));
}

TEST(ScaleDepth, RepeatsResidualBlocksWithIdentityShortcuts) {
  const NetworkSpec network = builtin_network("resnet18"), deep = scale_depth(network, 2);
  // Eight blocks; those with a projection (three) stay single.
  EXPECT_EQ(count(network, "add"), 8);
  EXPECT_EQ(count(deep, "add"), 13);
  EXPECT_EQ(count(deep, "conv2d"), count(network, "conv2d") + 2 * 5);
  EXPECT_GT(count_parameters(deep), count_parameters(network));  // and it builds
}

TEST(ScaleDepth, WhatCannotBeRepeatedIsRefused) {
  EXPECT_THROW(scale_depth(builtin_network("densenet-121"), 2), Error);
  EXPECT_THROW(scale_depth(builtin_network("unet"), 2), Error);
  EXPECT_THROW(scale_depth(builtin_network("mlp"), 0), Error);
}

TEST(ScaleDepth, EveryOtherBuiltInNetworkBuilds) {
  for (const std::string& name : builtin_names()) {
    if (name == "densenet-121" || name == "unet") continue;
    const NetworkSpec network = builtin_network(name);
    EXPECT_GT(count_parameters(scale_depth(network, 2)), count_parameters(network)) << name;
  }
}

}  // namespace
}  // namespace tacho
