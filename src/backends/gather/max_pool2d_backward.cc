#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"

namespace tacho::index_vector {
namespace {

/// Each plane has its own index vector, which max_pool2d found.
struct MaxPool2dBackward {
  template <class T>
  static void run(const KernelRun& run, size_t dy_input, size_t index_input) {
    const Shape &in = run.inputs[dy_input].shape(), &out = run.outputs[0].shape();
    const int64_t places = in[2] * in[3], plane = out[2] * out[3], planes = out[0] * out[1];
    const T* dy = run.in<T>(dy_input);
    const int32_t* index = run.in<int32_t>(index_input);
    T* dx = run.out<T>(0);
    check_indices("max_pool2d_backward", index, planes * places, plane);
    for (int64_t p = 0; p < planes; ++p)
      scatter_examples<1>(dy + p * places, index + p * places, places, dx + p * plane, plane);
  }
};

}  // namespace

OfferResult offer_max_pool2d_backward(const Group& group) {
  const GroupMember& member = group.members[0];
  const Shape dy = group.input_types(member)[0].shape;
  Offer offer;
  offer.kernel = std::make_unique<ByIndex<MaxPool2dBackward>>(group);
  offer.name = "max_pool2d_backward by index";
  offer.reason = "each plane scattered by the places that the pooling found";
  offer.executed.tally = times(scatter_tally(dy[2] * dy[3]), dy[0] * dy[1]);
  return offer;
}

}  // namespace tacho::index_vector
