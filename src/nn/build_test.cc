#include "nn/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/builtin.h"
#include "nn/layer_kind.h"
#include "nn/shape_emitter.h"

namespace tacho {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Fields = std::vector<std::pair<std::string, FieldValue>>;

/// A network of 3x8x8 images whose last layer is given channel by channel: enough to try single layers.
NetworkSpec images(std::vector<LayerSpec> layers, int64_t classes) { return {"test", {3, 8, 8}, classes, layers}; }

struct Built {
  ShapeEmitter emitter;
  BuiltNetwork network;
  explicit Built(const NetworkSpec& spec, bool training = false, int64_t batch = 4) {
    network = build_network(emitter, spec, network_input(emitter, spec, batch, DType::float32), training);
  }
  Shape output() const { return emitter.type(network.logits).shape; }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (size_t i = 0; i < emitter.size(); ++i) {
      const TapeRecord& r = emitter.record(i);
      ids.push_back(r.place.layer + "/" + std::string(r.op->name) + "/" + name_of(r.place.phase));
    }
    return ids;
  }
};

std::string build_error(const NetworkSpec& spec) {
  try {
    Built built(spec);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Build, Simplenn4IsTheseOperations) {
  EXPECT_THAT(
      Built(builtin_network("simplenn-4")).ids(),
      ElementsAre("conv1/conv2d/forward", "conv1/bias_add/forward", "relu1/relu/forward", "pool1/max_pool2d/forward",
                  "conv2/conv2d/forward", "conv2/bias_add/forward", "relu2/relu/forward", "pool2/max_pool2d/forward",
                  "conv3/conv2d/forward", "conv3/bias_add/forward", "relu3/relu/forward", "pool3/max_pool2d/forward",
                  "flatten/reshape/forward", "fc/matmul/forward", "fc/bias_add/forward"));
}

TEST(Build, ForwardProductsOfSimplenn4AreTheAnchorFigures) {
  const Built built(builtin_network("simplenn-4"), true, 128);
  int64_t mul = 0, padding_mul = 0;
  for (size_t i = 0; i < built.emitter.size(); ++i) {
    const TapeRecord& r = built.emitter.record(i);
    if (!r.op->has(Trait::product)) continue;
    TensorTypes in, out;
    for (Value v : r.inputs) in.push_back(built.emitter.type(v));
    for (Value v : r.outputs) out.push_back(built.emitter.type(v));
    const Tally tally = tally_of(*r.op, {r.attributes, in, out});
    mul += tally.mul, padding_mul += tally.padding_mul;
  }
  EXPECT_EQ(mul, 774'651'904);
  EXPECT_EQ(padding_mul, 91'668'480);
}

TEST(Build, VariablesAreTheInfosInOrder) {
  const Built built(builtin_network("simplenn-4"));
  ASSERT_EQ(built.network.parameters.size(), 8u);
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(built.emitter.variables()[i].name, built.network.parameter_infos[i].name);
    EXPECT_EQ(built.emitter.variables()[i].value, built.network.parameters[i]);
    EXPECT_EQ(built.emitter.type(built.network.parameters[i]), built.network.parameter_infos[i].type);
  }
}

TEST(Build, ConvolutionFieldsReachTheShapes) {
  const Built built(images({{"conv2d",
                             "c",
                             {},
                             Fields{{"out_channels", int64_t{6}},
                                    {"kernel", std::vector<int64_t>{3, 1}},
                                    {"stride", int64_t{2}},
                                    {"padding", std::vector<int64_t>{2, 0}},
                                    {"dilation", std::vector<int64_t>{2, 1}},
                                    {"groups", int64_t{3}},
                                    {"bias", false}}}},
                           6));
  // height: (8 + 4 - (2*2 + 1)) / 2 + 1 = 4; width: (8 - 1) / 2 + 1 = 4
  EXPECT_EQ(built.output(), (Shape{4, 6, 4, 4}));
  ASSERT_EQ(built.network.parameter_infos.size(), 1u);
  EXPECT_EQ(built.network.parameter_infos[0].type.shape, (Shape{6, 1, 3, 1}));
  EXPECT_EQ(built.network.parameter_infos[0].fan_in, 3);
}

