// Every backend against the double reference, on what it offers for every operation's samples and for the groups that
// passes make. One test per backend; its last line says how much the backend took.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <set>

#include "op/backend.h"
#include "ops/bias_add.h"
#include "ops/matmul.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

constexpr size_t kSlices = 3, kLanes = 2;

double tolerance(DType dtype) { return dtype == DType::float32 ? 1e-5 : 1e-12; }

/// How many offers a backend made and refused, and over what.
struct Taken {
  int operations = 0, samples = 0, taken = 0, refused = 0;
  int operations_taken = 0;        ///< of which it took at least one sample
  double worst = 0;                ///< relative difference of floating results
  std::string worst_at;            ///< the group of that one
  std::set<std::string> refusals;  ///< of float32, of the present operation
};

/// One line per operation, where TACHO_TALLY asks for it: what was taken, how well it agreed, why the rest was not.
void print_row(const OpDef& op, const Taken& before, const Taken& after) {
  if (!std::getenv("TACHO_TALLY")) return;
  std::cout << "  " << op.name << ": " << after.taken - before.taken << " taken, " << after.refused - before.refused
            << " refused";
  for (const std::string& reason : after.refusals) std::cout << "; " << reason;
  std::cout << "\n";
}

Tally required(const Chain& chain, const Group& group) {
  Tally total;
  for (const GroupMember& member : chain.members) {
    const TensorTypes in = group.input_types(member), out = group.output_types(member);
    total += tally_of(*member.op, {member.attributes, in, out});
  }
  return total;
}

void check_executed(const Backend& backend, const Offer& offer, const Chain& chain, const Group& group) {
  const Tally tally = required(chain, group);
  if (backend.name == "reference") {
    EXPECT_EQ(offer.executed.tally, tally) << "the reference executes what is required";
    EXPECT_FALSE(offer.executed.declared);
  } else if (flop(tally) > 0) {
    EXPECT_GT(work(offer.executed.tally), 0) << "an offer without its executed counts";
  }
}

/// Output j in the memory of the input that the offer's alias names. Row-major, unsliced operands.
void check_aliases(const Offer& offer, const Chain& chain, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& outputs) {
  for (size_t j = 0; j < offer.aliases.size(); ++j) {
    if (offer.aliases[j] < 0 || !offer.packs.empty() || !offer.input_layouts.empty() || !offer.output_layouts.empty())
      continue;
    if (inputs[size_t(offer.aliases[j])].bytes() != outputs[j].bytes()) continue;  // it may, where the sizes allow it
    std::vector<Tensor> in, out;
    for (const Tensor& input : inputs) in.push_back(input.clone());
    for (const Tensor& output : outputs) out.push_back(output.clone());
    const Tensor& shared = in[size_t(offer.aliases[j])];
    out[j] = shared.reshaped(outputs[j].shape());
    const Buffer workspace(offer.workspace_bytes);
    const Slice all{0, chain.rows, chain.rows};
    offer.kernel->run({views_of(in), views_of(out), all, workspace.data(), {}});
    EXPECT_TRUE(same_bits(out[j], outputs[j])) << "output " << j << " differs where it overwrites its alias";
  }
}

/// Offers the chain; where it is taken, runs it in `parts` slices and compares. Returns whether it was taken.
bool check_chain(const Backend& backend, const Chain& chain, DType dtype, int64_t parts,
                 const std::vector<Tensor>& inputs, const std::vector<Tensor>& expected, Taken& taken) {
  const std::vector<Slice> slices = even_slices(chain.rows, parts);
  const Group group = chain.group(slices[0]);
  SCOPED_TRACE(text_of(to_string(group), ", ", name_of(dtype), ", ", parts, " slices of ", chain.rows, " rows"));
  const OfferResult result = backend.offer(group, {this_cpu(), ""});
  if (const Refusal* refusal = std::get_if<Refusal>(&result)) {
    EXPECT_FALSE(refusal->reason.empty()) << "a refusal without its reason";
    if (dtype == DType::float32) taken.refusals.insert(refusal->reason);
    ++taken.refused;
    return false;
  }
  const Offer& offer = std::get<Offer>(result);
  EXPECT_FALSE(offer.name.empty());
  EXPECT_FALSE(offer.reason.empty());
  check_executed(backend, offer, chain, group);
  const std::vector<Tensor> actual = run_offer(backend, offer, chain, inputs, slices, kLanes, 0xFF);
  const std::vector<Tensor> again = run_offer(backend, offer, chain, inputs, slices, kLanes, 0x5B);
  for (size_t j = 0; j < expected.size(); ++j) {
    const double difference = relative_difference(actual[j], expected[j]);
    EXPECT_LE(difference, is_floating(expected[j].dtype()) ? tolerance(dtype) : 0.0) << "output " << j;
    if (difference > taken.worst) taken.worst = difference, taken.worst_at = to_string(group);
    EXPECT_TRUE(same_bits(actual[j], again[j])) << "output " << j << " depends on what was in memory before";
  }
  if (parts == 1 && !group.has_partial()) check_aliases(offer, chain, inputs, actual);
  ++taken.taken;
  return true;
}

std::vector<Tensor> present_only(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> present;
  for (const Tensor& tensor : tensors)
    if (tensor.defined()) present.push_back(tensor);
  return present;
}

