// Products by OpenBLAS on one thread: the scheduler owns the parallelism, so that the ledger sees all of it.
#include "op/backend.h"

#include "backends/blas/matmul.h"

namespace tacho {
namespace {

std::string kernel_name(const Group& group) {
  const bool wide = group.operands[size_t(group.outputs[0])].type.dtype == DType::float64;
  std::string name = wide ? "dgemm" : "sgemm";
  for (size_t i = 1; i < group.members.size(); ++i)
    if (!group.members[i].op->has(Trait::view)) name += "+" + std::string(group.members[i].op->name);
  return name;
}

OfferResult offer(const Group& group, const OfferContext&) {
  const auto found = blas::matmul_chain_of(group);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& chain = std::get<blas::MatmulChain>(found);
  const GroupMember& product = group.members[0];
  const blas::Product extents = blas::product_of(chain.attributes, group.operands[size_t(product.inputs[0])].type.shape,
                                                 group.operands[size_t(product.inputs[1])].type.shape);
  if (const char* reason = blas::too_large(extents)) return Refusal{reason};
  if (const char* reason = blas::unavailable()) return Refusal{reason};

  Offer offer;
  offer.kernel = std::make_unique<blas::MatmulKernel>(*blas::library(), group, chain);
  offer.name = kernel_name(group);
  const bool followed = chain.bias >= 0 || chain.activation != blas::Activation::none;
  offer.reason = text_of("products by ", blas::blas_description(), " on one thread",
                         followed ? "; what follows, while the product is in cache" : "");
  offer.executed.declared = true;
  for (const GroupMember& member : group.members) {
    const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
    offer.executed.tally += tally_of(*member.op, {member.attributes, inputs, outputs});
  }
  return offer;
}

}  // namespace

extern const Backend backend_blas{
    .name = "blas",
    .doc = "Matrix products by OpenBLAS on one thread, with bias and activation behind them.",
    .preference = 50,
    .unavailable = blas::unavailable,
    .offer = offer,
};

}  // namespace tacho
