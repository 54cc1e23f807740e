// The deep built-in networks: parameters against published counts, shapes of their stages.
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/builtin.h"
#include "nn/inspect.h"

namespace tacho {
namespace {

int64_t builtin_parameters(const char* name, std::optional<Shape> image = {}, std::optional<int64_t> classes = {}) {
  return inspect_network(builtin_network(name, image, classes), 2, DType::float32).total_parameters;
}

Shape output_of(const NetworkInspection& network, const std::string& layer) {
  for (const InspectedLayer& row : network.layers)
    if (row.name == layer) return row.output;
  return {};
}

// torchvision's published counts; its vgg with batch normalisation.
TEST(BuiltinNetworks, ImageNetFormsHaveTorchvisionsParameters) {
  const std::pair<const char*, int64_t> published[] = {
      {"resnet18", 11'689'512},    {"resnet34", 21'797'672},    {"resnet50", 25'557'032}, {"resnet101", 44'549'160},
      {"vgg11", 132'868'840},      {"vgg13", 133'053'736},      {"vgg16", 138'365'992},   {"vgg19", 143'678'248},
      {"mobilenet-v2", 3'504'872}, {"densenet-121", 7'978'856},
  };
  for (const auto& [name, count] : published)
    EXPECT_EQ(builtin_parameters(name, Shape{3, 224, 224}, 1000), count) << name;
}

// The counts that public CIFAR repositories print for the same forms.
TEST(BuiltinNetworks, CifarFormsByDefault) {
  const std::pair<const char*, int64_t> known[] = {
      {"lenet5", 61'706},        {"vgg11", 9'231'114},        {"vgg13", 9'416'010},        {"vgg16", 14'728'266},
      {"vgg19", 20'040'522},     {"resnet18", 11'173'962},    {"resnet34", 21'282'122},    {"resnet50", 23'520'842},
      {"resnet101", 42'512'970}, {"mobilenet-v2", 2'236'682}, {"densenet-121", 6'956'298},
  };
  for (const auto& [name, count] : known) EXPECT_EQ(builtin_parameters(name), count) << name;
  EXPECT_EQ(builtin_parameters("lenet5", Shape{1, 32, 32}), 61'706);  // the paper's size, without padding
}

TEST(BuiltinNetworks, MobilenetAndDensenetEndInSmallMaps) {
  const NetworkInspection cifar = inspect_network(builtin_network("mobilenet-v2"), 2, DType::float32);
  EXPECT_EQ(output_of(cifar, "head.relu6"), (Shape{2, 1280, 4, 4}));
  const NetworkInspection large =
      inspect_network(builtin_network("mobilenet-v2", Shape{3, 224, 224}, 1000), 2, DType::float32);
  EXPECT_EQ(output_of(large, "head.relu6"), (Shape{2, 1280, 7, 7}));
  const NetworkInspection dense = inspect_network(builtin_network("densenet-121"), 2, DType::float32);
  EXPECT_EQ(output_of(dense, "relu5"), (Shape{2, 1024, 4, 4}));
}

TEST(BuiltinNetworks, UnetGoesDownAndUpAgain) {
  const NetworkInspection unet = inspect_network(builtin_network("unet", Shape{1, 28, 28}, 3), 2, DType::float32);
  EXPECT_EQ(output_of(unet, "bottom.relu2"), (Shape{2, 64, 7, 7}));
  EXPECT_EQ(output_of(unet, "up2.concat"), (Shape{2, 64, 14, 14}));
  EXPECT_EQ(output_of(unet, "classes"), (Shape{2, 3, 28, 28}));
  EXPECT_EQ(output_of(unet, "flatten"), (Shape{2, 3}));
  EXPECT_THROW(inspect_network(builtin_network("unet", Shape{1, 30, 30}), 2, DType::float32), Error);
}

TEST(BuiltinNetworks, ResnetStagesHalveTheImage) {
  const NetworkInspection cifar = inspect_network(builtin_network("resnet18"), 2, DType::float32);
  EXPECT_EQ(output_of(cifar, "relu"), (Shape{2, 64, 32, 32}));
  EXPECT_EQ(output_of(cifar, "layer4.1.relu"), (Shape{2, 512, 4, 4}));
  EXPECT_EQ(output_of(cifar, "avgpool"), (Shape{2, 512, 1, 1}));
  const NetworkInspection large =
      inspect_network(builtin_network("resnet50", Shape{3, 224, 224}, 1000), 2, DType::float32);
  EXPECT_EQ(output_of(large, "maxpool"), (Shape{2, 64, 56, 56}));
  EXPECT_EQ(output_of(large, "layer4.2.relu"), (Shape{2, 2048, 7, 7}));
  EXPECT_EQ(large.parameters[0].name, "conv1.weight");
  EXPECT_EQ(large.state[0].name, "bn1.running_mean");
}

}  // namespace
}  // namespace tacho
