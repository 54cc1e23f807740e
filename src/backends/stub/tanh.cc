#include "backends/stub/tanh.h"

#include <cmath>

namespace tacho::stub {
namespace {

/// Step 1 of the recipe: a kernel is a class with `run`. Extents come from the views, never from the offer: the last
/// slice of a batch is smaller. Nothing may be allocated, locked or measured here.
class Tanh final : public Kernel {
 public:
  RunStatus run(const KernelRun& run) const override {
    const float* x = run.in<float>(0);
    float* y = run.out<float>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = std::tanh(x[i]);
    return {};  // done; a device would return a pending event
  }
};

}  // namespace

/// Step 2: the offer says yes with the kernel and what it needs, or no with a reason that a user can read in the
/// report.
OfferResult offer_tanh(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
  if (inputs[0].dtype != DType::float32) return Refusal{text_of("dtype ", name_of(inputs[0].dtype))};
  Offer offer;
  offer.kernel = std::make_unique<Tanh>();
  offer.name = "tanh";
  offer.reason = "the template's own loop";
  offer.efficiency = kPlainLoops;
  offer.aliases = {0};  // element i is read before it is written, so y may lie where x lies
  // The loop performs exactly what the operation requires, so its count is the executed one too.
  offer.executed = {tally_of(*member.op, {member.attributes, inputs, outputs}), false};
  return offer;
}

}  // namespace tacho::stub