TEST(Build, PoolingStrideDefaultsToItsKernel) {
  EXPECT_EQ(Built(images({{"max_pool2d", "p", {}, {{"kernel", int64_t{3}}}}}, 3)).output(), (Shape{4, 3, 2, 2}));
  EXPECT_EQ(
      Built(images({{"max_pool2d", "p", {}, {{"kernel", int64_t{3}}, {"stride", int64_t{1}}, {"padding", int64_t{1}}}}},
                   3))
          .output(),
      (Shape{4, 3, 8, 8}));
}

const Fields kSameConv{{"out_channels", int64_t{3}}, {"kernel", int64_t{3}}, {"padding", int64_t{1}}};

TEST(Build, BranchesReadLayersByName) {
  const Built built(images({{"conv2d", "a", {}, kSameConv},
                            {"sigmoid", "b", {"input"}, {}},
                            {"add", "sum", {"a", "b"}, {}},
                            {"tanh", "t", {}, {}}},
                           3));
  EXPECT_THAT(built.ids(), ElementsAre("a/conv2d/forward", "a/bias_add/forward", "b/sigmoid/forward", "sum/add/forward",
                                       "t/tanh/forward"));
  EXPECT_EQ(built.emitter.record(3).inputs[1], built.emitter.record(2).outputs[0]);
  EXPECT_EQ(built.output(), (Shape{4, 3, 8, 8}));
}

TEST(Build, ConcatJoinsChannelsOfSeveralLayers) {
  const Built built(images({{"relu6", "a", {}, {}},
                            {"leaky_relu", "b", {"input"}, {{"alpha", 0.2}}},
                            {"concat", "c", {"a", "b", "input"}, {}}},
                           9));
  EXPECT_EQ(built.output(), (Shape{4, 9, 8, 8}));
  EXPECT_THAT(build_error(images({{"concat", "c", {"input"}, {}}}, 3)), HasSubstr("expected 2 to"));
  EXPECT_THAT(
      build_error(images({{"max_pool2d", "p", {}, {{"kernel", int64_t{2}}}}, {"concat", "c", {"p", "input"}, {}}}, 6)),
      HasSubstr("in their channels only"));
}

TEST(Build, DropoutWorksInTrainingOnly) {
  const NetworkSpec spec = images({{"dropout", "d", {}, {{"rate", 0.25}}}, {"relu", "r", {}, {}}}, 3);
  EXPECT_TRUE(draws_random_numbers(spec));
  EXPECT_FALSE(draws_random_numbers(builtin_network("simplenn-4")));
  EXPECT_THAT(Built(spec).ids(), ElementsAre("r/relu/forward"));
  EXPECT_THROW(Built(spec, true), Error);  // no source of random numbers
  ShapeEmitter emitter;
  const TensorType scalar{DType::int64, {}};
  const RandomSource random{emitter.input("seed", scalar, InputKind::scalar),
                            emitter.input("step", scalar, InputKind::scalar)};
  build_network(emitter, spec, network_input(emitter, spec, 4, DType::float32), true, random);
  EXPECT_EQ(emitter.record(0).op->name, "dropout");
  EXPECT_THAT(emitter.record(0).attributes.fields(),
              ElementsAre(Field{"rate", "ratio", 0.25}, Field{"stream", "stream", int64_t{0}}));
}

