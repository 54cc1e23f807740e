// What tests/backend_agreement_test.cc does not reach: images that arrive in blocks, smaller last slices, threads.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "backends/onednn/dnnl_adapter.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/made_once.h"
#include "ops/bias_add.h"
#include "ops/conv2d.h"
#include "ops/conv2d_backward_data.h"
#include "ops/matmul.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "ops/reshape.h"
#include "ops/sum.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"
#include "tests/support/run_program.h"

namespace tacho::onednn {
namespace {

using namespace support;

/// Offers the chain, sliced over axis 0 of input 0, with its images arriving in `block`s; compares with the reference.
void expect_onednn_agreement(const std::vector<TensorType>& inputs, const std::vector<Step>& steps, int64_t block,
                             bool places = false) {
  const Chain chain = make_chain(inputs, steps, 0);
  ASSERT_EQ(chain.refusal, "");
  const std::vector<Slice> slices = even_slices(chain.rows, 2);
  Group group = chain.group(slices[0]);
  SCOPED_TRACE(text_of(to_string(group), ", ", inputs[0].shape, " in blocks of ", block));
  for (int operand : group.inputs) {
    GroupOperand& input = group.operands[size_t(operand)];
    if (input.type.shape.size() == 4 && input.state.is_sliced(0)) input.layout = layout_of(input.type, block);
  }
  const Backend& backend = backend_named("onednn");
  OfferResult result = backend.offer(group, {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
  const Offer& offer = std::get<Offer>(result);
  ASSERT_FALSE(offer.input_layouts.empty());
  EXPECT_EQ(offer.input_layouts[0], layout_of(group.operands[size_t(group.inputs[0])].type, block))
      << "the layout that arrives is kept, not " << to_string(offer.input_layouts[0]);

  Sample sample{{inputs.begin(), inputs.end()}, {}, {}};
  std::vector<Tensor> narrow = filled_inputs(sample, DType::float32, 1),
                      wide = filled_inputs(sample, DType::float64, 1);
  if (places)  // the second input: places within windows of 2 x 2
    for (std::vector<Tensor>* tensors : {&narrow, &wide})
      for (int64_t i = 0; i < (*tensors)[1].elements(); ++i) (*tensors)[1].as<uint8_t>()[i] = uint8_t(i * 7 % 4);
  const std::vector<Tensor> expected = run_members(chain, wide);
  const std::vector<Tensor> actual = run_offer(backend, offer, chain, narrow, slices, 2, 0xFF);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t j = 0; j < expected.size(); ++j)
    EXPECT_LE(relative_difference(actual[j], expected[j]), is_floating(expected[j].dtype()) ? 1e-5 : 0)
        << "output " << j;
}

/// Channels that fill their blocks, that leave the last one unfilled, and channels-last.
const std::vector<std::pair<int64_t, int64_t>> kChannelsAndBlocks{{32, 16}, {20, 16}, {16, 8}, {21, 21}, {32, 32}};

TEST(OneDnn, ElementwiseInBlocks) {
  for (auto [channels, block] : kChannelsAndBlocks) {
    const TensorType x = f32({5, channels, 3, 4});
    expect_onednn_agreement({x}, {{&op_named("relu"), {}, {0}}}, block);
    expect_onednn_agreement({x, x}, {{&op_named("relu_backward"), {}, {0, 1}}}, block);
    expect_onednn_agreement({x, x}, {{&op_named("add"), {}, {0, 1}}}, block);
  }
}

TEST(OneDnn, PoolingInBlocks) {
  for (auto [channels, block] : kChannelsAndBlocks) {
    for (const MaxPool2dAttributes& attributes :
         {MaxPool2dAttributes{}, MaxPool2dAttributes{{3, 2}, {2, 1}, {1, 1, 1, 0}, false},
          MaxPool2dAttributes{{3, 3}, {2, 2}, {0, 0, 0, 0}, true}})
      expect_onednn_agreement({f32({5, channels, 6, 5})}, {{&op_named("max_pool2d"), attributes, {0}}}, block);
    expect_onednn_agreement({f32({5, channels, 3, 2}), {DType::uint8, {5, channels, 3, 2}}},
                            {{&op_named("max_pool2d_backward"), MaxPool2dBackwardAttributes{{}, {6, 4}}, {0, 1}}},
                            block, true);
  }
}

TEST(OneDnn, BiasGradientAndReshapeFromBlocks) {
  for (auto [channels, block] : kChannelsAndBlocks) {
    expect_onednn_agreement({f32({5, channels, 3, 4})}, {{&op_named("sum"), ReductionAttributes{{0, 2, 3}}, {0}}},
                            block);
    expect_onednn_agreement({f32({5, channels, 3, 4})},
                            {{&op_named("reshape"), ReshapeAttributes{{5, channels * 12}}, {0}}}, block);
  }
}

TEST(OneDnn, ConvolutionsKeepTheLayoutThatArrives) {
  if (!preferred_block(16)) GTEST_SKIP() << "no block that this machine prefers";
  const int64_t block = *preferred_block(16);
  for (const char* activation : {"relu", "sigmoid", "tanh"})
    expect_onednn_agreement({f32({5, 32, 7, 6}), f32({16, 32, 3, 3}), f32({16})},
                            {{&op_named("conv2d"), Conv2dAttributes{.padding = {1, 1, 1, 1}}, {0, 1}},
                             {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                             {&op_named(activation), {}, {4}}},
                            block);
}

TEST(OneDnn, AResidualIsAddedBeforeTheActivation) {
  const std::vector<TensorType> inputs{f32({5, 32, 7, 6}), f32({32, 32, 3, 3}), f32({32}), f32({5, 32, 7, 6})};
  const Step convolution{&op_named("conv2d"), Conv2dAttributes{.padding = {1, 1, 1, 1}}, {0, 1}},
      bias{&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}};
  const Chain chain = make_chain(inputs, {convolution, bias, {&op_named("add"), {}, {5, 3}}}, 0);
  for (const int64_t block : {preferred_block(32).value_or(32), int64_t(32)}) {
    // Not every oneDNN can do so channels-last; then it is refused, and nothing is reordered for it.
    Group group = chain.group(even_slices(chain.rows, 2)[0]);
    group.operands[0].layout = layout_of(group.operands[0].type, block);
    const OfferResult result = backend_named("onednn").offer(group, {this_cpu(), ""});
    if (const Refusal* refusal = std::get_if<Refusal>(&result)) {
      EXPECT_NE(refusal->reason.find("with a sum behind it"), std::string::npos) << refusal->reason;
      EXPECT_EQ(block, 32) << "blocks that fit the machine";
      continue;
    }
    for (const std::vector<int>& terms : {std::vector<int>{5, 3}, {3, 5}, {5, 0}})
      expect_onednn_agreement(inputs, {convolution, bias, {&op_named("add"), {}, terms}, {&op_named("relu"), {}, {6}}},
                              block);
    expect_onednn_agreement(inputs, {convolution, {&op_named("add"), {}, {4, 3}}}, block);
  }
}

/// With few channels a group, which few of its kernels take but the one that gathers and multiplies.
TEST(OneDnn, AResidualBehindGroupsIsAddedRightOrRefused) {
  const Backend& backend = backend_named("onednn");
  for (const int64_t channels : {8, 6, 12, 34}) {
    const std::vector<TensorType> inputs{f32({5, channels, 9, 7}), f32({channels, channels / 2, 3, 3}), f32({channels}),
                                         f32({5, channels, 9, 7})};
    const Conv2dAttributes attributes{.padding = {1, 1, 1, 1}, .groups = 2};
    const Chain chain = make_chain(inputs,
                                   {{&op_named("conv2d"), attributes, {0, 1}},
                                    {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}},
                                    {&op_named("add"), {}, {5, 3}},
                                    {&op_named("relu"), {}, {6}}},
                                   0);
    const std::vector<Slice> slices = even_slices(chain.rows, 2);
    for (const int64_t block : {int64_t(0), channels}) {
      Group group = chain.group(slices[0]);
      if (block) group.operands[0].layout = layout_of(group.operands[0].type, block);
      const OfferResult result = backend.offer(group, {this_cpu(), ""});
      if (!std::holds_alternative<Offer>(result)) continue;
      SCOPED_TRACE(text_of(channels, " channels in blocks of ", block, ": ", std::get<Offer>(result).reason));
      const Sample sample{{inputs.begin(), inputs.end()}, {}, {}};
      const std::vector<Tensor> expected = run_members(chain, filled_inputs(sample, DType::float64, 1)),
                                actual = run_offer(backend, std::get<Offer>(result), chain,
                                                   filled_inputs(sample, DType::float32, 1), slices, 2, 0xFF);
      EXPECT_LE(relative_difference(actual[0], expected[0]), 1e-5);
    }
  }
}

TEST(OneDnn, ATransposedConvolutionWithItsBiasAndActivation) {
  for (const int64_t groups : {1, 2})
    for (const int64_t block : {preferred_block(32).value_or(32), int64_t(32)})
      expect_onednn_agreement(
          {f32({5, 32, 4, 3}), f32({32, 32 / groups, 3, 3}), f32({32})},
          {{&op_named("conv2d_backward_data"),
            Conv2dBackwardDataAttributes{{.stride = {2, 2}, .padding = {1, 1, 1, 1}, .groups = groups}, {7, 6}},
            {0, 1}},
           {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
           {&op_named("relu"), {}, {4}}},
          block);
}

/// It could, one element after the other; the gradient alone and a sum of its own are several times as fast.
TEST(OneDnn, NothingIsAddedBehindATransposedConvolution) {
  const Chain chain = make_chain(
      {f32({5, 32, 7, 6}), f32({32, 32, 3, 3}), f32({5, 32, 7, 6})},
      {{&op_named("conv2d_backward_data"), Conv2dBackwardDataAttributes{{.padding = {1, 1, 1, 1}}, {7, 6}}, {0, 1}},
       {&op_named("add"), {}, {3, 2}}},
      0);
  const OfferResult result =
      backend_named("onednn").offer(chain.group(even_slices(chain.rows, 2)[0]), {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Refusal>(result));
  EXPECT_NE(std::get<Refusal>(result).reason.find("one element after the other"), std::string::npos);
}

TEST(OneDnn, AnActivationAndABiasAlongAnyAxisOfAProduct) {
  const std::vector<TensorType> inputs{f32({7, 4, 5}), f32({5, 6}), f32({4})};
  for (const char* activation : {"relu", "sigmoid", "tanh"}) {
    const Chain chain = make_chain(inputs,
                                   {{&op_named("matmul"), MatmulAttributes{}, {0, 1}},
                                    {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                    {&op_named(activation), {}, {4}}},
                                   0);
    const std::vector<Slice> slices = even_slices(chain.rows, 3);
    const Backend& backend = backend_named("onednn");
    OfferResult result = backend.offer(chain.group(slices[0]), {this_cpu(), ""});
    ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
    Sample sample{{inputs.begin(), inputs.end()}, {}, {}};
    const std::vector<Tensor> expected = run_members(chain, filled_inputs(sample, DType::float64, 1));
    const std::vector<Tensor> actual =
        run_offer(backend, std::get<Offer>(result), chain, filled_inputs(sample, DType::float32, 1), slices, 1, 0xFF);
    EXPECT_LE(relative_difference(actual[0], expected[0]), 1e-5) << activation;
  }
}

TEST(OneDnn, RowMajorResultsWhereTheyAreReadOutside) {
  const Chain chain =
      make_chain({f32({4, 32, 7, 6}), f32({16, 32, 3, 3})}, {{&op_named("conv2d"), Conv2dAttributes{}, {0, 1}}}, 0);
  const Group group = chain.group(even_slices(chain.rows, 2)[0]);
  OfferContext context{this_cpu(), ""};
  context.row_major_outputs = true;
  const OfferResult result = backend_named("onednn").offer(group, context);
  ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
  for (const Layout& layout : std::get<Offer>(result).output_layouts) {
    EXPECT_TRUE(layout.is_row_major()) << to_string(layout);
  }
}

/// A product large enough for oneDNN to split starts no thread, from whichever thread it is called.
TEST(OneDnnThreads, OnePerPrimitive) {
  std::thread([] {}).join();  // the thread sanitizer starts one of its own beside the first
  const size_t before = threads_of_this_process();
  const int64_t n = 384;
  const Desc square = plain_desc({n, n});
  const Primitive product = make_matmul(square, square, square, {});
  const std::vector<float> a(size_t(n * n), 1.0f), b(size_t(n * n), 2.0f);
  std::vector<float> first(size_t(n * n)), second(size_t(n * n));
  const auto multiply = [&](std::vector<float>& c) {
    const Buffer workspace(product.workspace_bytes());
    for (int i = 0; i < 5; ++i) product.run({a.data(), b.data(), c.data()}, workspace.data(), workspace.bytes());
  };
  std::thread other(multiply, std::ref(second));
  multiply(first);
  other.join();
  EXPECT_EQ(threads_of_this_process(), before);
  EXPECT_EQ(first[0], 2.0f * float(n));
  EXPECT_EQ(first, second);
}

TEST(OneDnnThreads, MadeOnceIsMadeOncePerKey) {
  MadeOnce<int, std::string> made;
  int times = 0;
  const auto get = [&](int key) {
    return &made.at(key, [&] {
      ++times;
      return std::to_string(key);
    });
  };
  const std::string* three = get(3);
  EXPECT_EQ(*get(4), "4");
  EXPECT_EQ(get(3), three);
  EXPECT_EQ(*three, "3");
  EXPECT_EQ(times, 2);
}

}  // namespace
}  // namespace tacho::onednn
