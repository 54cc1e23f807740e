#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"

namespace tacho::index_vector {
namespace {

/// Each plane has its own index vector, which max_pool2d found.
class MaxPool2dBackward final : public Kernel {
 public:
  MaxPool2dBackward(int dy, int index) : dy_(size_t(dy)), index_(size_t(index)) {}

  RunStatus run(const KernelRun& run) const override {
    if (run.outputs[0].type.dtype == DType::float64) run_typed<double>(run);
    else run_typed<float>(run);
    return {};
  }

 private:
  template <class T>
  void run_typed(const KernelRun& run) const {
    const Shape &in = run.inputs[dy_].shape(), &out = run.outputs[0].shape();
    const int64_t places = in[2] * in[3], plane = out[2] * out[3], planes = out[0] * out[1];
    const T* dy = run.in<T>(dy_);
    const int32_t* index = run.in<int32_t>(index_);
    T* dx = run.out<T>(0);
    check_indices("max_pool2d_backward", index, planes * places, plane);
    for (int64_t p = 0; p < planes; ++p)
      scatter_examples<1>(dy + p * places, index + p * places, places, dx + p * plane, plane);
  }

  size_t dy_, index_;
};

}  // namespace

OfferResult offer_max_pool2d_backward(const Group& group) {
  const GroupMember& member = group.members[0];
  const Shape dy = group.input_types(member)[0].shape;
  Offer offer;
  offer.kernel = std::make_unique<MaxPool2dBackward>(position_of(group.inputs, member.inputs[0]),
                                                     position_of(group.inputs, member.inputs[1]));
  offer.name = "max_pool2d_backward by index";
  offer.reason = "each plane scattered by the places that the pooling found";
  const int64_t places = dy[2] * dy[3];
  offer.executed.tally = times(counted([&] {
                                 const std::vector<Counting> gradient(size_t(places), Counting(1));
                                 const std::vector<int32_t> index(size_t(places), 0);
                                 Counting sum;
                                 scatter_examples<1>(gradient.data(), index.data(), places, &sum, 1);
                               }),
                               dy[0] * dy[1]);
  return offer;
}

}  // namespace tacho::index_vector
