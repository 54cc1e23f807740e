#include "analysis/source_nodes.h"

#include <gtest/gtest.h>

#include <map>

#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

/// The nodes of a training step by their labels (views left out).
std::map<std::string, SourceNode> labelled(const char* network, const char* convolution) {
  Switches switches;
  set_switch(switches, "convolution", convolution);
  StepOptions options;
  options.network = builtin_network(network);
  options.batch = 8;
  options.way = resolve(switches);
  std::map<std::string, SourceNode> result;
  for (const SourceNode& node : describe(source_graph(options))) {
    if (node.view) continue;
    EXPECT_TRUE(result.emplace(node.label, node).second) << node.label << " twice: " << node.path;
  }
  return result;
}

TEST(SourceNodes, DirectConvolutionsInTheDocumentsLetters) {
  const auto nodes = labelled("simplenn-4", "direct");
  for (const char* label : {"conv2", "conv2 grad W", "conv2 grad Z"}) {
    ASSERT_TRUE(nodes.count(label)) << label;
    EXPECT_EQ(nodes.at(label).notation, "l·h²·d·d'·ab") << label;
    EXPECT_EQ(nodes.at(label).kind, NodeKind::product) << label;
    EXPECT_EQ(nodes.at(label).block, "conv2") << label;
  }
  EXPECT_EQ(nodes.count("conv1 grad Z"), 0u) << "nobody needs the gradient of the images";
  EXPECT_EQ(nodes.at("conv2 bias").notation, "l·d'·ab");
  EXPECT_EQ(nodes.at("conv2 grad b").notation, "l·d'·ab");
  EXPECT_EQ(nodes.at("conv2 grad b").kind, NodeKind::bias);
  EXPECT_EQ(nodes.at("relu2").notation, "l·d'·ab");
  EXPECT_EQ(nodes.at("relu2").block, "conv2");
  EXPECT_EQ(nodes.at("relu2 grad").kind, NodeKind::activation);
  EXPECT_EQ(nodes.at("pool2").notation, "l·h²·d'·ab");
  EXPECT_EQ(nodes.at("fc").notation, "l·d·d'");
  EXPECT_EQ(nodes.at("fc grad W").notation, "l·d·d'");
  EXPECT_EQ(nodes.at("fc grad Z").notation, "l·d·d'");
  EXPECT_EQ(nodes.at("conv2 update W").notation, "h²·d·d'");
  EXPECT_EQ(nodes.at("conv2 update b").notation, "d'");
  EXPECT_EQ(nodes.at("fc update W").notation, "d·d'");
  EXPECT_EQ(nodes.at("loss mean").notation, "l");
}

TEST(SourceNodes, LoweredConvolutionsHaveTheDocumentsBlocks) {
  for (const char* way : {"gather", "im2col"}) {
    const auto nodes = labelled("simplenn-4", way);
    const bool gather = std::string(way) == "gather";
    for (const char* label : {"conv2 W phi", "conv2 grad W", "conv2 grad phi"}) {
      ASSERT_TRUE(nodes.count(label)) << way << ": " << label;
      EXPECT_EQ(nodes.at(label).notation, "l·h²·d·d'·ab") << way << ": " << label;
      EXPECT_EQ(nodes.at(label).count.mul, 8 * 64 * 196 * 288) << way << ": " << label;
    }
    const std::string phi = gather ? "conv2 phi" : "conv2 im2col";
    ASSERT_TRUE(nodes.count(phi)) << way;
    EXPECT_EQ(nodes.at(phi).notation, "l·h²·d·ab");
    EXPECT_EQ(nodes.at(phi).count.move, 8 * 288 * 196);
    ASSERT_TRUE(nodes.count(phi + " adj")) << way;
    EXPECT_EQ(nodes.at(phi + " adj").kind, NodeKind::index);
    EXPECT_EQ(nodes.at(phi + " adj").notation, "l·h²·d·ab");
    if (gather) {
      EXPECT_EQ(nodes.at("conv2 pad").notation, "l·d·ab");
    }
  }
}

TEST(SourceNodes, PoolingCarriesTheDocumentsBound) {
  const auto nodes = labelled("simplenn-4", "direct");
  const SourceNode& pool = nodes.at("pool1");
  ASSERT_TRUE(pool.documents_bound);
  EXPECT_EQ(pool.count.cmp, 8 * 32 * 14 * 14 * 3);
  EXPECT_EQ(pool.documents_bound->value, 8 * 32 * 28 * 28 * 4);  // every output of the convolution, each tap
}

TEST(SourceNodes, DescribesLayers) {
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = 8;
  options.way = resolve({});
  const Graph graph = source_graph(options);
  EXPECT_EQ(describe_layer(graph, "conv1"), "conv 5x5 1→32");
  EXPECT_EQ(describe_layer(graph, "fc"), "linear 576→10");
  EXPECT_EQ(describe_layer(graph, "loss"), "loss");
}

TEST(SourceNodes, FullyConnectedNetworks) {
  const auto nodes = labelled("mlp", "auto");
  EXPECT_EQ(nodes.at("fc2").notation, "l·d·d'");
  EXPECT_EQ(nodes.at("fc2 grad Z").notation, "l·d·d'");
  EXPECT_EQ(nodes.at("relu1").block, "fc1");
}

}  // namespace
}  // namespace tacho
