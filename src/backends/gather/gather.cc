#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"

namespace tacho::index_vector {
namespace {

/// phi: the index vector applied to four examples at a time.
class Gather final : public Kernel {
 public:
  Gather(int x, int index) : x_(size_t(x)), index_(size_t(index)) {}

  RunStatus run(const KernelRun& run) const override {
    if (run.outputs[0].type.dtype == DType::float64) run_typed<double>(run);
    else run_typed<float>(run);
    return {};
  }

 private:
  template <class T>
  void run_typed(const KernelRun& run) const {
    const int64_t examples = run.inputs[x_].shape()[0], length = run.inputs[index_].elements();
    if (examples == 0 || length == 0) return;
    const int64_t size = run.inputs[x_].elements() / examples;
    const T* x = run.in<T>(x_);
    const int32_t* index = run.in<int32_t>(index_);
    T* y = run.out<T>(0);
    check_indices("gather", index, length, size);
    int64_t n = 0;
    for (; n + 4 <= examples; n += 4) gather_examples<4>(x + n * size, size, index, length, y + n * length);
    for (; n < examples; ++n) gather_examples<1>(x + n * size, size, index, length, y + n * length);
  }

  size_t x_, index_;
};

}  // namespace

OfferResult offer_gather(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member);
  Offer offer;
  offer.kernel = std::make_unique<Gather>(position_of(group.inputs, member.inputs[0]),
                                          position_of(group.inputs, member.inputs[1]));
  offer.name = "gather";
  offer.reason = "the index vector read once for four examples";
  const int64_t length = element_count(inputs[1].shape);
  offer.executed.tally = times(counted([&] {
                                 const Counting element(1);
                                 std::vector<Counting> y(size_t(length), element);
                                 const std::vector<int32_t> index(size_t(length), 0);
                                 gather_examples<1>(&element, 1, index.data(), length, y.data());
                               }),
                               inputs[0].shape[0]);
  return offer;
}

}  // namespace tacho::index_vector
