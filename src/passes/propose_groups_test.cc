#include <gtest/gtest.h>

#include <set>

#include "nn/builtin.h"
#include "passes/pipeline.h"
#include "train/session.h"

namespace tacho {
namespace {

TEST(ProposeGroups, EveryNodeIsInAtMostOneGroupAndInExecutionOrder) {
  for (const char* name : {"simplenn-4", "resnet18", "mobilenet-v2", "densenet-121"}) {
    StepOptions options;
    options.network = builtin_network(name);
    options.batch = 2;
    options.way = resolve({});
    Graph graph = source_graph(options);
    run_pipeline(graph);
    std::set<int> seen;
    size_t normalizations = 0;
    for (const GroupProposal& proposal : propose_groups(graph)) {
      ASSERT_GT(proposal.nodes.size(), 1u);
      for (size_t i = 0; i < proposal.nodes.size(); ++i) {
        const int node = proposal.nodes[i];
        EXPECT_TRUE(graph.node(node).alive());
        EXPECT_TRUE(seen.insert(node).second) << name << ": " << graph.path(node) << " is in two groups";
        if (i > 0) {
          EXPECT_LT(proposal.nodes[i - 1], node);
        }
      }
      normalizations += graph.node(proposal.nodes[0]).op->name.starts_with("batch_norm");
    }
    if (std::string(name) != "simplenn-4") {
      EXPECT_GT(normalizations, 20u) << name;
    }
  }
}

}  // namespace
}  // namespace tacho
