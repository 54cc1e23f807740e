#include "backends/onednn/blocked.h"
#include "backends/onednn/chain.h"
#include "backends/onednn/lanes.h"
#include "backends/onednn/layouts.h"
#include "op/scalar.h"

namespace tacho::onednn {
namespace {

using Function = void (*)(const float* a, const float* b, float* result, int64_t n);

/// f(a, b, result) on four elements at a time, then on one. All four are read before any is written, since the result
/// may take the place of an operand.
template <class F>
void elements(const float* a, const float* b, float* result, int64_t n, F f) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Lanes<4>::Floats x, y, z;
    load(x, a + i), load(y, b + i);
    f(x, y, z);
    store(z, result + i);
  }
  for (; i < n; ++i) f(a[i], b[i], result[i]);
}

// Each leaves zeros where its operands are zero, as behind the last channel.
void relu(const float* a, const float* b, float* result, int64_t n) {
  elements(a, b, result, n, []<class T>(const T& x, const T&, T& y) { y = x < T{} ? T{} : x; });
}
void relu_backward(const float* a, const float* b, float* result, int64_t n) {
  elements(a, b, result, n, []<class T>(const T& dy, const T& y, T& dx) { dx = y > T{} ? dy : T{}; });
}
void add(const float* a, const float* b, float* result, int64_t n) {
  elements(a, b, result, n, []<class T>(const T& x, const T& y, T& z) { z = x + y; });
}

Function function_named(std::string_view name) {
  if (name == "relu") return relu;
  if (name == "relu_backward") return relu_backward;
  return add;
}

/// Element by element, whatever the layout is, as long as all operands have the same.
class Elementwise final : public Kernel {
 public:
  Elementwise(Function function, int64_t block, size_t a, size_t b)
      : function_(function), block_(block), a_(a), b_(b) {}

  RunStatus run(const KernelRun& run) const override {
    function_(run.in<float>(a_), run.in<float>(b_), run.out<float>(0), stored_elements(run.outputs[0].shape(), block_));
    return {};
  }

 private:
  Function function_;
  int64_t block_;
  size_t a_, b_;
};

}  // namespace

OfferResult offer_elementwise(const Group& group, const OfferContext& context) {
  if (group.members.size() > 1) return Refusal{"one operation at a time"};
  if (context.row_major_outputs) return Refusal{"the result is read row-major"};
  const GroupMember& member = group.members[0];
  const GroupOperand& out = group.operands[size_t(group.outputs[0])];
  if (out.type.dtype != DType::float32) return Refusal{text_of("dtype ", name_of(out.type.dtype))};
  int64_t block = 0;
  for (int operand : group.inputs) {
    const GroupOperand& in = group.operands[size_t(operand)];
    if (in.type.shape != out.type.shape) return Refusal{"not images of one shape"};
    if (block == 0) block = arriving_block(in);
  }
  if (block == 0) return Refusal{"row-major images"};
  for (int operand : group.inputs)
    if (!may_block(group.operands[size_t(operand)], block)) return Refusal{"not images taken in slices"};
  Offer offer;
  offer.name = std::string(member.op->name);
  offer.reason = text_of("images stay in blocks of ", block, " channels");
  const size_t a = size_t(position_of(group.inputs, member.inputs[0]));
  const size_t b = size_t(position_of(group.inputs, member.inputs.back()));
  offer.kernel = std::make_unique<Elementwise>(function_named(member.op->name), block, a, b);
  offer.input_layouts.assign(group.inputs.size(), layout_of(out.type, block));
  offer.output_layouts = {layout_of(out.type, block)};
  offer.aliases = {int(a)};
  offer.executed = required_of(group);
  return offer;
}

}  // namespace tacho::onednn
