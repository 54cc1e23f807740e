#pragma once
// A gradient that a group makes while it reads it: behind an activation, behind a max pooling, or both.
#include <optional>

#include "backends/simd/elementwise_call.h"
#include "backends/simd/gradient_images.h"
#include "op/backend.h"
#include "ops/pool_geometry.h"

namespace tacho::simd {

/// The group's first members: an activation's gradient, max_pool2d_backward, or the one and then the other.
struct GradientSource {
  size_t members = 0;  ///< how many there are
  int value = -1;      ///< the operand that they make
  int dy = -1;         ///< of what they read, positions in Group::inputs
  int gate = -1;       ///< of what the activation's gradient reads besides dy; -1: no activation
  ElementwiseCall call{Elementwise::relu_backward};  ///< that gradient
  Tally tally;                                       ///< what it costs, once for each element
  int index = -1;                                    ///< of the places of maxima; -1: no pooling
  std::optional<PoolGeometry> pool;
  /// No activation, or relu's: dy counts where the gate is positive. Most kernels know no other.
  bool by_relu() const { return call.function == Elementwise::relu_backward; }
  /// What a kernel loads; pooled ones have places in bytes.
  GradientImages images(const KernelRun& run) const;
};

/// Windows of 2 x 2 places side by side, none on padding; a last odd row or column belongs to none.
bool pools_by_two(const PoolGeometry& geometry);

/// The function of an activation's gradient; nothing for other operations.
std::optional<ElementwiseCall> activation_gradient_of(const OpDef& op, const Attributes& attributes);

/// Nothing where the group begins otherwise, or has nothing behind such members.
std::optional<GradientSource> gradient_source_of(const Group& group);

/// The group without them, whose anchor reads what they make as its last input, and for its other inputs their
/// positions in `group`.
struct GroupBehind {
  Group group;
  std::vector<int> positions;
};
GroupBehind group_behind(const Group& group, const GradientSource& source);

}  // namespace tacho::simd
