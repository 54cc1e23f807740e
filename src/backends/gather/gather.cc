#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"

namespace tacho::index_vector {
namespace {

/// phi: the index vector applied to four examples at a time.
struct Gather {
  template <class T>
  static void run(const KernelRun& run, size_t x_input, size_t index_input) {
    const int64_t examples = run.inputs[x_input].shape()[0], length = run.inputs[index_input].elements();
    if (examples == 0 || length == 0) return;
    const int64_t size = run.inputs[x_input].elements() / examples;
    const T* x = run.in<T>(x_input);
    const int32_t* index = run.in<int32_t>(index_input);
    T* y = run.out<T>(0);
    check_indices("gather", index, length, size);
    int64_t n = 0;
    for (; n + 4 <= examples; n += 4) gather_examples<4>(x + n * size, size, index, length, y + n * length);
    for (; n < examples; ++n) gather_examples<1>(x + n * size, size, index, length, y + n * length);
  }
};

}  // namespace

OfferResult offer_gather(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member);
  Offer offer;
  offer.kernel = std::make_unique<ByIndex<Gather>>(group);
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
