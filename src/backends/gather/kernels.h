#pragma once
// What this folder offers: one function per operation, each called with a group of that one operation.
#include "op/backend.h"

namespace tacho::index_vector {

OfferResult offer_gather(const Group& group);
OfferResult offer_scatter_add(const Group& group);
OfferResult offer_max_pool2d(const Group& group);
OfferResult offer_max_pool2d_backward(const Group& group);

/// Index of operand `operand` among the group's external ones; -1 where it is none of them.
int position_of(const std::vector<int>& externals, int operand);

/// The kernel of an operation of values and an index vector, by Body::run<T>(run, place of the values among the inputs,
/// place of the index vector) for the dtype of the result.
template <class Body>
class ByIndex final : public Kernel {
 public:
  /// `group` has that operation alone.
  explicit ByIndex(const Group& group)
      : values_(size_t(position_of(group.inputs, group.members[0].inputs[0]))),
        index_(size_t(position_of(group.inputs, group.members[0].inputs[1]))) {}

  RunStatus run(const KernelRun& run) const override {
    if (run.outputs[0].type.dtype == DType::float64) Body::template run<double>(run, values_, index_);
    else Body::template run<float>(run, values_, index_);
    return {};
  }

 private:
  size_t values_, index_;
};

}  // namespace tacho::index_vector
