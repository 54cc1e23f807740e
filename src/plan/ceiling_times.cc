#include "plan/ceiling_times.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "machine/nominal.h"

namespace tacho {
namespace {

constexpr double kDiv = 4, kTranscendental = 8;  // multiply-adds, at least
constexpr double kCallNs = 200;                  // of the executor and of a kernel's own beginning

double bytes_of(const TensorType& type, const std::vector<Layout>& layouts, size_t place) {
  if (place < layouts.size() && layouts[place].kind == Layout::opaque) return double(layouts[place].bytes);
  return double(byte_count(type.shape, type.dtype));
}

std::string dtype_of(const KernelCall& call) {
  if (call.offer->bfloat16) return "bfloat16";
  for (const std::vector<int>* operands : {&call.group->inputs, &call.group->outputs})
    for (int index : *operands)
      if (const DType dtype = call.group->operands[size_t(index)].type.dtype; is_floating(dtype))
        return std::string(name_of(dtype));
  return std::string(name_of(DType::float32));
}

double bytes_moved(const KernelCall& call) {
  const Group& group = *call.group;
  const Offer& offer = *call.offer;
  std::set<size_t> packed;
  double bytes = 0;
  for (const PackRequest& pack : offer.packs) {
    packed.insert(pack.input);
    bytes += double(pack.bytes);
  }
  double written = 0;
  for (size_t i = 0; i < group.outputs.size(); ++i) {
    const GroupOperand& operand = group.operands[size_t(group.outputs[i])];
    if (operand.state.kind != SliceState::partial) written += bytes_of(operand.type, offer.output_layouts, i);
  }
  // What copies by index reads no more of its source than it writes.
  const bool moves = group.members.size() == 1 && group.members[0].op->has(Trait::movement);
  for (size_t i = 0; i < group.inputs.size(); ++i) {
    if (packed.count(i)) continue;
    const GroupOperand& operand = group.operands[size_t(group.inputs[i])];
    const double read = bytes_of(operand.type, offer.input_layouts, i);
    bytes += moves && is_floating(operand.type.dtype) ? std::min(read, written) : read;
  }
  if (group.has_partial()) bytes += 2 * double(call.kernel.partial_bytes());
  return bytes + written;
}

}  // namespace

double multiply_adds(const Tally& executed) {
  return double(std::max(executed.mul, executed.add)) + double(executed.cmp) + kDiv * double(executed.div) +
         kTranscendental * double(executed.transcendental);
}

double CeilingTimes::bytes_ns(double bytes) const {
  const double rate = ceilings_.level_of(int64_t(bytes), 1).bytes_per_s;
  return rate > 0 ? bytes / rate * 1e9 : 0;
}

double CeilingTimes::run_ns(const KernelCall& call) const {
  const std::string dtype = dtype_of(call);
  double rate = ceilings_.flop_per_s(dtype, 1) / 2;
  if (rate <= 0) rate = ceilings_.flop_per_s("float32", 1) / 2;
  // An offer counts its largest slice; a smaller one has its share.
  const double share = call.offered > 0 ? double(call.slice.count) / double(call.offered) : 1;
  const double arithmetic = multiply_adds(call.offer->executed.tally) * share / call.offer->efficiency;
  return std::max(rate > 0 ? arithmetic / rate * 1e9 : 0, bytes_ns(bytes_moved(call)));
}

int64_t CeilingTimes::ns(const KernelCall& call, const std::string&) {
  double ns = kCallNs;
  const double plain = double(byte_count(call.type.shape, call.type.dtype));
  if (call.kind == KernelCall::run) ns += run_ns(call);
  else if (call.kind == KernelCall::pack) ns += 2 * bytes_ns(plain + double(call.offer->packs[call.pack_index].bytes));
  else ns += 2 * bytes_ns(bytes_of(call.type, {call.from}, 0) + bytes_of(call.type, {call.to}, 0));
  return std::llround(ns);
}

CeilingTimes& this_machine_times() {
  static CeilingTimes times([] {
    std::optional<MachineProfile> kept = kept_profile(1);
    return kept && kept->flop_per_s("float32", 1) > 0 ? *kept : nominal_profile(this_cpu());
  }());
  return times;
}

}  // namespace tacho
