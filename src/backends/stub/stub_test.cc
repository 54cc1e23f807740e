// The template's own test: what run_offer checks (guards, packs, reorders, results over slices) is all a backend needs.
#include <gtest/gtest.h>

#include <cstring>

#include "op/backend.h"
#include "ops/matmul.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

const Backend& stub_backend() { return backend_named("stub"); }

OfferResult stub_offer(const Chain& chain, const std::vector<Slice>& slices) {
  return stub_backend().offer(chain.group(slices[0]), {this_cpu(), ""});
}

std::string reason(const Chain& chain) {
  const OfferResult result = stub_offer(chain, even_slices(chain.rows, 1));
  return std::holds_alternative<Refusal>(result) ? std::get<Refusal>(result).reason : "taken";
}

TEST(Stub, TanhInSlices) {
  const Chain chain = single_group(op_named("tanh"), {}, {f32({17, 3})}, 0);
  const std::vector<Tensor> inputs = {filled(chain.types[0], {}, 1)};
  const std::vector<Slice> slices = even_slices(17, 3);
  OfferResult result = stub_offer(chain, slices);
  const Tensor actual = run_offer(stub_backend(), std::get<Offer>(result), chain, inputs, slices, 1, 0xFF)[0];
  EXPECT_LE(max_difference(actual, run_members(chain, inputs)[0]), 1e-7);
}

TEST(Stub, MatmulPacksAndKeepsItsOwnLayout) {
  for (bool ta : {false, true})
    for (bool tb : {false, true})
      for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{3, 4, 5}, {17, 16, 7}, {1, 33, 1}, {4, 3, 0}}) {
        const Shape a = ta ? Shape{k, m} : Shape{m, k}, b = tb ? Shape{n, k} : Shape{k, n};
        const bool sliced = !ta && m > 1 && k > 0;  // rows of A are outermost only where it is not transposed
        const Chain chain =
            single_group(op_named("matmul"), MatmulAttributes{ta, tb, 0}, {f32(a), f32(b)}, sliced ? 0 : -1);
        const std::vector<Slice> slices = even_slices(chain.rows, sliced ? 2 : 1);
        OfferResult result = stub_offer(chain, slices);
        const Offer& offer = std::get<Offer>(result);
        ASSERT_EQ(offer.packs.size(), 1u);
        EXPECT_EQ(offer.packs[0].input, 1u);
        ASSERT_EQ(offer.output_layouts.size(), 1u);
        EXPECT_EQ(to_string(offer.output_layouts[0]), text_of("opaque(stub:", n / 16 * 16 + 16, ")"));
        const std::vector<Tensor> inputs = {filled(f32(a), {}, 1), filled(f32(b), {}, 2)};
        const Tensor actual = run_offer(stub_backend(), offer, chain, inputs, slices, 1, 0xFF)[0];
        EXPECT_LE(max_difference(actual, run_members(chain, inputs)[0]), 1e-5);
      }
}

TEST(Stub, ReordersThereAndBack) {
  const Chain chain = single_group(op_named("matmul"), MatmulAttributes{}, {f32({5, 2}), f32({2, 7})});
  OfferResult result = stub_offer(chain, even_slices(1, 1));
  const Layout own = std::get<Offer>(result).output_layouts[0];
  const Tensor x = filled(f32({5, 7}), {}, 1), back(f32({5, 7}));
  const Buffer padded(size_t(own.bytes));
  std::memset(padded.data(), 0xFF, padded.bytes());
  const View in[] = {x.view()}, middle[] = {{padded.data(), x.type()}}, out[] = {back.view()};
  stub_backend().reorder(x.type(), {}, own)->run({in, middle, {}, nullptr, {}});
  EXPECT_EQ(static_cast<float*>(padded.data())[16], x.as<float>()[7]) << "the second row starts at the stride";
  stub_backend().reorder(x.type(), own, {})->run({middle, out, {}, nullptr, {}});
  EXPECT_TRUE(same_bits(x, back));
  EXPECT_EQ(stub_backend().reorder(x.type(), own, own), nullptr);
  EXPECT_EQ(stub_backend().reorder({DType::float64, {5, 7}}, {}, own), nullptr);
}

TEST(Stub, RefusesWithTheReason) {
  const OpDef& matmul = op_named("matmul");
  EXPECT_EQ(reason(single_group(op_named("relu"), {}, {f32({3})})), "neither tanh nor matmul: relu");
  EXPECT_EQ(reason(single_group(op_named("tanh"), {}, {{DType::float64, {3}}})), "dtype float64");
  EXPECT_EQ(reason(single_group(matmul, MatmulAttributes{}, {f32({2, 3, 4}), f32({4, 5})})), "a batch of products");
  EXPECT_EQ(reason(single_group(matmul, MatmulAttributes{true}, {f32({6, 3}), f32({6, 5})}, 0)),
            "the second factor is sliced, so it cannot be packed once");
}

}  // namespace
}  // namespace tacho
