#include "backends/blas/matmul.h"

#include "ops/bias_add.h"

namespace tacho::blas {
namespace {

int position_of(const std::vector<int>& operands, int operand) {
  const auto found = std::find(operands.begin(), operands.end(), operand);
  return found == operands.end() ? -1 : int(found - operands.begin());
}

std::optional<Activation> activation_named(std::string_view name) {
  if (name == "relu") return Activation::relu;
  if (name == "sigmoid") return Activation::sigmoid;
  if (name == "tanh") return Activation::tanh;
  return std::nullopt;
}

/// Adds one more member to the chain whose result so far is operand `result`; the reason where it does not fit.
std::string extend(MatmulChain& chain, const Group& group, const GroupMember& member, int result) {
  const std::string_view name = member.op->name;
  if (member.inputs.empty() || member.inputs[0] != result || member.outputs.size() != 1)
    return text_of(name, " does not follow the product in a chain");
  if (name == "reshape") return {};
  if (name == "bias_add") {
    if (chain.bias >= 0) return "a second bias_add";
    if (chain.activation != Activation::none) return "bias_add behind the activation";
    chain.bias = position_of(group.inputs, member.inputs[1]);
    if (chain.bias < 0) return "the bias is computed within the group";
    chain.biased = result;
    chain.bias_axis = normalize_axis(member.attributes.as<BiasAddAttributes>().axis,
                                     group.operands[size_t(result)].type.shape.size());
    return {};
  }
  const std::optional<Activation> activation = activation_named(name);
  if (!activation) return text_of("a product followed by ", name);
  if (chain.activation != Activation::none) return text_of("a second activation: ", name);
  chain.activation = *activation;
  return {};
}

}  // namespace

std::variant<MatmulChain, Refusal> matmul_chain_of(const Group& group) {
  const auto refused = [](const auto&... parts) { return Refusal{text_of(parts...)}; };
  const GroupMember& first = group.members[0];
  if (group.anchor_member().op->name != "matmul") return refused("not a matrix product: ", to_string(group));
  if (first.op->name != "matmul") return refused(first.op->name, " before the product");
  MatmulChain chain;
  chain.attributes = first.attributes.as<MatmulAttributes>();
  chain.a = position_of(group.inputs, first.inputs[0]);
  chain.b = position_of(group.inputs, first.inputs[1]);
  if (chain.a < 0 || chain.b < 0) return refused("a factor is computed within the group");
  const DType dtype = group.operands[size_t(first.inputs[0])].type.dtype;
  if (dtype != DType::float32 && dtype != DType::float64) return refused("dtype ", name_of(dtype));

  int result = first.outputs[0];
  for (size_t i = 1; i < group.members.size(); ++i) {
    if (group.operands[size_t(result)].state.kind == SliceState::partial)
      return refused("a partial sum is read within the group");
    if (const std::string reason = extend(chain, group, group.members[i], result); !reason.empty())
      return Refusal{reason};
    result = group.members[i].outputs[0];
  }
  if (group.outputs.size() != 1 || group.outputs[0] != result)
    return refused("a result before the last is read outside the group");
  return chain;
}

MatmulKernel::MatmulKernel(const Library& library, const Group& group, const MatmulChain& chain)
    : OutputPartialKernel(group), library_(library), group_(group), chain_(chain) {}

template <class T>
void MatmulKernel::run_typed(const KernelRun& run, const View& c, bool add) const {
  const View &a = run.inputs[size_t(chain_.a)], &b = run.inputs[size_t(chain_.b)];
  const Product product = product_of(chain_.attributes, a.shape(), b.shape());
  Bias<T> bias;
  if (chain_.bias >= 0) {
    const View& values = run.inputs[size_t(chain_.bias)];
    const Shape shape = SliceScale(group_, run.inputs).type(group_.operands[size_t(chain_.biased)]).shape;
    bias = {values.as<T>(), values.shape()[0], 1};
    for (size_t i = size_t(chain_.bias_axis) + 1; i < shape.size(); ++i) bias.inner *= shape[i];
  }
  T* const result = c.as<T>();
  multiply<T>(library_, product, a.as<T>(), b.as<T>(), result, add,
              [&](int64_t begin, int64_t count) { finish_elements(result, begin, count, bias, chain_.activation); });
}

void MatmulKernel::run_into(const KernelRun& run, const View& c, bool add) const {
  if (c.type.dtype == DType::float64) run_typed<double>(run, c, add);
  else run_typed<float>(run, c, add);
}

RunStatus MatmulKernel::run(const KernelRun& run) const {
  run_into(run, run.outputs[0], false);
  return {};
}

RunStatus MatmulKernel::accumulate(const KernelRun& run, void* partial) const {
  run_into(run, partial_.view(partial, group_.outputs[0]), !partial_.empty(partial));
  partial_.add_rows(partial, run.slice.count);
  return {};
}

}  // namespace tacho::blas
