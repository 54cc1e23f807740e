// The layers that convolve: as network files, in shapes and parameters, trained; and the mistakes in their fields.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "cli/network_toml.h"
#include "nn/builtin.h"
#include "nn/inspect.h"
#include "nn/network_file.h"
#include "nn/shape_emitter.h"
#include "train/session.h"

namespace tacho {
namespace {

using Fields = std::vector<std::pair<std::string, FieldValue>>;

struct KindCase {
  const char* kind;
  Shape input;
  Fields fields;
  Shape output, weight;  ///< for a batch of 2
};

std::vector<KindCase> kind_cases() {
  using List = std::vector<int64_t>;
  const std::pair<std::string, FieldValue> out{"out_channels", int64_t{6}}, groups{"groups", int64_t{2}};
  return {
      {"conv1d",
       {4, 20},
       {out, {"kernel", int64_t{5}}, {"stride", int64_t{2}}, {"padding", int64_t{1}}, groups},
       {2, 6, 9},
       {6, 2, 5}},
      {"conv1d", {4, 20}, {out, {"kernel", int64_t{3}}, {"dilation", int64_t{4}}}, {2, 6, 12}, {6, 4, 3}},
      {"conv2d", {4, 9, 8}, {out, {"kernel", List{3, 1}}, {"bias", false}}, {2, 6, 7, 8}, {6, 4, 3, 1}},
      {"conv3d",
       {4, 5, 7, 6},
       {out, {"kernel", int64_t{3}}, {"padding", int64_t{1}}},
       {2, 6, 5, 7, 6},
       {6, 4, 3, 3, 3}},
      {"conv3d",
       {4, 5, 7, 6},
       {out, {"kernel", List{2, 3, 1}}, {"stride", List{1, 2, 2}}, groups},
       {2, 6, 4, 3, 3},
       {6, 2, 2, 3, 1}},
      {"depthwise_conv2d",
       {4, 9, 8},
       {{"kernel", int64_t{3}}, {"multiplier", int64_t{2}}, {"stride", int64_t{2}}},
       {2, 8, 4, 3},
       {8, 1, 3, 3}},
      {"conv_transpose2d",
       {4, 5, 3},
       {out, {"kernel", int64_t{3}}, {"stride", int64_t{2}}, {"output_padding", int64_t{1}}},
       {2, 6, 12, 8},
       {4, 6, 3, 3}},
  };
}

/// The layer, then a linear one, which makes it a classifier.
NetworkSpec network_of(const KindCase& c) {
  return {"one",
          c.input,
          3,
          {{c.kind, "conv", {}, c.fields},
           {"flatten", "flatten", {}, {}},
           {"linear", "fc", {}, {{"out_features", int64_t{3}}}}}};
}

TEST(ConvolutionKinds, ComeBackFromTomlWithTheirShapesAndParameters) {
  for (const KindCase& c : kind_cases()) {
    const NetworkSpec network = network_of(c);
    const std::string text = network_toml(network);
    SCOPED_TRACE(text);
    const NetworkSpec read = network_from_toml(text, "net.toml");
    EXPECT_EQ(read, network);
    EXPECT_EQ(network_toml(read), text);
    const NetworkInspection inspection = inspect_network(read, 2, DType::float32);
    EXPECT_EQ(inspection.layers[0].output, c.output);
    EXPECT_EQ(inspection.parameters[0].name, "conv.weight");
    EXPECT_EQ(inspection.parameters[0].type.shape, c.weight);
  }
}

TEST(ConvolutionKinds, TrainInEveryForm) {
  for (const KindCase& c : kind_cases()) {
    SCOPED_TRACE(c.kind);
    for (const char* convolution : {"auto", "gather"}) {
      StepOptions options;
      options.network = network_of(c);
      options.batch = 4;
      Switches switches;
      set_switch(switches, "convolution", convolution);
      options.way = resolve(switches);
      VariableStore variables = initial_variables(options, 1);
      Pool pool(2);
      Session session(options, pool, variables);
      Shape shape = c.input;
      shape.insert(0, 4);
      const Tensor x({DType::float32, shape}), y = Tensor::of<int64_t>({4}, {0, 1, 2, 1});
      for (int64_t i = 0; i < x.elements(); ++i) x.as<float>()[i] = float(Random(3).normal(uint64_t(i)));
      session.run(x.view(), y.view(), 0.01, 1);
      const double first = session.loss();
      for (int64_t step = 2; step <= 30; ++step) session.run(x.view(), y.view(), 0.01, step);
      EXPECT_LT(session.loss(), 0.5 * first) << convolution;
    }
  }
}

TEST(ConvolutionKinds, MistakesNameTheLayerAndTheField) {
  const auto error_of = [](const char* kind, const Shape& input, const Fields& fields) -> std::string {
    try {
      inspect_network(network_of({kind, input, fields, {}, {}}), 2, DType::float32);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  using testing::HasSubstr;
  const std::pair<std::string, FieldValue> out{"out_channels", int64_t{6}}, kernel{"kernel", int64_t{3}};
  EXPECT_THAT(error_of("conv1d", {4, 9, 8}, {out, kernel}), HasSubstr("layer 'conv' (conv1d): expected sequences"));
  EXPECT_THAT(error_of("conv3d", {4, 9, 8}, {out, kernel}), HasSubstr("expected volumes"));
  EXPECT_THAT(error_of("conv3d", {4, 9, 8, 8}, {out, {"kernel", std::vector<int64_t>{3, 3}}}),
              HasSubstr("three of them (depth, height, width)"));
  EXPECT_THAT(error_of("conv3d", {1, 40, 8, 8}, {out, {"kernel", int64_t{30}}}), HasSubstr("filters of depth 1 to"));
  EXPECT_THAT(error_of("conv1d", {5, 20}, {out, kernel, {"groups", int64_t{2}}}), HasSubstr("groups = 2"));
  EXPECT_THAT(error_of("depthwise_conv2d", {5, 9, 9}, {out, kernel}), HasSubstr("unknown field 'out_channels'"));
}

int dropouts_of(const NetworkSpec& network, bool training) {
  ShapeEmitter emitter;
  const Value x = network_input(emitter, network, 2, DType::float32);
  const RandomSource random{emitter.input("seed", {DType::int64, {}}, InputKind::scalar),
                            emitter.input("step", {DType::int64, {}}, InputKind::scalar)};
  build_network(emitter, network, x, training, random);
  int found = 0;
  for (size_t i = 0; i < emitter.size(); ++i) found += emitter.record(i).op->name == "dropout";
  return found;
}

TEST(ClassifierDropout, StandsInTheImageNetFormsAndActsInTrainingOnly) {
  for (const auto& [name, layers] : {std::pair("vgg16", 2), std::pair("mobilenet-v2", 1)}) {
    const NetworkSpec large = builtin_network(name, Shape{3, 96, 96}, 1000);
    EXPECT_EQ(dropouts_of(large, true), layers) << name;
    EXPECT_EQ(dropouts_of(large, false), 0) << name;
    EXPECT_EQ(network_from_toml(network_toml(large), name), large);
    EXPECT_FALSE(draws_random_numbers(builtin_network(name))) << name << " for CIFAR is what PyTorch's runs compare";
  }
}

}  // namespace
}  // namespace tacho
