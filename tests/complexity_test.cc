// The anchor figures of architecture section 7, computed by hand, and layer ratios of the reference experiment.
#include "analysis/complexity.h"

#include <gtest/gtest.h>

#include "analysis/layers.h"
#include "analysis/operations.h"
#include "nn/builtin.h"
#include "nn/parameters.h"
#include "train/session.h"

namespace tacho {
namespace {

Complexity complexity(const char* convolution, int64_t batch = 128) {
  Switches switches;
  set_switch(switches, "convolution", convolution);
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = batch;
  options.way = resolve(switches);
  ComplexityInput input{"simplenn-4", {batch, 1, 28, 28}, batch};
  input.parameters = parameter_count(parameters_of(options.network, DType::float32));
  return complexity_of(source_graph(options, true), input);
}

TEST(Complexity, AnchorOfTheReferenceExperiment) {
  const Complexity c = complexity("auto");
  EXPECT_EQ(c.totals.at(Phase::forward).products.mul, 774'651'904);
  EXPECT_EQ(c.totals.at(Phase::forward).products.padding_mul, 91'668'480);
  EXPECT_EQ(c.totals.at(Phase::backward).products.mul, 1'469'022'208);
  EXPECT_EQ(c.work(), 2'269'793'386);
  EXPECT_EQ(c.totals.at(Phase::forward).products.mul, 128 * int64_t{6'051'968});
}

TEST(Complexity, GatherShowsTheDocumentsBlocks) {
  const Complexity c = complexity("gather");
  int64_t phi = 0, elements = 0;
  for (const SourceNode& node : c.nodes)
    if (node.op == "gather") phi += node.count.move, elements += node.bytes_written / 4;
  // phi of the three layers: 25 x 784 + 288 x 196 + 576 x 49 elements an instance.
  EXPECT_EQ(phi, 128 * int64_t{104'272});
  EXPECT_EQ(elements, phi);
  EXPECT_EQ(c.totals.at(Phase::forward).products.mul, 774'651'904) << "the products stay what they are";
}

TEST(Complexity, LayerRatiosByHand) {
  const Complexity c = complexity("direct");
  std::map<std::string, std::pair<int64_t, int64_t>> split;  // block -> products, rest
  for (const SourceNode& node : c.nodes) {
    if (node.phase == Phase::update) continue;
    auto& [products, rest] = split[node.block];
    (node.kind == NodeKind::product ? products : rest) += node.work;
  }
  EXPECT_EQ(split["conv1"], std::pair(int64_t{160'563'200}, int64_t{16'056'288}));   // 10 : 1
  EXPECT_EQ(split["conv2"], std::pair(int64_t{1'387'266'048}, int64_t{8'028'096}));  // 173 : 1
  EXPECT_EQ(split["conv3"], std::pair(int64_t{693'633'024}, int64_t{1'900'480}));    // 365 : 1
}

TEST(Complexity, TotalsAreTheSumOfTheNodes) {
  for (const char* way : {"direct", "im2col", "gather"}) {
    const Complexity c = complexity(way, 3);
    int64_t work = 0;
    for (const SourceNode& node : c.nodes) work += node.work;
    EXPECT_EQ(work, c.work()) << way;
  }
}

TEST(Complexity, JsonHasTheContractsFields) {
  const Json json = to_json(complexity("gather", 2));
  EXPECT_EQ(json.begin().key(), "schema");
  EXPECT_EQ(json["schema"], "tacho.complexity");
  for (const char* phase : {"forward", "backward", "update"}) EXPECT_TRUE(json["totals"].contains(phase)) << phase;
  for (const Json& operation : json["operations"]) {
    for (const char* field :
         {"node", "op", "layer", "phase", "formula", "big_o", "work", "bytes_read", "bytes_written"})
      EXPECT_TRUE(operation.contains(field)) << field;
    for (const char* kind : {"mul", "add", "div", "cmp", "transcendental", "move", "padding_mul"})
      EXPECT_TRUE(operation["count"].contains(kind)) << kind;
    for (const char* measured : {"time_ns", "kernel", "backend"})
      EXPECT_FALSE(operation.contains(measured)) << measured;
  }
}

TEST(Complexity, TextFitsEightyColumns) {
  for (const char* way : {"direct", "gather"}) {
    std::istringstream lines(render_text(complexity(way)));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
  }
}

}  // namespace
}  // namespace tacho
