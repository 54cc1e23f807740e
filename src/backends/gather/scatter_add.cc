#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"

namespace tacho::index_vector {
namespace {

/// The adjoint of phi, four examples at a time: their sums do not wait for one another. Within an example the terms are
/// added in the order of the index vector, as the reference does.
class ScatterAdd final : public Kernel {
 public:
  ScatterAdd(int dy, int index) : dy_(size_t(dy)), index_(size_t(index)) {}

  RunStatus run(const KernelRun& run) const override {
    if (run.outputs[0].type.dtype == DType::float64) run_typed<double>(run);
    else run_typed<float>(run);
    return {};
  }

 private:
  template <class T>
  void run_typed(const KernelRun& run) const {
    const int64_t examples = run.outputs[0].shape()[0], length = run.inputs[index_].elements();
    if (examples == 0) return;
    const int64_t size = run.outputs[0].elements() / examples;
    const T* dy = run.in<T>(dy_);
    const int32_t* index = run.in<int32_t>(index_);
    T* dx = run.out<T>(0);
    check_indices("scatter_add", index, length, size);
    int64_t n = 0;
    for (; n + 4 <= examples; n += 4) scatter_examples<4>(dy + n * length, index, length, dx + n * size, size);
    for (; n < examples; ++n) scatter_examples<1>(dy + n * length, index, length, dx + n * size, size);
  }

  size_t dy_, index_;
};

}  // namespace

OfferResult offer_scatter_add(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member);
  Offer offer;
  offer.kernel = std::make_unique<ScatterAdd>(position_of(group.inputs, member.inputs[0]),
                                              position_of(group.inputs, member.inputs[1]));
  offer.name = "scatter_add";
  offer.reason = "the index vector read once for four examples";
  const int64_t length = element_count(inputs[1].shape);
  offer.executed.tally = times(counted([&] {
                                 const std::vector<Counting> dy(size_t(length), Counting(1));
                                 const std::vector<int32_t> index(size_t(length), 0);
                                 Counting sum;
                                 scatter_examples<1>(dy.data(), index.data(), length, &sum, 1);
                               }),
                               inputs[0].shape[0]);
  return offer;
}

}  // namespace tacho::index_vector
