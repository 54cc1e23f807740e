// Built-in networks train to the same bits on 1, 2, 3 and 4 threads, the light ones by every optimiser; the deep ones
// by slices and operation by operation.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <tuple>

#include "base/random.h"
#include "nn/build.h"
#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

struct DeepOutcome {
  VariableStore variables;
  std::vector<double> losses;
};

/// A built-in network, or one of the layers that none of those has.
NetworkSpec network_named(const std::string& name) {
  if (name != "normalised") return builtin_network(name);
  const LayerSpec conv{"conv2d", "conv", {}, {{"out_channels", int64_t{8}}, {"kernel", int64_t{3}}}};
  return {name,
          {3, 12, 12},
          10,
          {conv,
           {"group_norm", "group", {}, {{"groups", int64_t{2}}}},
           {"gelu", "gelu", {}, {}},
           {"upsample2d", "up", {}, {{"bilinear", true}}},
           {"avg_pool2d", "pool", {}, {{"kernel", int64_t{3}}, {"stride", int64_t{2}}, {"padding", int64_t{1}}}},
           {"instance_norm2d", "instance", {}, {}},
           {"adaptive_avg_pool2d", "adaptive", {}, {{"output", int64_t{3}}}},
           {"layer_norm", "layer", {}, {}},
           {"dropout", "dropout", {}, {{"rate", 0.1}}},
           {"rms_norm", "rms", {}, {{"axes", int64_t{1}}}},
           {"flatten", "flatten", {}, {}},
           {"linear", "fc", {}, {{"out_features", int64_t{10}}}}}};
}

/// Two steps. Four lanes whatever the machine, so that three threads share them unevenly.
DeepOutcome train_deep(const std::string& name, int threads, const char* schedule,
                       OptimizerKind optimizer = OptimizerKind::momentum) {
  constexpr int64_t kBatch = 4;
  StepOptions options;
  options.network = network_named(name);
  options.batch = kBatch;
  options.optimizer.kind = optimizer;
  options.optimizer.weight_decay = 0.01;
  Switches set;
  set_switch(set, "lanes", "4");
  set_switch(set, "threads", std::to_string(threads));
  set_switch(set, "schedule", schedule);
  options.way = resolve(set);
  DeepOutcome run;
  run.variables = initial_variables(options, 11);
  Pool pool(options.way.threads);
  Session session(options, pool, run.variables);
  Shape shape{kBatch};
  for (int64_t extent : options.network.input) shape.push_back(extent);
  Tensor x({DType::float32, shape}), y({DType::int64, {kBatch}});
  const Random random(3);
  for (int64_t i = 0; i < x.elements(); ++i) x.as<float>()[i] = float(random.normal(uint64_t(i)));
  for (int64_t i = 0; i < kBatch; ++i) y.as<int64_t>()[i] = i;
  Ledger ledger;
  pool.begin(ledger);
  for (int step = 1; step <= 2; ++step) {
    session.run(x.view(), y.view(), 0.001, step);
    run.losses.push_back(session.loss());
    pool.end_step();
  }
  pool.finish();
  return run;
}

void expect_bit_identical(const DeepOutcome& a, const DeepOutcome& b, int threads) {
  ASSERT_EQ(a.variables.size(), b.variables.size());
  for (const auto& [name, tensor] : a.variables)
    EXPECT_EQ(std::memcmp(tensor.view().data, b.variables.at(name).view().data, size_t(tensor.bytes())), 0)
        << name << " on " << threads << " threads";
  EXPECT_EQ(a.losses, b.losses) << threads << " threads";
}

class DeepNetworksSlow : public testing::TestWithParam<const char*> {};

TEST_P(DeepNetworksSlow, TwoStepsAreBitIdenticalOverThreadsAndLowerTheLoss) {
  const DeepOutcome one = train_deep(GetParam(), 1, "slices");
  for (int threads = 2; threads <= 4; ++threads)
    expect_bit_identical(one, train_deep(GetParam(), threads, "slices"), threads);
  EXPECT_TRUE(std::isfinite(one.losses[0]));
  // Another step draws another dropout, so two losses of such a network say nothing.
  if (!draws_random_numbers(network_named(GetParam()))) {
    EXPECT_LT(one.losses[1], one.losses[0]);
  }
  const DeepOutcome whole = train_deep(GetParam(), 1, "sequential");
  for (size_t step = 0; step < 2; ++step)
    EXPECT_NEAR(whole.losses[step], one.losses[step], 2e-3 * std::fabs(one.losses[step]));
}

INSTANTIATE_TEST_SUITE_P(Networks, DeepNetworksSlow,
                         testing::Values("vgg11", "resnet18", "mobilenet-v2", "densenet-121", "unet", "normalised"));

class LightNetworksThreads : public testing::TestWithParam<std::tuple<const char*, OptimizerKind>> {};

TEST_P(LightNetworksThreads, TwoStepsAreBitIdenticalAndLowerTheLoss) {
  const auto [network, optimizer] = GetParam();
  const DeepOutcome one = train_deep(network, 1, "slices", optimizer);
  EXPECT_LT(one.losses[1], one.losses[0]);
  for (int threads = 2; threads <= 4; ++threads)
    expect_bit_identical(one, train_deep(network, threads, "slices", optimizer), threads);
}

INSTANTIATE_TEST_SUITE_P(Networks, LightNetworksThreads,
                         testing::Combine(testing::Values("simplenn-4", "simplenn-7", "lenet5"),
                                          testing::Values(OptimizerKind::sgd, OptimizerKind::momentum,
                                                          OptimizerKind::nesterov, OptimizerKind::adam,
                                                          OptimizerKind::adamw)));

}  // namespace
}  // namespace tacho
