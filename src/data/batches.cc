#include "data/batches.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace tacho {
namespace {

/// Keeps the shuffles apart from every other use of the seed.
constexpr uint64_t kShuffleStreams = uint64_t{0x5348} << 48;

void check_views(const Tensor& from_x, View x, View y) {
  Shape expected = from_x.shape();
  expected[0] = x.shape().empty() ? 0 : x.shape()[0];
  if (!(x.shape() == expected) || !(y.shape() == Shape{expected[0]}))
    fail("a batch of ", to_string(x.shape()), " with labels ", to_string(y.shape()), " cannot take examples of ",
         to_string(from_x.shape()));
}

/// One example's values, converted where the batch is float64.
void copy_row(const float* from, View x, int64_t at, int64_t row) {
  if (x.type.dtype == DType::float32) std::memcpy(x.as<float>() + at * row, from, size_t(row) * sizeof(float));
  else std::copy_n(from, row, x.as<double>() + at * row);
}

}  // namespace

BatchOrder::BatchOrder(int64_t examples, int64_t batch_size, uint64_t seed, bool shuffle)
    : examples_(examples), batch_size_(batch_size), seed_(seed), shuffle_(shuffle) {
  if (examples < 1) fail("no examples to make batches of");
  if (batch_size < 1) fail("--batch-size ", batch_size, ": expected at least 1");
  permutation_.resize(size_t(examples));
  step_.resize(size_t(batch_size));
}

void BatchOrder::shuffle_epoch(int64_t epoch) {
  std::iota(permutation_.begin(), permutation_.end(), int64_t{0});
  epoch_ = epoch;
  if (!shuffle_) return;
  const Random random(seed_, kShuffleStreams | uint64_t(epoch));
  for (int64_t i = examples_ - 1; i > 0; --i)  // Fisher-Yates
    std::swap(permutation_[size_t(i)], permutation_[random.below(uint64_t(i), uint64_t(i + 1))]);
}

std::span<const int64_t> BatchOrder::examples_of(int64_t step) {
  TACHO_CHECK(step >= 1);
  const int64_t first = (step - 1) * batch_size_;
  for (int64_t i = 0; i < batch_size_; ++i) {
    const int64_t epoch = (first + i) / examples_;
    if (epoch != epoch_) shuffle_epoch(epoch);
    step_[size_t(i)] = permutation_[size_t((first + i) % examples_)];
  }
  return step_;
}

void fill_batch(const Dataset& set, BatchOrder& order, int64_t step, View x, View y) {
  check_views(set.train_x, x, y);
  const auto examples = order.examples_of(step);
  if (int64_t(examples.size()) != x.shape()[0]) fail("a batch of ", x.shape()[0], " for an order of ", examples.size());
  const int64_t row = set.train_x.elements() / set.train_size();
  const float* from = set.train_x.as<float>();
  const int64_t* labels = set.train_y.as<int64_t>();
  for (size_t i = 0; i < examples.size(); ++i) {
    copy_row(from + examples[i] * row, x, int64_t(i), row);
    y.as<int64_t>()[i] = labels[examples[i]];
  }
}

void fill_range(const Tensor& from_x, const Tensor& from_y, int64_t begin, View x, View y) {
  check_views(from_x, x, y);
  const int64_t n = from_x.shape()[0], row = from_x.elements() / n, count = x.shape()[0];
  TACHO_CHECK(begin >= 0 && count <= n - begin, "examples ", begin, " + ", count, " of ", n);
  for (int64_t i = 0; i < count; ++i) copy_row(from_x.as<float>() + (begin + i) * row, x, i, row);
  std::copy_n(from_y.as<int64_t>() + begin, count, y.as<int64_t>());
}

}  // namespace tacho