TEST(Build, NormalisationsOfExamplesDeclareTheirFactors) {
  const Built built(images({{"layer_norm", "l", {}, {{"axes", int64_t{1}}}},
                            {"rms_norm", "r", {}, {}},
                            {"group_norm", "g", {}, {{"groups", int64_t{3}}}},
                            {"instance_norm2d", "i", {}, {}},
                            {"upsample2d", "u", {}, {{"scale", int64_t{3}}}}},
                           3));
  EXPECT_EQ(built.output(), (Shape{4, 3, 24, 24}));
  std::vector<Shape> shapes;
  for (const ParameterInfo& info : built.network.parameter_infos) shapes.push_back(info.type.shape);
  EXPECT_THAT(shapes, ElementsAre(Shape{8}, Shape{8}, Shape{3, 8, 8}, Shape{3}, Shape{3}));
  EXPECT_THAT(build_error(images({{"layer_norm", "l", {}, {{"axes", int64_t{4}}}}}, 3)), HasSubstr("an example has 3"));
}

TEST(Build, AverageAndTransposedLayersReachTheShapes) {
  EXPECT_EQ(Built(images({{"avg_pool2d", "p", {}, {{"kernel", int64_t{3}}, {"stride", int64_t{2}}}}}, 3)).output(),
            (Shape{4, 3, 3, 3}));
  EXPECT_EQ(Built(images({{"adaptive_avg_pool2d", "p", {}, {{"output", std::vector<int64_t>{3, 5}}}}}, 3)).output(),
            (Shape{4, 3, 3, 5}));
  EXPECT_EQ(Built(images({{"global_avg_pool2d", "p", {}, {}}}, 3)).output(), (Shape{4, 3, 1, 1}));
  const Built up(images(
      {{"conv_transpose2d", "c", {}, {{"out_channels", int64_t{5}}, {"kernel", int64_t{2}}, {"stride", int64_t{2}}}}},
      5));
  EXPECT_EQ(up.output(), (Shape{4, 5, 16, 16}));
  EXPECT_EQ(up.network.parameter_infos[0].type.shape, (Shape{3, 5, 2, 2}));
}

TEST(Build, BatchNormalisationKeepsRunningStatisticsInTraining) {
  const NetworkSpec spec = images({{"batch_norm2d", "bn", {}, {}}}, 3);
  const Built training(spec, true), inference(spec, false);
  EXPECT_THAT(training.ids(), ElementsAre("bn/batch_norm_statistics/forward", "bn/batch_norm/forward",
                                          "bn/running_average/update", "bn/running_average/update"));
  EXPECT_THAT(inference.ids(), ElementsAre("bn/batch_norm/forward"));
  for (const Built* built : {&training, &inference}) {
    const BuiltNetwork& n = built->network;
    EXPECT_THAT(n.parameter_infos,
                ElementsAre(ParameterInfo{"bn.weight", "bn", {DType::float32, {3}}, 0, ParameterKind::scale},
                            ParameterInfo{"bn.bias", "bn", {DType::float32, {3}}, 0, ParameterKind::shift}));
    EXPECT_THAT(n.state_infos, ElementsAre(StateInfo{"bn.running_mean", "bn", {DType::float32, {3}}, 0.0},
                                           StateInfo{"bn.running_var", "bn", {DType::float32, {3}}, 1.0}));
  }
  ASSERT_EQ(training.emitter.commits().size(), 2u);
  EXPECT_EQ(training.emitter.commits()[0].variable, training.network.states[0]);
  EXPECT_EQ(training.emitter.commits()[1].variable, training.network.states[1]);
  EXPECT_TRUE(inference.emitter.commits().empty());
  // 4 images of 8x8: the running variance takes the unbiased one.
  const auto fields = training.emitter.record(3).attributes.fields();
  EXPECT_THAT(fields, ElementsAre(Field{"momentum", "momentum", 0.1}, Field{"factor", "factor", 256.0 / 255}));
  NetworkSpec pixel = spec;
  pixel.input = {3, 1, 1};
  EXPECT_THROW(Built(pixel, true, 1), Error);
}