/// One sample at one dtype: whole, and sliced over the outermost axis of each input.
void check_sample(const Backend& backend, const OpDef& op, const Sample& sample, DType dtype, Taken& taken) {
  const std::vector<TensorType> types = input_types(sample, dtype);
  const std::vector<Tensor> inputs = present_only(filled_inputs(sample, dtype, 1));
  const std::vector<Tensor> wide = present_only(filled_inputs(sample, DType::float64, 1));
  const Chain whole = single_group(op, sample.attributes, types);
  const std::vector<Tensor> expected = run_members(whole, wide);
  const bool was_taken = check_chain(backend, whole, dtype, 1, inputs, expected, taken);
  if (backend.supports && backend.supports(op, sample.attributes, types)) {
    EXPECT_TRUE(was_taken) << "said to be supported, then refused";
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i].shape.empty()) continue;
    const Chain sliced = single_group(op, sample.attributes, types, int(i));
    if (!sliced.refusal.empty() || sliced.rows == 0) continue;
    SCOPED_TRACE(text_of("sliced along axis 0 of input ", i));
    const int64_t parts = std::min<int64_t>(kSlices, sliced.rows);
    check_chain(backend, sliced, dtype, parts, inputs, expected, taken);
  }
}

struct BackendName {
  std::string text;
  friend std::ostream& operator<<(std::ostream& out, const BackendName& name) { return out << name.text; }
};

class BackendAgreement : public testing::TestWithParam<BackendName> {
 protected:
  const Backend& backend() const { return backend_named(GetParam().text); }
  void SetUp() override {
    const char* reason = backend().unavailable ? backend().unavailable() : nullptr;
    if (reason) GTEST_SKIP() << reason;
    ASSERT_NE(backend().offer, nullptr);
    EXPECT_FALSE(backend().doc.empty());
  }
};

TEST_P(BackendAgreement, Operations) {
  Taken taken;
  for (const OpDef* op : all_ops()) {
    taken.refusals.clear();
    const Taken before = taken;
    ++taken.operations;
    for (size_t s = 0; s < op->samples.size(); ++s) {
      ++taken.samples;
      SCOPED_TRACE(describe(*op, s, op->samples[s]));
      for (DType dtype : {DType::float32, DType::float64}) check_sample(backend(), *op, op->samples[s], dtype, taken);
    }
    taken.operations_taken += taken.taken > before.taken;
    print_row(*op, before, taken);
  }
  EXPECT_GT(taken.taken, 0) << "a backend that takes nothing";
  if (backend().name == "reference") {
    EXPECT_EQ(taken.refused, 0) << "the reference takes everything";
  }
  std::cout << backend().name << ": " << taken.operations << " operations, " << taken.samples
            << " samples in both dtypes, "
            << "whole and sliced: " << taken.taken << " taken (of " << taken.operations_taken << " operations), "
            << taken.refused << " refused; worst relative difference " << taken.worst << " (" << taken.worst_at
            << ")\n";
}

/// A product, its bias and relu as the passes group them, at one dtype, whole and sliced over input `sliced`.
void check_product_group(const Backend& backend, const TensorType& a, const TensorType& b, MatmulAttributes attributes,
                         int64_t bias_axis, int sliced, Taken& taken) {
  const Shape out = types_of(op_named("matmul"), attributes, std::vector{a, b})[0].shape;
  for (DType dtype : {DType::float32, DType::float64}) {
    Sample sample{{a, b, {DType::float32, {out[size_t(bias_axis)]}}}, {}, {}};
    const std::vector<TensorType> types = input_types(sample, dtype);
    std::vector<Step> steps{{&op_named("matmul"), attributes, {0, 1}},
                            {&op_named("bias_add"), BiasAddAttributes{bias_axis}, {3, 2}},
                            {&op_named("relu"), {}, {4}}};
    const std::vector<Tensor> inputs = filled_inputs(sample, dtype, 1);
    for (size_t length = 2; length <= steps.size(); ++length) {
      const std::vector<Step> some(steps.begin(), steps.begin() + int64_t(length));
      const Chain whole = make_chain(types, some);
      const std::vector<Tensor> expected = run_members(whole, filled_inputs(sample, DType::float64, 1));
      check_chain(backend, whole, dtype, 1, inputs, expected, taken);
      const Chain parts = make_chain(types, some, sliced);
      ASSERT_EQ(parts.refusal, "");
      check_chain(backend, parts, dtype, std::min<int64_t>(kSlices, parts.rows), inputs, expected, taken);
    }
  }
}

TEST_P(BackendAgreement, ProductsWithBiasAndRelu) {
  const auto f32 = [](Shape shape) { return TensorType{DType::float32, shape}; };
  Taken taken;
  // A fully connected layer, its weights either way round; then a convolution lowered to W phi, batched over examples.
  check_product_group(backend(), f32({17, 31}), f32({31, 10}), {}, 1, 0, taken);
  check_product_group(backend(), f32({17, 31}), f32({10, 31}), {false, true, 0}, 1, 0, taken);
  check_product_group(backend(), f32({6, 18}), f32({5, 18, 16}), {}, 1, 1, taken);
  check_product_group(backend(), f32({5, 16, 18}), f32({18, 6}), {}, 2, 0, taken);
  if (backend().name == "reference") {
    EXPECT_EQ(taken.refused, 0) << "the reference takes everything";
  }
  std::cout << backend().name << ": products with bias and relu: " << taken.taken << " taken, " << taken.refused
            << " refused\n";
}

std::vector<BackendName> backend_names() {
  std::vector<BackendName> names;
  for (const Backend* backend : all_backends()) names.push_back({std::string(backend->name)});
  return names;
}

INSTANTIATE_TEST_SUITE_P(Backends, BackendAgreement, testing::ValuesIn(backend_names()),
                         [](const auto& info) { return info.param.text; });

}  // namespace
}  // namespace tacho
