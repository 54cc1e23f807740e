#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"

namespace tacho::index_vector {
namespace {

/// The adjoint of phi, four examples at a time: their sums do not wait for one another. Within an example the terms are
/// added in the order of the index vector, as the reference does.
struct ScatterAdd {
  template <class T>
  static void run(const KernelRun& run, size_t dy_input, size_t index_input) {
    const int64_t examples = run.outputs[0].shape()[0], length = run.inputs[index_input].elements();
    if (examples == 0) return;
    const int64_t size = run.outputs[0].elements() / examples;
    const T* dy = run.in<T>(dy_input);
    const int32_t* index = run.in<int32_t>(index_input);
    T* dx = run.out<T>(0);
    check_indices("scatter_add", index, length, size);
    int64_t n = 0;
    for (; n + 4 <= examples; n += 4) scatter_examples<4>(dy + n * length, index, length, dx + n * size, size);
    for (; n < examples; ++n) scatter_examples<1>(dy + n * length, index, length, dx + n * size, size);
  }
};

}  // namespace

OfferResult offer_scatter_add(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member);
  Offer offer;
  offer.kernel = std::make_unique<ByIndex<ScatterAdd>>(group);
  offer.name = "scatter_add";
  offer.reason = "the index vector read once for four examples";
  offer.executed.tally = times(scatter_tally(element_count(inputs[1].shape)), inputs[0].shape[0]);
  return offer;
}

}  // namespace tacho::index_vector
