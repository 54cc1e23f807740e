#include "tests/support/groups.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "op/part_run.h"
#include "op/row_join.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::support {

Group Chain::group(const Slice& slice) const {
  Group result{members, 0, {}, inputs, outputs};
  for (size_t i = 0; i < types.size(); ++i)
    result.operands.push_back({part_type(types[i], states[i], slice), states[i], {}});
  return result;
}

namespace {

std::vector<TensorType> types_at(const Chain& chain, const SmallVector<int, kMaxOperands>& indices) {
  std::vector<TensorType> types;
  for (int index : indices) types.push_back(index < 0 ? kAbsent : chain.types[size_t(index)]);
  return types;
}

/// Appends one step with its outputs' types and states; fills `refusal` where the slice rule says no.
void append(Chain& chain, const Step& step) {
  GroupMember member{step.op, step.attributes, {}, {}};
  for (int input : step.inputs) member.inputs.push_back(input);
  const std::vector<TensorType> in = types_at(chain, member.inputs);
  const TensorTypes out = types_of(*step.op, step.attributes, in);
  SliceStates states;
  for (int input : step.inputs) states.push_back(input < 0 ? SliceState::Whole() : chain.states[size_t(input)]);
  const SliceStates made = step.op->slice({step.attributes, in, out}, states);
  for (size_t i = 0; i < states.size(); ++i) {
    if (step.inputs[i] < 0) continue;
    SliceState& before = chain.states[size_t(step.inputs[i])];
    if (!(before == states[i]) && size_t(step.inputs[i]) >= chain.inputs.size())
      chain.refusal = "a whole result inside the group is needed in parts";
    before = states[i];
  }
  for (size_t j = 0; j < out.size(); ++j) {
    if (made[j].kind == SliceState::refused) chain.refusal = made[j].reason;
    member.outputs.push_back(int(chain.types.size()));
    chain.types.push_back(out[j]);
    chain.states.push_back(made[j]);
  }
  chain.members.push_back(member);
}

int64_t rows_of(const Chain& chain) {
  int64_t rows = 0;
  for (size_t i = 0; i < chain.types.size(); ++i)
    if (chain.states[i].kind == SliceState::sliced)
      rows = std::gcd(rows, chain.types[i].shape[size_t(chain.states[i].axis)]);
  return rows;
}

}  // namespace

Chain make_chain(const std::vector<TensorType>& inputs, const std::vector<Step>& steps, int initiator) {
  Chain chain;
  for (const TensorType& type : inputs) {
    chain.inputs.push_back(int(chain.types.size()));
    chain.types.push_back(type);
    chain.states.push_back(SliceState::Whole());
  }
  if (initiator >= 0) chain.states[size_t(initiator)] = SliceState::Sliced(0);
  for (const Step& step : steps) append(chain, step);
  std::vector<bool> read(chain.types.size(), false);
  for (const GroupMember& member : chain.members)
    for (int input : member.inputs)
      if (input >= 0) read[size_t(input)] = true;
  for (size_t i = chain.inputs.size(); i < chain.types.size(); ++i)
    if (!read[i]) chain.outputs.push_back(int(i));
  if (initiator >= 0 && chain.refusal.empty()) chain.rows = rows_of(chain);
  return chain;
}

Chain single_group(const OpDef& op, const Attributes& attributes, const std::vector<TensorType>& inputs,
                   int initiator) {
  std::vector<TensorType> present;
  Step step{&op, attributes, {}};
  int present_initiator = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (int(i) == initiator) present_initiator = int(present.size());
    step.inputs.push_back(inputs[i] == kAbsent ? -1 : int(present.size()));
    if (inputs[i] != kAbsent) present.push_back(inputs[i]);
  }
  return make_chain(present, {step}, present_initiator);
}

std::vector<Tensor> run_members(const Chain& chain, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> values = inputs;
  for (const GroupMember& member : chain.members) {
    std::vector<Tensor> in;
    for (int input : member.inputs) in.push_back(input < 0 ? Tensor{} : values[size_t(input)]);
    for (const Tensor& output : run_whole(*member.op, member.attributes, in)) values.push_back(output);
  }
  std::vector<Tensor> outputs;
  for (int output : chain.outputs) outputs.push_back(values[size_t(output)]);
  return outputs;
}

