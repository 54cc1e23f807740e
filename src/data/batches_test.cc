#include "data/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tacho {
namespace {

std::vector<int64_t> batch_of_step(BatchOrder& order, int64_t step) {
  const auto s = order.examples_of(step);
  return {s.begin(), s.end()};
}

TEST(BatchOrder, WithoutShufflingItCountsAcrossEpochs) {
  BatchOrder order(5, 3, 0, false);
  EXPECT_EQ(batch_of_step(order, 1), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(batch_of_step(order, 2), (std::vector<int64_t>{3, 4, 0}));
  EXPECT_EQ(batch_of_step(order, 3), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(order.epoch_of(1), 0);
  EXPECT_EQ(order.epoch_of(2), 0);
  EXPECT_EQ(order.epoch_of(3), 1);
  EXPECT_EQ(order.steps_per_epoch(), 2);
  BatchOrder large(2, 5, 0, false);  // a batch may hold the set more than once
  EXPECT_EQ(batch_of_step(large, 2), (std::vector<int64_t>{1, 0, 1, 0, 1}));
}

TEST(BatchOrder, EveryEpochIsAnotherPermutation) {
  BatchOrder order(100, 10, 7, true);
  std::vector<std::vector<int64_t>> epochs;
  for (int e = 0; e < 3; ++e) {
    std::vector<int64_t> epoch;
    for (int64_t s = 1; s <= 10; ++s)
      for (int64_t i : order.examples_of(e * 10 + s)) epoch.push_back(i);
    epochs.push_back(epoch);
    std::sort(epoch.begin(), epoch.end());
    for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(epoch[size_t(i)], i);
  }
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(epochs[1], epochs[2]);
}

TEST(BatchOrder, AStepIsAPureFunctionOfSeedAndStep) {
  BatchOrder forward(37, 8, 1, true), other_seed(37, 8, 2, true);
  std::vector<std::vector<int64_t>> steps;
  for (int64_t s = 1; s <= 30; ++s) steps.push_back(batch_of_step(forward, s));
  BatchOrder fresh(37, 8, 1, true);
  for (int64_t s : {30, 3, 17, 1}) EXPECT_EQ(batch_of_step(fresh, s), steps[size_t(s - 1)]) << s;
  EXPECT_NE(batch_of_step(other_seed, 1), steps[0]);
}

TEST(BatchOrder, RefusesEmptySetsAndBatches) {
  EXPECT_THROW(BatchOrder(0, 1, 0, true), Error);
  EXPECT_THROW(BatchOrder(5, 0, 0, true), Error);
}

TEST(FillBatch, CopiesAndConverts) {
  Dataset set;
  set.train_x = Tensor::of<float>({3, 2}, {0, 1, 10, 11, 20, 21});
  set.train_y = Tensor::of<int64_t>({3}, {5, 6, 7});
  BatchOrder order(3, 2, 0, false);
  for (DType dtype : {DType::float32, DType::float64}) {
    Tensor x({dtype, {2, 2}}), y({DType::int64, {2}});
    fill_batch(set, order, 2, x.view(), y.view());
    const Tensor wide = x.cast(DType::float64);
    EXPECT_EQ(std::vector<double>(wide.as<double>(), wide.as<double>() + 4), (std::vector<double>{20, 21, 0, 1}));
    EXPECT_EQ(y.as<int64_t>()[0], 7);
    EXPECT_EQ(y.as<int64_t>()[1], 5);
    fill_range(set.train_x, set.train_y, 1, x.view(), y.view());
    EXPECT_EQ(x.cast(DType::float64).as<double>()[3], 21);
    EXPECT_EQ(y.as<int64_t>()[0], 6);
  }
  Tensor wrong({DType::float32, {2, 3}}), y({DType::int64, {2}});
  EXPECT_THROW(fill_batch(set, order, 1, wrong.view(), y.view()), Error);
  Tensor longer({DType::float32, {3, 2}}), y3({DType::int64, {3}});
  EXPECT_THROW(fill_batch(set, order, 1, longer.view(), y3.view()), Error);
}

}  // namespace
}  // namespace tacho
