#include "backends/wide/relu.h"

#include "op/scalar.h"

namespace tacho::wide {
namespace {

constexpr int64_t kBlock = 16;

template <class T>
void relu_elements(const T* x, T* y, int64_t n) {
  int64_t i = 0;
  // A fixed number of elements at a time becomes vector instructions; each is read before it is written, so y may be x.
  for (; i + kBlock <= n; i += kBlock)
    for (int64_t j = i; j < i + kBlock; ++j) y[j] = max(x[j], T(0));
  for (; i < n; ++i) y[i] = max(x[i], T(0));
}

/// Extents come from the views, never from the offer: the last slice of a batch is smaller. Threads share the kernel,
/// so `run` is const; it allocates, locks and measures nothing.
class Relu final : public Kernel {
 public:
  RunStatus run(const KernelRun& run) const override {
    const int64_t n = run.outputs[0].elements();
    if (run.outputs[0].type.dtype == DType::float64) relu_elements(run.in<double>(0), run.out<double>(0), n);
    else relu_elements(run.in<float>(0), run.out<float>(0), n);
    return {};
  }
};

}  // namespace

OfferResult offer_relu(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
  if (inputs[0].dtype != DType::float32 && inputs[0].dtype != DType::float64)
    return Refusal{text_of("dtype ", name_of(inputs[0].dtype))};
  Offer offer;
  offer.kernel = std::make_unique<Relu>();
  offer.name = "relu";
  offer.reason = "sixteen elements at a time";
  offer.aliases = {0};
  // The loop does what the operation requires and no more, so that count is the executed one too.
  offer.executed = {tally_of(*member.op, {member.attributes, inputs, outputs}), false};
  return offer;
}

}  // namespace tacho::wide
