#include "backends/simd/gemm.h"
#include "backends/simd/kernels.h"
#include "backends/simd/product_chain.h"
#include "backends/simd/targets.h"
#include "op/output_partial.h"
#include "op/slice_scale.h"
#include "ops/matmul_product.h"

namespace tacho::simd {
namespace {

/// How a bias meets the flat result of a group: element f takes values[f / inner % channels].
template <class T>
struct Bias {
  const T* values = nullptr;
  int64_t channels = 1, inner = 1;
};

/// The biases that run neither along the rows nor along the columns of a product.
template <class T>
void add_bias(T* c, int64_t begin, int64_t end, const Bias<T>& bias) {
  for (int64_t f = begin; f < end;) {
    const T value = bias.values[f / bias.inner % bias.channels];
    for (const int64_t stop = std::min(end, f - f % bias.inner + bias.inner); f < stop; ++f) c[f] += value;
  }
}

/// One product per item of the batch and per term of a contracted batch, one after another.
template <class T>
class Matmul final : public Kernel, public RowJoin {
 public:
  Matmul(const Gemm<T>& gemm, const Group& group, ProductChain chain, const CpuInfo& cpu, bool packs_b)
      : gemm_(gemm),
        blocks_(gemm_.blocks(cpu)),
        group_(group),
        chain_(std::move(chain)),
        attributes_(group.members[chain_.product].attributes.as<MatmulAttributes>()),
        packs_b_(packs_b),
        partial_(group) {
    for (const ChainStep& step : chain_.steps) {
      const Spread spread = !step.single ? Spread::none : step.other_first ? Spread::first : Spread::second;
      steps_.push_back({elementwise_function<T>(step.call.function, spread), step.call.numbers, nullptr, step.single,
                        step.other_first});
    }
  }

  /// How often each element of the gated factor is made.
  int64_t times_gated(const Product& p, int64_t elements) const {
    const MatrixProduct<T> product = product_like(p);
    const Packings packings = gemm_.packings(blocks_, product);
    const bool second = chain_.gate->second;
    const int64_t terms = p.kept * p.contracted * (second ? p.k * p.n : p.m * p.k);
    return terms / std::max<int64_t>(1, elements) * (second ? packings.b : packings.a);
  }
  size_t workspace_bytes(const Product& p) const { return gemm_.workspace_bytes(blocks_, p.n, p.k); }
  size_t packed_bytes(const Product& p) const { return gemm_.packed_b_bytes(p.n, p.k); }

  RunStatus run(const KernelRun& run) const override {
    run_into(run, run.outputs[0], false);
    return {};
  }
  size_t partial_bytes() const override { return partial_.bytes(); }
  void begin(void* partial) const override { partial_.begin(partial); }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    run_into(run, partial_.view(partial, group_.outputs[0]), !partial_.empty(partial));
    partial_.add_rows(partial, run.slice.count);
    return {};
  }
  void combine(void* into, const void* from) const override { partial_.combine(into, from); }
  void finish(const void* partial, std::span<const View> outputs) const override { partial_.finish(partial, outputs); }
  bool joins_rows() const override { return partial_.joins_rows(); }
  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const override {
    partial_.join_rows(lanes, rows, result);
  }

  void pack(size_t, const View& b, void* destination) const override {
    const Shape& shape = b.shape();
    const int64_t rows = shape[shape.size() - 2], columns = shape[shape.size() - 1];
    const bool transposed = attributes_.transpose_b;
    gemm_.pack_b(blocks_, b.as<T>(), columns, transposed, transposed ? rows : columns, transposed ? columns : rows,
                 static_cast<T*>(destination));
  }

 private:
  /// What follows the product of one item of the batch, whose result begins at element `first`.
  SmallVector<ElementStep<T>, kMostSteps> steps_at(const KernelRun& run, int64_t first) const {
    SmallVector<ElementStep<T>, kMostSteps> steps;
    for (size_t i = 0; i < steps_.size(); ++i) {
      ElementStep<T> step = steps_[i];
      if (chain_.steps[i].other >= 0) step.other = run.in<T>(size_t(chain_.steps[i].other));
      steps.push_back(step.from(first));
    }
    return steps;
  }

  /// What may follow where the sums still are in registers: a sum with a tensor, then relu or bounds. How many steps.
  size_t take_into_registers(std::span<const ElementStep<T>> steps, TileEnd<T>& end) const {
    const auto is = [&](size_t i, Elementwise function) {
      return i < steps.size() && chain_.steps[i].call.function == function;
    };
    size_t taken = 0;
    if (is(0, Elementwise::add) && !steps[0].single) end.added = steps[taken++].other;
    if (is(taken, Elementwise::relu)) {
      end.relu = true;
      return taken + 1;
    }
    if (!is(taken, Elementwise::clip)) return taken;
    end.bounded = true;
    end.least = T(steps[taken].numbers[0]), end.most = T(steps[taken].numbers[1]);
    return taken + 1;
  }