namespace {

/// Plain bytes between guards, 64-byte aligned, full of garbage.
Guarded scratch(size_t bytes, int garbage) { return Guarded(TensorType{DType::uint8, {int64_t(bytes)}}, garbage); }

void finish_run(RunStatus status) {
  while (!status.done() && !status.event->done()) {
  }
}

bool in_own_layout(const std::vector<Layout>& layouts, size_t index) {
  return index < layouts.size() && !layouts[index].is_row_major();
}

/// Through the backend's reorder kernel, or for a layout that is nobody's through anybody's, as the plan does; `type`
/// is the operand's, row-major.
void reorder(const Backend& backend, const TensorType& type, const Layout& from, const Layout& to, const View& source,
             const View& target) {
  std::unique_ptr<Kernel> kernel = backend.reorder ? backend.reorder(type, from, to) : nullptr;
  for (const Backend* other : all_backends())
    if (!kernel && !from.owner && !to.owner && other->reorder) kernel = other->reorder(type, from, to);
  ASSERT_NE(kernel, nullptr) << backend.name << " does not reorder " << to_string(from) << " to " << to_string(to);
  const View in[] = {source}, out[] = {target};
  finish_run(kernel->run({in, out, {}, nullptr, {}}));
}

/// Memory for an operand in a layout: the type's own bytes, or what an opaque layout says it takes.
Guarded operand_memory(const TensorType& type, const Layout& layout, int garbage) {
  const int64_t own = byte_count(type.shape, type.dtype);
  return scratch(size_t(layout.kind == Layout::opaque ? layout.bytes : own), garbage);
}

/// One offered kernel at work on a chain.
class OfferRun {
 public:
  OfferRun(const Backend& backend, const Offer& offer, const Chain& chain, const std::vector<Tensor>& inputs,
           int garbage)
      : backend_(backend), offer_(offer), chain_(chain), inputs_(inputs), garbage_(garbage) {
    workspace_.push_back(scratch(offer.workspace_bytes, garbage));
    for (size_t p = 0; p < offer.packs.size(); ++p) {
      const size_t input = offer.packs[p].input;
      EXPECT_EQ(chain.states[size_t(chain.inputs[input])].kind, SliceState::whole) << "packs a sliced operand";
      packs_.push_back(scratch(offer.packs[p].bytes, garbage));
      offer.kernel->pack(p, inputs[input].view(), packs_.back().tensor.view().data);
      packed_.push_back(packs_.back().tensor.view().data);
    }
    for (int output : chain.outputs) outputs_.push_back(Guarded(chain.types[size_t(output)], garbage));
  }

  /// One slice; into `partial` where it is given.
  void run(const Slice& slice, void* partial) {
    std::vector<Guarded> in, out, converted;
    std::vector<View> in_views, out_views;
    converted.reserve(inputs_.size() + chain_.outputs.size());
    for (size_t i = 0; i < inputs_.size(); ++i) {
      in.push_back(Guarded(part_of(inputs_[i], state_of_input(i), slice)));
      in_views.push_back(view_of(in.back().tensor));
      if (in_own_layout(offer_.input_layouts, i)) {
        converted.push_back(operand_memory(in_views[i].type, offer_.input_layouts[i], garbage_));
        const View target{converted.back().tensor.view().data, in_views[i].type};
        reorder(backend_, in_views[i].type, {}, offer_.input_layouts[i], in_views[i], target);
        in_views[i] = target;
      }
    }
    for (size_t j = 0; j < chain_.outputs.size(); ++j) {
      out.push_back(Guarded(part_type(whole_type(j), state_of_output(j), slice), garbage_));
      out_views.push_back(out[j].tensor.view());
      if (state_of_output(j).kind == SliceState::partial) out_views[j].data = nullptr;
      else if (in_own_layout(offer_.output_layouts, j)) {
        converted.push_back(operand_memory(out_views[j].type, offer_.output_layouts[j], garbage_));
        out_views[j].data = converted.back().tensor.view().data;
      }
    }
    const KernelRun call{in_views, out_views, slice, workspace_[0].tensor.view().data, packed_};
    finish_run(partial ? offer_.kernel->accumulate(call, partial) : offer_.kernel->run(call));
    // A call that adds to a partial is one slice of several, which are not divided themselves.
    if (!partial && slice.count == most_rows_) check_parts(call);
    for (size_t i = 0; i < in.size(); ++i) {
      EXPECT_TRUE(in[i].intact()) << "wrote beside input " << i;
      EXPECT_TRUE(same_bits(in[i].tensor, part_of(inputs_[i], state_of_input(i), slice))) << "changed input " << i;
    }
    for (const Guarded& memory : converted) EXPECT_TRUE(memory.intact()) << "wrote beside an operand in its own layout";
    for (size_t j = 0; j < out.size(); ++j) collect(j, slice, out[j], out_views[j]);
  }

