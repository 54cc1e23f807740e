// Means of windows and their gradients, on images that lie channels last.
#include "backends/simd/image_offer.h"
#include "backends/simd/image_ops.h"
#include "backends/simd/kernels.h"
#include "ops/avg_pool2d_backward.h"

namespace tacho::simd {
namespace {

template <class Row, class Column>
AverageWindows windows_with(const Shape& image, const Shape& windows, Row row, Column column) {
  std::vector<WindowPart> down, right;
  for (int64_t i = 0; i < windows[2]; ++i) down.push_back(row(i));
  for (int64_t i = 0; i < windows[3]; ++i) right.push_back(column(i));
  return {PooledAxis(std::move(down), image[2]), PooledAxis(std::move(right), image[3])};
}

/// Those of the pooling whose larger images are `image` and whose smaller ones are `windows`.
AverageWindows windows_of(const GroupMember& member, const Shape& image, const Shape& windows) {
  const std::string_view op = member.op->name;
  if (op.starts_with("adaptive"))
    return windows_with(
        image, windows, [&](int64_t i) { return even_part(image[2], windows[2], i); },
        [&](int64_t i) { return even_part(image[3], windows[3], i); });
  const AvgPool2dAttributes& a = op == "avg_pool2d" ? member.attributes.as<AvgPool2dAttributes>()
                                                    : member.attributes.as<AvgPool2dBackwardAttributes>().pool;
  const PoolGeometry g = pool_geometry(a, image);
  return windows_with(
      image, windows, [&](int64_t i) { return window_part(g.rows, i, a.count_include_pad); },
      [&](int64_t i) { return window_part(g.columns, i, a.count_include_pad); });
}

class AveragePoolKernel final : public Kernel {
 public:
  AveragePoolKernel(AverageWindows windows, bool backward)
      : windows_(std::move(windows)), run_(backward ? image_routines().spread : image_routines().average) {}
  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.inputs[0].shape();
    run_(windows_, shape[1], shape[0], run.in<float>(0), run.out<float>(0), static_cast<float*>(run.workspace));
    return {};
  }

 private:
  AverageWindows windows_;
  decltype(ImageRoutines::average) run_;
};

}  // namespace

AverageWindows::AverageWindows(PooledAxis down, PooledAxis across) : rows(std::move(down)), columns(std::move(across)) {
  for (const WindowPart& row : rows.parts)
    for (const WindowPart& column : columns.parts) shares.push_back(1.0f / float(row.divisor * column.divisor));
}

OfferResult offer_average_pool(const Group& group, const OfferContext& context) {
  if (std::string reason = image_objection(group, context, 1); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const bool backward = member.op->name.ends_with("_backward");
  // A gradient may come row-major out of a fully connected layer: its result, several times as large, should not.
  if (!backward && !arrives_channels_last(group, member.inputs[0])) return Refusal{"row-major images"};
  const Shape in = group.input_types(member)[0].shape, out = group.output_types(member)[0].shape;
  AverageWindows windows = backward ? windows_of(member, out, in) : windows_of(member, in, out);
  Offer offer = image_offer(group);
  if (!backward)
    offer.workspace_bytes = size_t(image_routines().average_workspace_floats(windows, in[1])) * sizeof(float);
  offer.kernel = std::make_unique<AveragePoolKernel>(std::move(windows), backward);
  return offer;
}

}  // namespace tacho::simd
