#pragma once
// Which examples a step reads: an endless sequence of epoch permutations, cut into batches that cross epochs.
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace tacho {

/// Step k (from 1) takes positions (k-1)*B .. k*B-1 of permutation(0), permutation(1), ... A permutation is a pure
/// function of (seed, epoch), the identity without shuffling. Holds one permutation; going forward costs one shuffle an
/// epoch and no allocation.
class BatchOrder {
 public:
  /// Throws tacho::Error where there are no examples or the batch is empty.
  BatchOrder(int64_t examples, int64_t batch_size, uint64_t seed, bool shuffle);

  int64_t batch_size() const { return batch_size_; }
  /// The examples of step `step`; the span holds until the next call.
  std::span<const int64_t> examples_of(int64_t step);
  /// The epoch, from 0, in which a step begins.
  int64_t epoch_of(int64_t step) const { return (step - 1) * batch_size_ / examples_; }
  /// Steps that begin in one epoch, rounded up.
  int64_t steps_per_epoch() const { return (examples_ + batch_size_ - 1) / batch_size_; }

 private:
  void shuffle_epoch(int64_t epoch);
  int64_t examples_, batch_size_;
  uint64_t seed_;
  bool shuffle_;
  int64_t epoch_ = -1;  ///< of permutation_
  std::vector<int64_t> permutation_, step_;
};

/// Copies the training examples of a step into `x` (float32 or float64, B x one example's shape) and `y` (int64, B).
/// Throws tacho::Error where the views have other shapes.
void fill_batch(const Dataset& set, BatchOrder& order, int64_t step, View x, View y);

/// Copies as many examples as `x` holds, from number `begin` of `from_x` and `from_y` on: evaluation reads in order.
void fill_range(const Tensor& from_x, const Tensor& from_y, int64_t begin, View x, View y);

}  // namespace tacho