  Bias<T> bias_of(const KernelRun& run) const {
    if (chain_.bias < 0) return {};
    const View& values = run.inputs[size_t(chain_.bias)];
    const Shape shape = SliceScale(group_, run.inputs).type(group_.operands[size_t(chain_.biased)]).shape;
    Bias<T> bias{values.as<T>(), values.shape()[0], 1};
    for (size_t i = size_t(chain_.bias_axis) + 1; i < shape.size(); ++i) bias.inner *= shape[i];
    return bias;
  }

  static MatrixProduct<T> product_like(const Product& p) {
    MatrixProduct<T> product;
    product.m = p.m, product.n = p.n, product.k = p.k;
    product.a_transposed = p.transpose_a, product.b_transposed = p.transpose_b;
    product.a_stride = p.transpose_a ? p.m : p.k;
    product.b_stride = p.transpose_b ? p.k : p.n;
    product.c_stride = p.n;
    return product;
  }

  /// What makes the factor that begins at `data`.
  ElementStep<T> gate_at(const KernelRun& run, const View& factor, const T* data) const {
    const ChainGate& gate = *chain_.gate;
    const ElementStep<T> step{elementwise_function<T>(gate.call.function, Spread::none), gate.call.numbers,
                              run.in<T>(size_t(gate.other))};
    return step.from(data - factor.as<T>());
  }

  void run_into(const KernelRun& run, const View& result, bool add) const {
    const View &a = run.inputs[size_t(chain_.first)], &b = run.inputs[size_t(chain_.second)];
    const Product p = product_of(attributes_, a.shape(), b.shape());
    if (p.count() == 0) return;
    const Bias<T> bias = bias_of(run);
    const bool by_column = bias.inner == 1 && bias.channels == p.n, by_row = bias.inner == p.n && bias.channels == p.m;
    const bool other_bias = bias.values && !by_column && !by_row;

    MatrixProduct<T> product = product_like(p);
    if (packs_b_) product.packed_b = static_cast<const T*>(run.packed[0]);
    const size_t split = p.contracted_axes, axes = p.batch.size();
    const bool empty = p.k * p.contracted == 0;  // such a sum is zero, and its batch has no offsets
    if (empty) product.k = 0;
    T* const c = result.as<T>();
    for (int64_t item = 0; item < p.kept; ++item) {
      const T* const a_item = a.as<T>() + (empty ? 0 : batch_offset(item, p.batch, p.stride_a, split, axes));
      const T* const b_item = b.as<T>() + (empty ? 0 : batch_offset(item, p.batch, p.stride_b, split, axes));
      product.c = c + item * p.m * p.n;
      const auto steps = steps_at(run, item * p.m * p.n);
      for (int64_t term = 0; term == 0 || term < p.contracted; ++term) {
        if (!empty) {
          product.a = a_item + batch_offset(term, p.batch, p.stride_a, 0, split);
          product.b = b_item + batch_offset(term, p.batch, p.stride_b, 0, split);
          if (chain_.gate && chain_.gate->second) product.b_gate = gate_at(run, b, product.b);
          else if (chain_.gate) product.a_gate = gate_at(run, a, product.a);
        }
        product.end = {.add = add || term > 0};
        if (term + 1 >= p.contracted && !other_bias) {
          if (by_column) product.end.column_bias = bias.values;
          else if (by_row) product.end.row_bias = bias.values;
          const size_t taken = take_into_registers(steps, product.end);
          product.then = std::span<const ElementStep<T>>(steps.begin(), steps.size()).subspan(taken);
        }
        gemm_.multiply(blocks_, product, run.workspace);
      }
      if (other_bias) {
        add_bias(c, item * p.m * p.n, (item + 1) * p.m * p.n, bias);
        follow<T>({steps.begin(), steps.size()}, product.c, 0, 1, p.m * p.n, p.m * p.n);
      }
    }
  }

