// phi, its adjoint and pooling as index vectors, the way the documents define them.
#include "backends/gather/kernels.h"

namespace tacho {
namespace {

struct Row {
  std::string_view op;
  OfferResult (*offer)(const Group&);
};
constexpr Row kRows[] = {
    {"gather", index_vector::offer_gather},
    {"scatter_add", index_vector::offer_scatter_add},
    {"max_pool2d", index_vector::offer_max_pool2d},
    {"max_pool2d_backward", index_vector::offer_max_pool2d_backward},
};

OfferResult offer(const Group& group, const OfferContext&) {
  const GroupMember& anchor = group.anchor_member();
  for (const Row& row : kRows) {
    if (row.op != anchor.op->name) continue;
    if (group.members.size() != 1) return Refusal{text_of("one operation at a time, not ", to_string(group))};
    const DType dtype = group.operands[size_t(anchor.outputs[0])].type.dtype;
    if (dtype != DType::float32 && dtype != DType::float64) return Refusal{text_of("dtype ", name_of(dtype))};
    OfferResult result = row.offer(group);
    if (Offer* offer = std::get_if<Offer>(&result)) offer->efficiency = kPlainLoops;
    return result;
  }
  return Refusal{text_of("neither gather, scatter_add nor max pooling: ", anchor.op->name)};
}

}  // namespace

int index_vector::position_of(const std::vector<int>& externals, int operand) {
  const auto found = std::find(externals.begin(), externals.end(), operand);
  return found == externals.end() ? -1 : int(found - externals.begin());
}

extern const Backend backend_gather{
    .name = "gather",
    .doc = "Gather, scatter_add and max pooling by precomputed index vectors.",
    .preference = 40,
    .offer = offer,
};

}  // namespace tacho
