#pragma once
// Groups of operations as a plan hands them to a backend, and a backend's kernels for them with memory of their own.
#include "bench/kernels/contest.h"
#include "op/backend.h"

namespace tacho::bench {

/// A backend, asked for kernels that multiply in bfloat16 or not: "simd", "simd:bfloat16".
struct Rival {
  const Backend* backend = nullptr;
  bool bfloat16 = false;
};
/// Throws tacho::Error where there is no such backend, or no bfloat16 on this machine.
Rival rival_named(const std::string& name);

/// An operation whose operands are numbers in a group: the results of earlier ones may be read by later ones.
struct Link {
  const char* op;
  Attributes attributes;
  std::vector<int> inputs;  ///< of `externals`, then of the results so far, in order
};

/// An operand from outside: `sliced` along the batch, or whole.
struct External {
  TensorType type;
  bool sliced = false;
};
External images(const Shape& shape, DType dtype = DType::float32);
External whole(const Shape& shape);

/// A group that runs for one slice of the batch, which is all of it. Only the last link's results leave the group.
Group group_of(const std::vector<External>& externals, const std::vector<Link>& chain);
/// Of one operation; operands of rank 4 are images.
Group group_of(const OpDef& op, const Attributes& attributes, const std::vector<TensorType>& inputs);

/// Bytes of the group's external operands, each once.
int64_t bytes_of(const Group& group);
/// Of those that come from outside: what an update in place holds.
int64_t input_bytes_of(const Group& group);

/// The rival's kernels for the group. Ours: one, images channels last where it takes them so. Another's: one for each
/// way in which images may arrive and for which it answers differently. Refusals go to the contest.
void add_entries(Contest& contest, const Rival& rival, const Group& group);

/// One kernel of a backend for the group, in row-major order or channels last; for work of several kernels. Throws
/// tacho::Error where it refuses.
Entry entry_of(const Backend& backend, const Group& group, bool channels_last);

/// A part of some work: a group, and a number for each of its inputs.
struct WorkPart {
  Group group;
  std::vector<int> operands;
};
/// The kernels of several parts one after the other, as a step has them: inputs of the same number, which are of one
/// type, are one operand. (With operands of their own they would hold more memory than a library's one call.)
Entry entry_of(const Backend& backend, const std::vector<WorkPart>& parts, bool channels_last);

}  // namespace tacho::bench