  /// The lanes' partials one behind the other.
  Guarded copy_of(const std::vector<Guarded>& partials) const {
    const size_t bytes = offer_.kernel->partial_bytes();
    Guarded all = scratch(bytes * partials.size(), garbage_);
    for (size_t lane = 0; lane < partials.size(); ++lane)
      std::memcpy(static_cast<std::byte*>(all.tensor.view().data) + lane * bytes, partials[lane].tensor.view().data,
                  bytes);
    return all;
  }

  /// A kernel whose calls divide writes the bits of the whole, in whatever parts and order.
  void check_parts(KernelRun call) const {
    const PartRun* parts = part_run_of(*offer_.kernel);
    if (!parts) return;
    std::vector<Guarded> memory;
    std::vector<View> views;
    for (size_t j = 0; j < call.outputs.size(); ++j) {
      memory.push_back(operand_memory(call.outputs[j].type,
                                      offer_.output_layouts.empty() ? Layout{} : offer_.output_layouts[j], garbage_));
      views.push_back({memory[j].tensor.view().data, call.outputs[j].type});
    }
    const std::span<const View> whole = call.outputs;
    call.outputs = views;
    const int64_t units = parts->units(), count = std::min<int64_t>(units, 3);
    for (int64_t part = count; part-- > 0;) {
      const int64_t begin = units * part / count;
      call.slice = {begin, units * (part + 1) / count - begin, units};
      finish_run(parts->run_part(call));
    }
    for (size_t j = 0; j < whole.size(); ++j) {
      EXPECT_TRUE(memory[j].intact()) << "wrote beside output " << j << " in parts";
      EXPECT_EQ(std::memcmp(views[j].data, whole[j].data, size_t(whole[j].bytes())), 0) << "other bits in parts";
    }
  }

  /// A kernel that joins lanes by rows writes the bits of the whole, in whatever parts.
  void check_row_join(const Guarded& lanes, int64_t count) const {
    const RowJoin* join = row_join_of(*offer_.kernel);
    if (!join) return;
    size_t j = 0;  // the one partial output; sliced ones may stand beside it
    while (state_of_output(j).kind != SliceState::partial) ++j;
    const TensorType& type = outputs_[j].tensor.type();
    const Guarded joined(type, garbage_);
    const Lanes<std::byte> all{static_cast<const std::byte*>(lanes.tensor.view().data),
                               int64_t(offer_.kernel->partial_bytes()), count};
    const int64_t rows = type.shape[0], step = join->row_step();
    for (int64_t begin = 0; begin < rows; begin += step) {
      View part = joined.tensor.view();
      part.type.shape[0] = std::min(step, rows - begin);
      part.data = static_cast<std::byte*>(part.data) + begin * (part.bytes() / part.type.shape[0]);
      join->join_rows(all, {begin, part.type.shape[0], rows}, part);
    }
    EXPECT_TRUE(joined.intact()) << "wrote beside the rows that it joined";
    EXPECT_TRUE(same_bits(joined.tensor, outputs_[j].tensor)) << "other bits where lanes are joined by rows";
  }

