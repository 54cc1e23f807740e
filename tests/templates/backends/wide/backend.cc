// Activations in blocks of fixed size.
#include "op/backend.h"

#include "backends/wide/relu.h"

namespace tacho {
namespace {

OfferResult offer(const Group& group, const OfferContext&) {
  if (group.members.size() != 1) return Refusal{text_of("one operation at a time, not ", to_string(group))};
  const std::string_view op = group.members[0].op->name;
  if (op == "relu") return wide::offer_relu(group);
  return Refusal{text_of("not relu: ", op)};
}

}  // namespace

extern const Backend backend_wide{
    .name = "wide",
    .doc = "relu, sixteen elements at a time.",
    .offer = offer,
};

}  // namespace tacho
