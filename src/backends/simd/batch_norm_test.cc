// Groups of batch normalisation against the double reference, on every target of this machine.
#include "ops/batch_norm.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "backends/simd/targets.h"
#include "ops/batch_norm_statistics_backward.h"
#include "ops/clip.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

const Backend& simd_backend() { return backend_named("simd"); }

std::vector<Tensor> filled_like(const std::vector<TensorType>& types, const std::vector<Fill>& fills, DType dtype) {
  Sample sample{types, {}, fills};
  return filled_inputs(sample, dtype, 3);
}

bool several_images(const std::vector<TensorType>& types) {
  return std::count_if(types.begin(), types.end(), [](const TensorType& type) { return type.shape.size() == 4; }) > 1;
}

/// make_chain slices one input; here all images are, and what is computed of them alone. Sums over slices stay apart.
void slice_images(Chain& chain) {
  for (size_t i = 0; i < chain.types.size(); ++i)
    if (chain.types[i].shape.size() == 4) chain.states[i] = SliceState::Sliced(0);
  for (int output : chain.outputs)
    if (chain.types[size_t(output)].shape.size() == 1)
      chain.states[size_t(output)] = SliceState::Partial(PartialKind::sum);
  chain.rows = chain.types[0].shape[0];
}

/// Runs the steps in three slices on two lanes by simd's offer, and whole in double by the reference.
void expect_norm_agreement(const std::vector<TensorType>& types, const std::vector<Fill>& fills,
                           const std::vector<Step>& steps) {
  for (const std::string& target : simd::available_targets()) {
    simd::force_target(target);
    Chain chain = make_chain(types, steps, several_images(types) ? -1 : 0);
    ASSERT_TRUE(chain.refusal.empty()) << chain.refusal;
    if (several_images(types)) slice_images(chain);
    const std::vector<Slice> slices = even_slices(chain.rows, std::min<int64_t>(3, chain.rows));
    const Group group = chain.group(slices[0]);
    const OfferResult result = simd_backend().offer(group, {this_cpu(), ""});
    ASSERT_TRUE(std::holds_alternative<Offer>(result)) << to_string(group) << ": " << std::get<Refusal>(result).reason;
    const auto actual = run_offer(simd_backend(), std::get<Offer>(result), chain,
                                  filled_like(types, fills, DType::float32), slices, 2, 0xFF);
    std::vector<TensorType> wide = types;
    for (TensorType& type : wide) type.dtype = DType::float64;
    const auto expected = run_members(make_chain(wide, steps), filled_like(types, fills, DType::float64));
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_LE(relative_difference(actual[i], expected[i]), 2e-6)
          << to_string(group) << " on " << target << ", " << to_string(types[0]) << ", output " << i;
    simd::force_target("");
  }
}

/// The last two are summed in several bands of places, in several blocks of them and in several panels of channels.
const Shape kShapes[] = {{4, 3, 5, 7},  {7, 17, 3, 3},  {5, 31, 2, 1},   {3, 64, 9, 8},
                         {6, 80, 1, 1}, {2, 1, 31, 17}, {3, 70, 20, 19}, {3, 549, 5, 4}};

TEST(SimdBatchNorm, ForwardWithSumAndActivation) {
  for (const Shape& shape : kShapes) {
    const TensorType images{DType::float32, shape}, numbers{DType::float32, {shape[1]}};
    const std::vector<Fill> fills{{}, {}, {}, {}, {Fill::positive}, {}};
    const std::vector<TensorType> five{images, numbers, numbers, numbers, numbers};
    const Step norm{&op_named("batch_norm"), BatchNormAttributes{}, {0, 1, 2, 3, 4}};
    expect_norm_agreement(five, fills, {norm});
    const Step clip{&op_named("clip"), ClipAttributes{-0.5, 0.75, true}, {5}};
    expect_norm_agreement(five, fills, {norm, {&op_named("relu"), {}, {5}}});
    expect_norm_agreement(five, fills, {norm, clip});
    std::vector<TensorType> six = five;
    six.push_back(images);
    // Sliced along with the first: the residual's state follows from the sum's rule.
    for (const std::vector<int>& operands : {std::vector<int>{6, 5}, {5, 6}})
      expect_norm_agreement(six, fills, {norm, {&op_named("add"), {}, operands}, {&op_named("relu"), {}, {7}}});
  }
}