  /// All slices; partial outputs by runs of slices in `lanes` lanes, combined by a binary tree.
  std::vector<Tensor> run_all(const std::vector<Slice>& slices, size_t lanes) {
    for (const Slice& slice : slices) most_rows_ = std::max(most_rows_, slice.count);
    if (!has_partial()) {
      for (const Slice& slice : slices) run(slice, nullptr);
    } else {
      const size_t used = std::min(lanes, slices.size());
      std::vector<Guarded> partials;
      for (size_t lane = 0; lane < used; ++lane) {
        partials.push_back(scratch(offer_.kernel->partial_bytes(), garbage_));
        offer_.kernel->begin(partials[lane].tensor.view().data);
      }
      for (size_t s = 0; s < slices.size(); ++s) run(slices[s], partials[s * used / slices.size()].tensor.view().data);
      const Guarded side_by_side = copy_of(partials);
      for (size_t step = 1; step < used; step *= 2)
        for (size_t lane = 0; lane + step < used; lane += 2 * step)
          offer_.kernel->combine(partials[lane].tensor.view().data, partials[lane + step].tensor.view().data);
      std::vector<View> views;
      for (size_t j = 0; j < outputs_.size(); ++j) {
        views.push_back(outputs_[j].tensor.view());
        if (state_of_output(j).kind != SliceState::partial) views[j].data = nullptr;
      }
      offer_.kernel->finish(partials[0].tensor.view().data, views);
      check_row_join(side_by_side, int64_t(used));
      for (const Guarded& partial : partials) EXPECT_TRUE(partial.intact()) << "wrote beside a partial";
    }
    for (const Guarded& memory : workspace_) EXPECT_TRUE(memory.intact()) << "wrote beside the workspace";
    for (const Guarded& memory : packs_) EXPECT_TRUE(memory.intact()) << "wrote beside a packed operand";
    std::vector<Tensor> result;
    for (const Guarded& output : outputs_) {
      EXPECT_TRUE(output.intact()) << "wrote beside a combined output";
      result.push_back(output.tensor);
    }
    return result;
  }

 private:
  const SliceState& state_of_input(size_t i) const { return chain_.states[size_t(chain_.inputs[i])]; }
  const SliceState& state_of_output(size_t j) const { return chain_.states[size_t(chain_.outputs[j])]; }
  const TensorType& whole_type(size_t j) const { return chain_.types[size_t(chain_.outputs[j])]; }
  bool has_partial() const {
    for (size_t j = 0; j < chain_.outputs.size(); ++j)
      if (state_of_output(j).kind == SliceState::partial) return true;
    return false;
  }

  /// Puts a slice's output into the whole, back in row-major order.
  void collect(size_t j, const Slice& slice, const Guarded& out, const View& written) {
    EXPECT_TRUE(out.intact()) << "wrote beside output " << j;
    if (state_of_output(j).kind == SliceState::partial) return;
    if (in_own_layout(offer_.output_layouts, j))
      reorder(backend_, written.type, offer_.output_layouts[j], {}, written, out.tensor.view());
    const SliceState& state = state_of_output(j);
    if (state.kind == SliceState::sliced) paste_part(out.tensor, state, slice, outputs_[j].tensor);
    else outputs_[j] = Guarded(out.tensor);
  }

  const Backend& backend_;
  const Offer& offer_;
  const Chain& chain_;
  const std::vector<Tensor>& inputs_;
  int garbage_;
  int64_t most_rows_ = 0;  ///< of the slice that the offer is for
  std::vector<Guarded> workspace_, packs_, outputs_;
  std::vector<const void*> packed_;
};

}  // namespace

std::vector<Tensor> run_offer(const Backend& backend, const Offer& offer, const Chain& chain,
                              const std::vector<Tensor>& inputs, const std::vector<Slice>& slices, size_t lanes,
                              int garbage) {
  return OfferRun(backend, offer, chain, inputs, garbage).run_all(slices, lanes);
}

}  // namespace tacho::support
