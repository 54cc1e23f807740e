#include "nn/network_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/network_toml.h"
#include "nn/builtin.h"
#include "nn/inspect.h"

namespace tacho {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}
std::string toml_error(const std::string& text) {
  return error_of([&] { network_from_toml(text, "net.toml"); });
}
std::string config_error(const std::string& text) {
  return error_of([&] { network_from_config(text, "net", "net.config"); });
}

TEST(NetworkToml, EveryBuiltInNetworkComesBackEqual) {
  for (const std::string& name : builtin_names()) {
    const NetworkSpec network = builtin_network(name);
    EXPECT_EQ(network_from_toml(network_toml(network), name), network) << name;
  }
  const NetworkSpec large = builtin_network("resnet50", Shape{3, 224, 224}, 1000);
  EXPECT_EQ(network_from_toml(network_toml(large), "large"), large);
}

TEST(NetworkToml, FieldsKeepTheirOrderAndKinds) {
  const NetworkSpec network{"a \"quoted\" \\ name",
                            {1, 8, 8},
                            3,
                            {{"conv2d",
                              "c",
                              {"input"},
                              {{"kernel", std::vector<int64_t>{3, 1}},
                               {"bias", false},
                               {"out_channels", int64_t{3}},
                               {"eps", 1e-5},
                               {"whole", 2.0},
                               {"mode", std::string("x\ty")}}}}};
  EXPECT_EQ(network_from_toml(network_toml(network), "net"), network);
}

TEST(NetworkToml, MistakesAreNamedWithTheirLine) {
  EXPECT_THAT(toml_error("name = \"a\"\ninput = [1,\n"), HasSubstr("net.toml:"));
  EXPECT_THAT(toml_error("name = \"a\"\n"), HasSubstr("'input' is missing"));
  EXPECT_THAT(toml_error("name = 3\n"), AllOf(HasSubstr("net.toml:1"), HasSubstr("expected text")));
  const std::string head = "name = \"a\"\ninput = [1, 8, 8]\nclasses = 3\n";
  EXPECT_THAT(toml_error(head), HasSubstr("'layer' is missing"));
  EXPECT_THAT(toml_error(head + "layers = 1\n"), AllOf(HasSubstr("net.toml:4"), HasSubstr("unknown key 'layers'")));
  EXPECT_THAT(toml_error(head + "layer = 1\n"), HasSubstr("[[layer]]"));
  EXPECT_THAT(toml_error(head + "[[layer]]\nkind = \"relu\"\n"), HasSubstr("'name' is missing"));
  const std::string relu = head + "[[layer]]\nkind = \"relu\"\nname = \"r\"\n";
  EXPECT_THAT(toml_error(relu + "slope = [0.5]\n"), AllOf(HasSubstr("net.toml:7"), HasSubstr("'slope'")));
  EXPECT_THAT(toml_error(relu + "inputs = \"input\"\n"), HasSubstr("list of layers' names"));
  EXPECT_THAT(toml_error("name = \"a\"\ninput = [0]\nclasses = 3\n"), HasSubstr("extents of 1 to"));
  EXPECT_THAT(toml_error("name = \"a\"\ninput = [8]\nclasses = 0\n"), HasSubstr("at least one class"));
}

// Written as simpleNN's own example of four layers is.
constexpr const char* kFourLayers =
    "% Three convolutions and one fully connected layer.\n\nL = 4;\nLC = 3;\nLF = 1;\nwd_input = [28];\r\n"
    "ht_input = [28];\nch_input = [1,32,64,64];\nwd_pad_added = [2,1,1];\nwd_filter = [5, 3 3];\nstrides = [1,1,1];\n"
    "wd_subimage_pool = [2,2,2]; % pooling\nfull_neurons = [10];";

TEST(NetworkConfig, TheReferenceExperimentIsSimplenn4) {
  EXPECT_EQ(network_from_config(kFourLayers, "simplenn-4", "net.config"), builtin_network("simplenn-4"));
}

TEST(NetworkConfig, WithoutPoolingAndWithHiddenLayers) {
  const NetworkSpec network = network_from_config(
      "L=3\nLC=1\nLF=2\nwd_input=6\nht_input=5\nch_input=[2 4]\nwd_pad_added=0\nwd_filter=3\nstrides=1\n"
      "wd_subimage_pool=1\nfull_neurons=[7,3]",
      "net", "net.config");
  EXPECT_EQ(network.input, (Shape{2, 5, 6}));
  // conv 4 x 2 x 3 x 3 + 4; then 4 x 3 x 4 features to 7 and 3
  EXPECT_EQ(inspect_network(network, 1, DType::float32).total_parameters, 76 + 48 * 7 + 7 + 7 * 3 + 3);
  EXPECT_EQ(network.layers.size(), 6u);  // conv1, relu1, flatten, fc1, relu_fc1, fc2
}

TEST(NetworkConfig, OnlyNumbersAreReadAndMistakesAreNamed) {
  EXPECT_THAT(config_error("L = 4;\nsystem('x')"), HasSubstr("net.config:2"));
  EXPECT_THAT(config_error("L = 2+2;"), HasSubstr("whole numbers"));
  EXPECT_THAT(config_error("M = 4;"), HasSubstr("unknown name 'M'"));
  EXPECT_THAT(config_error("L = 4;\nL = 4;"), HasSubstr("given twice"));
  EXPECT_THAT(config_error("L = 4;"), HasSubstr("'LC' is missing"));
  EXPECT_THAT(config_error("L = 99999999999999999999;"), HasSubstr("whole numbers"));
  EXPECT_THAT(config_error("L = 4;\nLC = 3;\nLF = 2;"), HasSubstr("L is not LC + LF"));
  std::string text = kFourLayers;
  text.replace(text.find("[2,1,1]"), 7, "[2,1]");
  EXPECT_THAT(config_error(text), AllOf(HasSubstr("wd_pad_added"), HasSubstr("expected 3")));
}

TEST(NetworkFile, SuffixesDecide) {
  EXPECT_TRUE(is_network_file("dir/net.toml"));
  EXPECT_TRUE(is_network_file("net.config"));
  EXPECT_FALSE(is_network_file("resnet18"));
  EXPECT_FALSE(is_network_file("net.onnx"));
  EXPECT_THAT(error_of([] { read_network_file("no/such/file.toml"); }), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace tacho
