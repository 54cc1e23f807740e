#include "nn/builtin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tacho {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string builtin_error(std::string_view name, std::optional<Shape> image = {}, std::optional<int64_t> classes = {}) {
  try {
    builtin_network(name, image, classes);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> layer_names(const NetworkSpec& network) {
  std::vector<std::string> names;
  for (const LayerSpec& layer : network.layers) names.push_back(layer.name);
  return names;
}

TEST(Builtin, NamesAreListedAndEachOneExists) {
  EXPECT_THAT(builtin_names(),
              ElementsAre("simplenn-4", "simplenn-7", "mlp", "lenet5", "vgg11", "vgg13", "vgg16", "vgg19", "resnet18",
                          "resnet34", "resnet50", "resnet101", "mobilenet-v2", "densenet-121", "unet"));
  for (const std::string& name : builtin_names()) EXPECT_EQ(builtin_network(name).name, name);
}

TEST(Builtin, Simplenn4HasTheReferenceExperimentsLayers) {
  const NetworkSpec network = builtin_network("simplenn-4");
  EXPECT_EQ(network.input, (Shape{1, 28, 28}));
  EXPECT_EQ(network.classes, 10);
  EXPECT_THAT(layer_names(network), ElementsAre("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "conv3", "relu3",
                                                "pool3", "flatten", "fc"));
  EXPECT_THAT(network.layers[0].fields, ElementsAre(std::pair<std::string, FieldValue>{"out_channels", int64_t{32}},
                                                    std::pair<std::string, FieldValue>{"kernel", int64_t{5}},
                                                    std::pair<std::string, FieldValue>{"padding", int64_t{2}}));
}

TEST(Builtin, Simplenn7HasSixConvolutionsAndThreePools) {
  EXPECT_THAT(layer_names(builtin_network("simplenn-7")),
              ElementsAre("conv1", "relu1", "conv2", "relu2", "pool1", "conv3", "relu3", "conv4", "relu4", "pool2",
                          "conv5", "relu5", "conv6", "relu6", "pool3", "flatten", "fc"));
}

TEST(Builtin, TakesTheDatasShapeAndClasses) {
  const NetworkSpec network = builtin_network("simplenn-7", Shape{1, 40, 24}, 7);
  EXPECT_EQ(network.input, (Shape{1, 40, 24}));
  EXPECT_EQ(network.classes, 7);
  EXPECT_EQ(network.layers.back().fields[0].second, FieldValue{int64_t{7}});
  EXPECT_EQ(builtin_network("mlp", Shape{100}).input, Shape{100});
}

TEST(Builtin, ErrorsSayWhatThereIs) {
  EXPECT_THAT(builtin_error("simplenn4"), AllOf(HasSubstr("simplenn4"), HasSubstr("simplenn-4, simplenn-7, mlp")));
  EXPECT_THAT(builtin_error("net.onnx"), HasSubstr("not read yet"));
  EXPECT_THAT(builtin_error("simplenn-4", Shape{784}), AllOf(HasSubstr("channels x height x width"), HasSubstr("784")));
  EXPECT_THAT(builtin_error("mlp", Shape{0, 28}), HasSubstr("positive"));
  EXPECT_THAT(builtin_error("mlp", Shape{28}, 0), HasSubstr("at least one class"));
}

}  // namespace
}  // namespace tacho