TEST(Build, ErrorsNameTheLayerAndWhatIsKnown) {
  const LayerSpec relu{"relu", "r", {}, {}};
  EXPECT_THAT(build_error(images({{"conv4d", "c", {}, {}}}, 3)),
              AllOf(HasSubstr("layer 'c' (conv4d)"), HasSubstr("unknown kind"), HasSubstr("conv2d, conv3d")));
  EXPECT_THAT(build_error(images({{"conv2d", "c", {}, Fields{{"kernal", int64_t{3}}}}}, 3)),
              AllOf(HasSubstr("'c'"), HasSubstr("'kernal'"), HasSubstr("kernel, stride")));
  EXPECT_THAT(build_error(images({{"relu", "r", {}, Fields{{"slope", 0.1}}}}, 3)), HasSubstr("it has none"));
  EXPECT_THAT(build_error(images({{"conv2d", "c", {}, Fields{{"kernel", int64_t{3}}}}}, 3)),
              HasSubstr("'out_channels' is missing"));
  EXPECT_THAT(build_error(images({{"linear", "l", {}, Fields{{"out_features", int64_t{0}}}}}, 3)),
              HasSubstr("flatten"));
  EXPECT_THAT(
      build_error(images({{"conv2d", "c", {}, Fields{{"out_channels", int64_t{0}}, {"kernel", int64_t{3}}}}}, 3)),
      HasSubstr("'out_channels' is 0"));
  EXPECT_THAT(build_error(images({{"conv2d", "c", {}, Fields{{"out_channels", 2.5}, {"kernel", int64_t{3}}}}}, 3)),
              HasSubstr("expected an integer"));
  EXPECT_THAT(build_error(images({relu, relu}, 3)), HasSubstr("two layers are named 'r'"));
  EXPECT_THAT(build_error(images({{"relu", "input", {}, {}}}, 3)), HasSubstr("taken"));
  EXPECT_THAT(build_error(images({{"relu", "a/b", {}, {}}}, 3)), HasSubstr("letters, digits"));
  EXPECT_THAT(build_error(images({relu, {"add", "s", {"r", "q"}, {}}}, 3)),
              AllOf(HasSubstr("layer 's' (add)"), HasSubstr("unknown input 'q'"), HasSubstr("input, r")));
  EXPECT_THAT(build_error(images({{"add", "s", {}, {}}}, 3)), HasSubstr("expected 2 inputs, got 1"));
  EXPECT_THAT(build_error(images({relu, {"tanh", "t", {"input"}, {}}}, 3)), HasSubstr("no layer reads"));
  EXPECT_THAT(build_error(images({relu}, 10)), AllOf(HasSubstr("layer 'r'"), HasSubstr("10 classes")));
  EXPECT_THAT(build_error(images({}, 3)), HasSubstr("no layers"));
}

TEST(Build, SizesThatNoMemoryHoldsAreRefused) {
  const int64_t large = int64_t{1} << 31;
  EXPECT_THAT(
      build_error(images({{"flatten", "f", {}, {}}, {"linear", "l", {}, Fields{{"out_features", large + 1}}}}, 3)),
      HasSubstr("expected 1 to"));
  EXPECT_THAT(build_error(images({{"conv2d", "c", {}, Fields{{"out_channels", large}, {"kernel", large}}}}, 3)),
              HasSubstr("layer 'c'"));
}

TEST(Build, TheInputMustBeTheNetworks) {
  ShapeEmitter emitter;
  const Value x = emitter.input("x", {DType::float32, {4, 3, 28, 28}}, InputKind::batch);
  EXPECT_THROW(build_network(emitter, builtin_network("simplenn-4"), x, false), Error);
}

TEST(LayerKinds, NamesAreUniqueAndFound) {
  for (const LayerKind& kind : layer_kinds()) {
    EXPECT_EQ(&layer_kind_named(kind.name), &kind);
    EXPECT_FALSE(kind.doc.empty());
  }
}

}  // namespace
}  // namespace tacho
