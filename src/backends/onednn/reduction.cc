#include "backends/onednn/chain.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/mean.h"
#include "ops/reduction_geometry.h"

namespace tacho::onednn {
namespace {

dnnl::algorithm algorithm_of(std::string_view op) {
  if (op == "max") return dnnl::algorithm::reduction_max;
  if (op == "min") return dnnl::algorithm::reduction_min;
  return dnnl::algorithm::reduction_sum;
}

/// x with neighbouring axes that are all kept or all reduced as one, and its result with 1 for the reduced ones.
std::pair<Dims, Dims> merged(const Shape& shape, const ReducedAxes& reduced) {
  Dims x, y;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis == 0 || reduced[axis] != reduced[axis - 1]) x.push_back(1), y.push_back(1);
    x.back() *= shape[axis];
    if (!reduced[axis]) y.back() *= shape[axis];
  }
  return {x, y};
}

}  // namespace

OfferResult offer_reduction(const Group& group, const OfferContext&) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const std::string_view op = member.op->name;
  const bool mean = op == "mean";
  const int64_t terms = mean ? member.attributes.as<MeanAttributes>().terms : 0;
  ReductionAttributes attributes;
  if (mean) attributes = member.attributes.as<MeanAttributes>();
  else attributes = member.attributes.as<ReductionAttributes>();
  const Shape& shape = group.operands[size_t(group.inputs[0])].type.shape;
  if (reduced_elements(attributes, shape) == 1) return Refusal{"nothing to reduce"};
  CallRecipe recipe;
  recipe.operands = {input_place(group, 0), output_place(group, 0)};
  recipe.make = [=, algorithm = algorithm_of(op)](const CallShapes& shapes) {
    const auto [x, y] = merged(shapes.inputs[0], reduced_axes(attributes, shapes.inputs[0].size()));
    const int64_t all = terms ? terms : reduced_elements(attributes, shapes.inputs[0]);
    const float scale = mean ? float(1 / double(all)) : 1.0f;
    // A last slice of one row has nothing to reduce, which oneDNN refuses.
    if (x == y) return make_eltwise(dnnl::algorithm::eltwise_linear, scale, 0, plain_desc(x));
    return make_reduction(algorithm, plain_desc(x), plain_desc(y), scale);
  };
  return offer_call(group, std::move(recipe), {}, false);
}

}  // namespace tacho::onednn
