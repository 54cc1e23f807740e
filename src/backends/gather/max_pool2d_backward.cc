#include "ops/max_pool2d_backward.h"

#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"
#include "ops/pool_geometry.h"

namespace tacho::index_vector {
namespace {

/// Each plane has its own index vector: the places that max_pool2d found, each within its window.
class MaxPool2dBackward final : public Kernel {
 public:
  MaxPool2dBackward(const PoolGeometry& geometry, int64_t dy, int64_t index)
      : geometry_(geometry), dy_(size_t(dy)), index_(size_t(index)) {}
  static size_t workspace_bytes(const PoolGeometry& g) { return size_t(g.rows.out * g.columns.out) * sizeof(int32_t); }

  RunStatus run(const KernelRun& run) const override {
    if (run.outputs[0].type.dtype == DType::float64) run_typed<double>(run);
    else run_typed<float>(run);
    return {};
  }

 private:
  template <class T>
  void run_typed(const KernelRun& run) const {
    const Shape &in = run.inputs[dy_].shape(), &out = run.outputs[0].shape();
    const int64_t places = in[2] * in[3], plane = out[2] * out[3];
    auto* const at = static_cast<int32_t*>(run.workspace);
    const T* dy = run.in<T>(dy_);
    T* dx = run.out<T>(0);
    with_max_pool2d_index(run.inputs[index_], [&](const auto* index) {
      for (int64_t p = 0; p < out[0] * out[1]; ++p, dy += places, dx += plane) {
        int32_t* to = at;
        for (int64_t oh = 0; oh < in[2]; ++oh)
          for (int64_t ow = 0; ow < in[3]; ++ow)
            *to++ = int32_t(place_in_plane(geometry_, oh, ow, *index++, "max_pool2d_backward"));
        scatter_examples<1>(dy, at, places, dx, plane);
      }
    });
  }

  PoolGeometry geometry_;
  size_t dy_, index_;
};

}  // namespace

OfferResult offer_max_pool2d_backward(const Group& group) {
  const GroupMember& member = group.members[0];
  const Shape dy = group.input_types(member)[0].shape, dx = group.output_types(member)[0].shape;
  if (checked_mul(dx[2], dx[3]) > std::numeric_limits<int32_t>::max()) return Refusal{"a plane exceeds 2^31 places"};
  const PoolGeometry geometry = pool_geometry(member.attributes.as<MaxPool2dBackwardAttributes>().pool, dx);
  Offer offer;
  offer.kernel = std::make_unique<MaxPool2dBackward>(geometry, position_of(group.inputs, member.inputs[0]),
                                                     position_of(group.inputs, member.inputs[1]));
  offer.name = "max_pool2d_backward by index";
  offer.reason = "each plane scattered by the places that the pooling found";
  offer.workspace_bytes = MaxPool2dBackward::workspace_bytes(geometry);
  offer.executed.tally = times(scatter_tally(dy[2] * dy[3]), dy[0] * dy[1]);
  return offer;
}

}  // namespace tacho::index_vector
