// The template for a backend, complete and small: copy this folder, rename `stub` in it, and the build finds it (no
// list to edit; a folder under TACHO_EXTRA_DIR/backends/ works as well). It takes part only where --backend names it.
//   1. A kernel: tanh.cc is the smallest, matmul.cc shows packed operands and a layout of one's own.
//   2. An offer for it, with its reason, or a refusal with its reason.
//   3. This table, whose row is called backend_<folder>. Slots that it does not need stay null: `unavailable` for a
//      library that may be missing, `supports` for convolutions, `reorder` for layouts of its own.
//   4. A test beside the kernel; tests/backend_agreement_test.cc compares every backend with the double reference.
#include "op/backend.h"

#include "backends/stub/matmul.h"
#include "backends/stub/tanh.h"

namespace tacho {
extern const Backend backend_stub;

namespace {

OfferResult offer(const Group& group, const OfferContext&) {
  if (group.members.size() != 1) return Refusal{text_of("one operation at a time, not ", to_string(group))};
  const std::string_view op = group.members[0].op->name;
  if (op == "tanh") return stub::offer_tanh(group);
  if (op == "matmul") return stub::offer_matmul(group, backend_stub);
  return Refusal{text_of("neither tanh nor matmul: ", op)};
}

std::unique_ptr<Kernel> reorder(const TensorType& type, const Layout& from, const Layout& to) {
  return stub::reorder(type, from, to, backend_stub);
}

}  // namespace

extern const Backend backend_stub{
    .name = "stub",
    .doc = "The template for new backends: tanh, and matmul with a packed factor and a layout of its own.",
    .offer = offer,
    .reorder = reorder,
};

}  // namespace tacho