  const Gemm<T>& gemm_;
  GemmBlocks blocks_;
  Group group_;
  ProductChain chain_;
  MatmulAttributes attributes_;
  bool packs_b_;
  OutputPartial partial_;
  std::vector<ElementStep<T>> steps_;  ///< as chain_.steps, without the addresses of their operands
};

/// What is computed: whole vectors of columns, a multiplication and an addition for every step (steps in pairs where
/// they are bfloat16), or whole vectors of steps for each column. A gate makes each element `times_gated` times.
template <class T>
Tally executed_by(const Group& group, const ProductChain& chain, const Product& p, const Gemm<T>& gemm, bool bfloat16,
                  int64_t times_gated) {
  const auto whole = [&](int64_t count) { return (count + gemm.lanes - 1) / gemm.lanes * gemm.lanes; };
  const bool along_k = gemm.along_k && !p.transpose_a && gemm.along_k(p.n, p.k);
  const int64_t columns = along_k ? p.n : whole(p.n);
  const int64_t steps = along_k ? whole(p.k) : bfloat16 ? (p.k + 1) / 2 * 2 : p.k;
  const int64_t terms = p.kept * std::max<int64_t>(1, p.contracted) * p.m * columns * steps;
  Tally tally{.mul = terms, .add = terms};
  for (size_t i = 0; i < group.members.size(); ++i) {
    if (i == chain.product) continue;
    const GroupMember& member = group.members[i];
    Tally own = tally_of(*member.op, {member.attributes, group.input_types(member), group.output_types(member)});
    if (i < chain.product) for_each_kind([&](auto&&, int64_t& count) { count *= times_gated; }, own);
    tally += own;
  }
  return tally;
}

/// The second factor is packed once for all slices where they all read the whole of it; where packs are kept from step
/// to step, also for a product that runs whole and would pack it each time.
bool shares_second(const Group& group, const ProductChain& chain, const Product& p, bool keeps_packs) {
  if (chain.gate && chain.gate->second) return false;
  const GroupOperand& b = group.operands[size_t(group.inputs[size_t(chain.second)])];
  const GroupOperand& a = group.operands[size_t(group.inputs[size_t(chain.first)])];
  const bool by_all = a.state.kind == SliceState::sliced;
  const bool by_steps = keeps_packs && p.transpose_b && a.state.kind == SliceState::whole;
  return b.state.kind == SliceState::whole && (by_all || by_steps) && p.contracted == 1 &&
         element_count(b.type.shape) == p.k * p.n && p.k * p.n > 0;
}

template <class T>
Offer offer_typed(const Gemm<T>& gemm, const Group& group, const OfferContext& context, ProductChain chain) {
  const auto operand = [&](int input) { return group.operands[size_t(group.inputs[size_t(input)])].type.shape; };
  const Product p = product_of(group.members[chain.product].attributes.as<MatmulAttributes>(), operand(chain.first),
                               operand(chain.second));
  const bool packs_b = shares_second(group, chain, p, context.keeps_packs);
  Offer offer;
  offer.bfloat16 = context.bfloat16;
  offer.name = (offer.bfloat16 ? "bfloat16 " : "") + chain.name;
  offer.reason = text_of(
      offer.bfloat16 ? "products of factors rounded to bfloat16" : "products", " in tiles for ", target_in_use(),
      packs_b ? ", second factor packed once" : "", chain.gate ? ", a factor made while it is packed" : "",
      group.members.size() > chain.product + 1 ? ", what follows while they are in registers or cache" : "");
  const size_t second = size_t(chain.second);
  auto kernel = std::make_unique<Matmul<T>>(gemm, group, chain, context.cpu, packs_b);
  const int64_t times = chain.gate ? kernel->times_gated(p, element_count(operand(chain.gate->other))) : 0;
  offer.executed = {executed_by(group, chain, p, gemm, offer.bfloat16, times), true};
  offer.workspace_bytes = kernel->workspace_bytes(p);
  if (packs_b) offer.packs = {{second, kernel->packed_bytes(p)}};
  offer.kernel = std::move(kernel);
  return offer;
}

}  // namespace

OfferResult offer_matmul(const Group& group, const OfferContext& context) {
  auto found = product_chain_of(group);
  if (auto* refusal = std::get_if<Refusal>(&found)) return std::move(*refusal);
  auto& chain = std::get<ProductChain>(found);
  const bool wide = group.operands[size_t(group.members[chain.product].inputs[0])].type.dtype == DType::float64;
  if (context.bfloat16) {
    if (wide) return Refusal{"float64 factors"};
    if (!bfloat16_gemm()) return Refusal{"not on this machine"};
    if (chain.gate) return Refusal{"a factor that is made while it is packed"};
    return offer_typed<float>(*bfloat16_gemm(), group, context, std::move(chain));
  }
  if (wide) return offer_typed<double>(gemm<double>(), group, context, std::move(chain));
  return offer_typed<float>(gemm<float>(), group, context, std::move(chain));
}

}  // namespace tacho::simd
