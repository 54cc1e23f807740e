// Layer, group and instance normalisation without scale and shift: each row less its mean, divided by its deviation.
#include <cmath>

#include "backends/onednn/chain.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/normalize_rows_backward.h"
#include "ops/row_geometry.h"

namespace tacho::onednn {
namespace {

float* floats(std::byte* bytes) { return reinterpret_cast<float*>(bytes); }

}  // namespace

OfferResult offer_row_norm(const Group& group) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const auto a = member.attributes.as<NormalizeRowsAttributes>();
  if (!a.center) return Refusal{"oneDNN normalises no rows without their mean"};
  for (int input : group.inputs)
    if (group.operands[size_t(input)].state.kind == SliceState::partial) return Refusal{"a partial operand"};
  const Rows offered = rows_of(a, group.input_types(member)[0].shape);
  const size_t bytes = aligned_bytes(size_t(offered.count) * sizeof(float));
  const Place mean{Place::scratch, 0}, variance{Place::scratch, bytes};
  CallRecipe recipe;
  recipe.scratch_bytes = 2 * bytes;
  const auto matrix = [a](const Shape& shape) {
    const Rows rows = rows_of(a, shape);
    return plain_desc({rows.count, rows.length});
  };
  const Place x = input_place(group, 0), y = output_place(group, 0);
  if (member.op->name == "normalize_rows") {
    const int inverse = position_of(group.outputs, member.outputs[1]);
    if (inverse < 0 || position_of(group.outputs, member.outputs[0]) < 0) return Refusal{"half of its results"};
    recipe.operands = {x, mean, variance, y};
    recipe.make = [=](const CallShapes& shapes) {
      return make_row_norm(matrix(shapes.outputs[y.at]), float(a.epsilon));
    };
    recipe.after = [=](const KernelRun& run, std::byte* scratch) {
      const float* of_row = floats(scratch + variance.at);
      float* result = run.out<float>(size_t(inverse));
      for (int64_t row = 0, n = run.outputs[size_t(inverse)].elements(); row < n; ++row)
        result[row] = 1 / std::sqrt(of_row[row] + float(a.epsilon));
    };
    return offer_call(group, std::move(recipe), {}, false);
  }
  // y is normalised already: its own mean is 0 and its deviation 1; what is left is the inverse of x's deviation.
  const size_t inverse = input_place(group, 2).at;
  recipe.operands = {x, input_place(group, 1), mean, variance, y};
  recipe.make = [=](const CallShapes& shapes) { return make_row_norm_backward(matrix(shapes.outputs[0]), 0); };
  recipe.before = [=](const KernelRun& run, std::byte* scratch) {
    const int64_t rows = run.inputs[inverse].elements();
    std::fill_n(floats(scratch), rows, 0.0f);
    std::fill_n(floats(scratch + variance.at), rows, 1.0f);
  };
  recipe.after = [=](const KernelRun& run, std::byte*) {
    const int64_t rows = run.inputs[inverse].elements(), length = run.outputs[0].elements() / rows;
    const float* factor = run.in<float>(inverse);
    float* dx = run.out<float>(0);
    for (int64_t row = 0; row < rows; ++row, dx += length)
      for (int64_t i = 0; i < length; ++i) dx[i] *= factor[row];
  };
  return offer_call(group, std::move(recipe), {}, false);
}

}  // namespace tacho::onednn
