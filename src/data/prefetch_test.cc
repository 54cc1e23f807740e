#include "data/prefetch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <set>

#include "base/clock.h"

namespace tacho {
namespace {

const TensorType kExamplesType{DType::float32, {2, 3}}, kLabelsType{DType::int64, {2}};

TEST(Prefetch, GivesTheSameBatchesAsFillingThem) {
  Dataset set;
  set.train_x = Tensor({DType::float32, {11, 4}});
  set.train_y = Tensor({DType::int64, {11}});
  for (int i = 0; i < 44; ++i) set.train_x.as<float>()[i] = float(i);
  for (int i = 0; i < 11; ++i) set.train_y.as<int64_t>()[i] = i;
  BatchOrder order(11, 3, 5, true);
  Prefetch prefetch(set, order, DType::float64, 4);
  Tensor x({DType::float64, {3, 4}}), y({DType::int64, {3}});
  for (int64_t step = 4; step < 60; ++step) {
    const Batch& batch = prefetch.take(step);
    fill_batch(set, order, step, x.view(), y.view());
    for (int i = 0; i < 12; ++i) ASSERT_EQ(batch.x.as<double>()[i], x.as<double>()[i]) << step;
    for (int i = 0; i < 3; ++i) ASSERT_EQ(batch.y.as<int64_t>()[i], y.as<int64_t>()[i]) << step;
  }
}

TEST(Prefetch, KeepsTheTakenBatchAndReusesItsTensors) {
  Prefetch prefetch([](int64_t step, Batch& b) { b.y.as<int64_t>()[0] = step; }, kExamplesType, kLabelsType, 1, 3);
  std::set<const void*> tensors;
  for (int64_t step = 1; step <= 200; ++step) {
    const Batch& batch = prefetch.take(step);
    while (!prefetch.ready(step + 2)) std::this_thread::yield();  // the thread has gone as far as it may
    ASSERT_EQ(batch.y.as<int64_t>()[0], step);
    EXPECT_FALSE(prefetch.ready(step + 3));
    tensors.insert(batch.x.view().data);
  }
  EXPECT_EQ(tensors.size(), 3u);
}

TEST(Prefetch, ReadyTellsWaitingFromNotWaiting) {
  std::promise<void> gate;
  Prefetch prefetch(
      [opened = gate.get_future().share()](int64_t step, Batch&) {
        if (step == 2) opened.wait();
      },
      kExamplesType, kLabelsType, 1);
  prefetch.take(1);
  EXPECT_FALSE(prefetch.ready(2));
  gate.set_value();
  prefetch.take(2);
  EXPECT_TRUE(prefetch.ready(2));
}

TEST(Prefetch, ErrorsSurfaceAtTheirStep) {
  Prefetch prefetch(
      [](int64_t step, Batch&) {
        if (step == 3) fail("step 3 cannot be read");
      },
      kExamplesType, kLabelsType, 1);
  prefetch.take(1);
  prefetch.take(2);
  for (int again = 0; again < 2; ++again) {
    try {
      prefetch.take(3);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "step 3 cannot be read");
    }
  }
  EXPECT_GE(prefetch.cpu_ns(), 0);
}

TEST(Prefetch, CountsTheCpuTimeOfItsThread) {
  Prefetch prefetch(
      [](int64_t, Batch&) {
        for (const int64_t end = thread_cpu_ns() + 5'000'000; thread_cpu_ns() < end;) {
        }
      },
      kExamplesType, kLabelsType, 1);
  const int64_t before = prefetch.cpu_ns();
  for (int64_t step = 1; step <= 4; ++step) prefetch.take(step);
  EXPECT_GE(prefetch.cpu_ns(), 20'000'000);
  EXPECT_GE(prefetch.cpu_ns(), before);
}

TEST(Prefetch, EndsCleanlyInEveryState) {
  for (int taken = 0; taken < 5; ++taken) {
    Prefetch prefetch([](int64_t, Batch&) {}, kExamplesType, kLabelsType, 1);
    for (int64_t step = 1; step <= taken; ++step) prefetch.take(step);
  }
  Prefetch failed([](int64_t, Batch&) { fail("at once"); }, kExamplesType, kLabelsType, 1);
  EXPECT_THROW(failed.take(1), Error);
}

}  // namespace
}  // namespace tacho
