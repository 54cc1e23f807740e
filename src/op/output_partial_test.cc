#include "op/output_partial.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

/// Output 0 is a weighted mean whose weights are the rows: the smallest operation whose parts must be merged.
void merge_means(const Attributes&, std::span<const View> into, int64_t into_count, std::span<const View> from,
                 int64_t from_count) {
  ASSERT_EQ(into.size(), 3u);
  EXPECT_EQ(into[1].data, nullptr) << "output 1 is not merged";
  double& mean = *into[0].as<double>();
  mean = (mean * double(into_count) + *from[0].as<double>() * double(from_count)) / double(into_count + from_count);
}

const OpDef kThreeOutputs{.name = "three_outputs", .merge = merge_means};

/// Outputs: a merged mean, a sliced value, a maximum over two elements; then a second member with a sum.
Group mixed_group() {
  const OpDef* op = &kThreeOutputs;
  static const OpDef kSum{.name = "a_sum"};
  Group group;
  const TensorType scalar{DType::float64, {}}, pair{DType::float32, {2}};
  group.operands = {{pair, SliceState::Sliced(0), {}},
                    {scalar, SliceState::Partial(PartialKind::merge), {}},
                    {pair, SliceState::Sliced(0), {}},
                    {pair, SliceState::Partial(PartialKind::max), {}},
                    {{DType::int64, {3}}, SliceState::Partial(PartialKind::sum), {}}};
  group.members = {{op, {}, {0}, {1, 2, 3}}, {&kSum, {}, {2}, {4}}};
  group.inputs = {0};
  group.outputs = {4, 2, 3};  // nobody reads the mean outside, yet it must be merged
  return group;
}

struct Memory {
  explicit Memory(const OutputPartial& layout) : buffer(layout.bytes()) { layout.begin(buffer.data()); }
  Buffer buffer;
  operator void*() const { return buffer.data(); }
};

void fill(const OutputPartial& layout, void* partial, int64_t rows, double mean, float a, float b, int64_t sum) {
  *layout.view(partial, 1).as<double>() = mean;
  layout.view(partial, 3).as<float>()[0] = a;
  layout.view(partial, 3).as<float>()[1] = b;
  for (int i = 0; i < 3; ++i) layout.view(partial, 4).as<int64_t>()[i] = sum * (i + 1);
  layout.add_rows(partial, rows);
}

TEST(OutputPartial, SumsMaximaAndMergesWithTheRows) {
  const OutputPartial layout(mixed_group());
  EXPECT_EQ(layout.bytes(), 4 * 64u);
  const Memory one(layout), two(layout), three(layout);
  EXPECT_TRUE(layout.empty(one));
  fill(layout, one, 3, 1.0, 5, -2, 10);
  fill(layout, two, 1, 5.0, 4, 7, 100);
  EXPECT_FALSE(layout.empty(one));
  layout.combine(two, three);  // an empty one changes nothing
  layout.combine(one, two);
  EXPECT_DOUBLE_EQ(*layout.view(one, 1).as<double>(), 2.0);
  layout.combine(three, one);  // into an empty one: a copy, rows included
  const Memory four(layout);
  fill(layout, four, 4, 4.0, 0, 0, 1);
  layout.combine(three, four);
  EXPECT_DOUBLE_EQ(*layout.view(three, 1).as<double>(), 3.0);

  const Tensor sum({DType::int64, {3}}), maximum({DType::float32, {2}});
  const View outputs[] = {sum.view(), {nullptr, {DType::float32, {2}}}, maximum.view()};
  layout.finish(three, outputs);
  EXPECT_EQ(maximum.as<float>()[0], 5);
  EXPECT_EQ(maximum.as<float>()[1], 7);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sum.as<int64_t>()[i], 111 * (i + 1));
}

TEST(OutputPartial, WithoutASliceGivesZeros) {
  const OutputPartial layout(mixed_group());
  const Memory none(layout);
  const Tensor sum = Tensor::of<int64_t>({3}, {1, 2, 3}), maximum = Tensor::of<float>({2}, {1, 2});
  const View outputs[] = {sum.view(), {}, maximum.view()};
  layout.finish(none, outputs);
  EXPECT_EQ(sum.as<int64_t>()[2], 0);
  EXPECT_EQ(maximum.as<float>()[1], 0);
}

TEST(OutputPartial, IsNothingForAGroupWithoutPartials) {
  Group group = mixed_group();
  for (GroupOperand& operand : group.operands) operand.state = SliceState::Sliced(0);
  EXPECT_EQ(OutputPartial(group).bytes(), 0u);
}

}  // namespace
}  // namespace tacho