TEST(SimdBatchNorm, StatisticsAndGradients) {
  for (const Shape& shape : kShapes) {
    const TensorType images{DType::float32, shape}, numbers{DType::float32, {shape[1]}};
    const Fill positive{Fill::positive};
    const int64_t terms = shape[0] * shape[2] * shape[3];
    const BatchNormStatisticsBackwardAttributes whole{terms};
    expect_norm_agreement({images}, {}, {{&op_named("batch_norm_statistics"), {}, {0}}});
    expect_norm_agreement({images, images, numbers, numbers}, {{}, {}, {}, positive},
                          {{&op_named("batch_norm_backward_parameters"), BatchNormAttributes{}, {0, 1, 2, 3}}});
    expect_norm_agreement({images, numbers, numbers}, {{}, {}, positive},
                          {{&op_named("batch_norm_backward_input"), BatchNormAttributes{}, {0, 1, 2}}});
    expect_norm_agreement({images, numbers, numbers, numbers}, {},
                          {{&op_named("batch_norm_statistics_backward"), whole, {0, 1, 2, 3}}});
    expect_norm_agreement({images, numbers, numbers, images, numbers, numbers, numbers}, {{}, {}, positive},
                          {{&op_named("batch_norm_backward_input"), BatchNormAttributes{}, {0, 1, 2}},
                           {&op_named("batch_norm_statistics_backward"), whole, {3, 4, 5, 6}},
                           {&op_named("add"), {}, {7, 8}}});
  }
}

/// The gate of a relu or of relu6 behind it, taken on the way in.
TEST(SimdBatchNorm, GradientsBehindAnActivation) {
  const Step relu{&op_named("relu_backward"), {}, {0, 1}};
  const Step relu6{&op_named("clip_backward"), ClipAttributes{-0.5, 0.75, true}, {0, 1}};
  for (const Shape& shape : kShapes)
    for (const Step& gate : {relu, relu6}) {
      const TensorType images{DType::float32, shape}, numbers{DType::float32, {shape[1]}};
      const Fill positive{Fill::positive};
      const BatchNormStatisticsBackwardAttributes whole{shape[0] * shape[2] * shape[3]};
      expect_norm_agreement({images, images, images, numbers, numbers}, {{}, {}, {}, {}, positive},
                            {gate, {&op_named("batch_norm_backward_parameters"), BatchNormAttributes{}, {5, 2, 3, 4}}});
      expect_norm_agreement({images, images, numbers, numbers}, {{}, {}, {}, positive},
                            {gate, {&op_named("batch_norm_backward_input"), BatchNormAttributes{}, {4, 2, 3}}});
      expect_norm_agreement({images, images, numbers, numbers, images, numbers, numbers, numbers},
                            {{}, {}, {}, positive},
                            {gate,
                             {&op_named("batch_norm_backward_input"), BatchNormAttributes{}, {8, 2, 3}},
                             {&op_named("batch_norm_statistics_backward"), whole, {4, 5, 6, 7}},
                             {&op_named("add"), {}, {9, 10}}});
    }
}

TEST(SimdBatchNorm, GradientsOfAClipThatAreReadFromXAreNotTaken) {
  const TensorType images{DType::float32, {4, 8, 3, 3}}, numbers{DType::float32, {8}};
  const Chain chain = make_chain({images, images, images, numbers, numbers},
                                 {{&op_named("clip_backward"), ClipAttributes{-0.5, 0.75}, {0, 1}},
                                  {&op_named("batch_norm_backward_parameters"), BatchNormAttributes{}, {5, 2, 3, 4}}},
                                 -1);
  const OfferResult result = simd_backend().offer(chain.group({0, 4, 4}), {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Refusal>(result));
  EXPECT_NE(std::get<Refusal>(result).reason.find("another activation's gradient"), std::string::npos);
}

TEST(SimdBatchNorm, VarianceOfValuesFarFromZeroKeepsItsDigits) {
  // Mean 1e4, deviation 1: sums of squares about zero would leave no digit of the variance.
  const TensorType images{DType::float32, {8, 16, 8, 8}};
  Tensor x(images);
  for (int64_t i = 0; i < x.elements(); ++i) x.as<float>()[i] = 10000.0f + float(i * 2654435761u % 7) - 3.0f;
  const Chain chain = make_chain({images}, {{&op_named("batch_norm_statistics"), {}, {0}}}, 0);
  const std::vector<Slice> slices = even_slices(8, 4);
  const OfferResult result = simd_backend().offer(chain.group(slices[0]), {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Offer>(result));
  const auto actual = run_offer(simd_backend(), std::get<Offer>(result), chain, {x}, slices, 2, 0xFF);
  const auto expected =
      run_members(make_chain({{DType::float64, images.shape}}, {{&op_named("batch_norm_statistics"), {}, {0}}}),
                  {x.cast(DType::float64)});
  EXPECT_LE(relative_difference(actual[1], expected[1]), 1e-5);
}

}  // namespace
}  // namespace tacho
