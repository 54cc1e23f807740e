// Optimisers' updates against the double reference, every target forced in turn.
#include "backends/simd/updates.h"

#include <gtest/gtest.h>

#include <cfloat>

#include "backends/simd/each_target.h"
#include "op/backend.h"
#include "ops/adagrad_update.h"
#include "ops/adam_update.h"
#include "ops/lamb_direction.h"
#include "ops/momentum_update.h"
#include "ops/rmsprop_update.h"
#include "ops/sgd_update.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

/// An update with how many variables of the parameters' shape it reads, and its scalars.
struct Case {
  const char* op;
  Attributes attributes;
  size_t variables;
  bool rate = true;
  int64_t step = 0;  ///< 0: no step number
};

const Case kCases[] = {
    {"sgd_update", SgdAttributes{}, 2},
    {"sgd_update", SgdAttributes{0.1}, 2},
    {"momentum_update", MomentumAttributes{}, 3},
    {"momentum_update", MomentumAttributes{0.9, 0.1, false}, 3},
    {"momentum_update", MomentumAttributes{0.5, 0, true}, 3},
    {"momentum_update", MomentumAttributes{0.9, 0.01, true}, 3},
    {"rmsprop_update", RmspropAttributes{}, 3},
    {"rmsprop_update", RmspropAttributes{.smoothing = 0.5, .epsilon = 1e-4, .weight_decay = 0.1}, 3},
    {"adagrad_update", AdagradAttributes{}, 3},
    {"adagrad_update", AdagradAttributes{.epsilon = 1e-4, .weight_decay = 0.1}, 3},
    {"adam_update", AdamAttributes{}, 4, true, 3},
    {"adam_update", AdamAttributes{.weight_decay = 0.1}, 4, true, 1},
    {"adam_update", AdamAttributes{.weight_decay = 0.1, .decoupled = true}, 4, true, 100},
    {"adam_update", AdamAttributes{.decoupled = true}, 4, true, 2},
    {"lamb_direction", LambAttributes{}, 4, false, 3},
    {"lamb_direction", LambAttributes{.beta1 = 0.5, .epsilon = 1e-4, .weight_decay = 0.1}, 4, false, 1},
};

Sample update_sample_of(const Case& c, const Shape& shape) {
  Sample sample{{}, c.attributes, {}};
  for (size_t i = 0; i < c.variables; ++i) {
    sample.inputs.push_back({DType::float32, shape});
    // Squares, the last variable of most, are positive; a velocity may be too.
    sample.fills.push_back({i >= 2 && i + 1 == c.variables ? Fill::positive : Fill::normal});
  }
  if (c.rate) sample.inputs.push_back({DType::float32, {}}), sample.fills.push_back({Fill::number, 0, 0.0625});
  if (c.step) sample.inputs.push_back({DType::int64, {}}), sample.fills.push_back({Fill::number, 0, double(c.step)});
  return sample;
}

class SimdUpdates : public simd::EachTarget {
 protected:
  static Offer offer_of(const Chain& chain, const Slice& largest) {
    OfferResult result = backend_named("simd").offer(chain.group(largest), {this_cpu(), ""});
    if (auto* refusal = std::get_if<Refusal>(&result)) ADD_FAILURE() << refusal->reason;
    return std::move(std::get<Offer>(result));
  }

  static std::vector<Tensor> run(const Chain& chain, const std::vector<Tensor>& inputs, int64_t parts) {
    const std::vector<Slice> slices = even_slices(chain.rows, parts);
    const Offer offer = offer_of(chain, slices[0]);
    return run_offer(backend_named("simd"), offer, chain, inputs, slices, 1, 0xFF);
  }
};

const Shape kUpdateShapes[] = {{1}, {3}, {17}, {31}, {5, 3}, {7, 67}, {3, 5, 3, 11}};

TEST_P(SimdUpdates, WithinFewRoundings) {
  for (const Case& c : kCases)
    for (const Shape& shape : kUpdateShapes)
      for (DType dtype : {DType::float32, DType::float64}) {
        const Sample sample = update_sample_of(c, shape);
        const Chain chain = single_group(op_named(c.op), c.attributes, input_types(sample, dtype));
        const std::vector<Tensor> expected = run_members(chain, filled_inputs(sample, DType::float64, 5));
        const std::vector<Tensor> actual = run(chain, filled_inputs(sample, dtype, 5), 1);
        const double epsilon = dtype == DType::float32 ? FLT_EPSILON : DBL_EPSILON;
        for (size_t j = 0; j < expected.size(); ++j)
          // At most four roundings of a quotient, times a rate, and the sum: the largest result stands for all.
          EXPECT_LE(relative_difference(actual[j], expected[j]), 4 * epsilon)
              << c.op << " " << to_string(c.attributes) << " of " << shape << " " << name_of(dtype) << ", output " << j;
      }
}

TEST_P(SimdUpdates, SameBitsHoweverCutAndInPlace) {
  for (const Case& c : kCases)
    for (DType dtype : {DType::float32, DType::float64}) {
      const Sample sample = update_sample_of(c, {7, 67});
      const std::vector<TensorType> types = input_types(sample, dtype);
      const std::vector<Tensor> inputs = filled_inputs(sample, dtype, 6);
      const Chain whole = single_group(op_named(c.op), c.attributes, types);
      const std::vector<Tensor> once = run(whole, inputs, 1);
      const Chain cut = single_group(op_named(c.op), c.attributes, types, 0);
      ASSERT_EQ(cut.refusal, "");
      const std::vector<Tensor> parts = run(cut, inputs, 3);
      const Offer offer = offer_of(whole, {0, 1, 1});
      ASSERT_EQ(offer.aliases, op_named(c.op).may_alias) << c.op;
      std::vector<Tensor> in, out;
      for (const Tensor& input : inputs) in.push_back(input.clone());
      for (int alias : offer.aliases) out.push_back(in[size_t(alias)]);
      const std::vector<View> ins = views_of(in), outs = views_of(out);
      offer.kernel->run({ins, outs, {0, 1, 1}, nullptr, {}});
      for (size_t j = 0; j < once.size(); ++j) {
        EXPECT_TRUE(same_bits(parts[j], once[j])) << c.op << ", output " << j << " in slices";
        EXPECT_TRUE(same_bits(out[j], once[j])) << c.op << ", output " << j << " in place";
      }
    }
}

TEST_P(SimdUpdates, StepsCountFromOne) {
  for (const char* op : {"adam_update", "lamb_direction"}) {
    Case c{op, AdamAttributes{}, 4, true, 1};
    if (op_named(op).name == "lamb_direction") c.attributes = LambAttributes{}, c.rate = false;
    const Sample sample = update_sample_of(c, {17});
    const Chain chain = single_group(op_named(op), c.attributes, input_types(sample, DType::float32));
    std::vector<Tensor> inputs = filled_inputs(sample, DType::float32, 1);
    inputs.back().as<int64_t>()[0] = 0;
    EXPECT_THROW(run(chain, inputs, 1), Error) << op;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdUpdates, testing::ValuesIn(simd::available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho
