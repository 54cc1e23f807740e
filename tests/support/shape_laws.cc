#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/laws.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::support {
namespace {

constexpr double kFloatTolerance = 2e-5;  // float32 reductions of the samples' sizes, relative to the largest element

std::vector<Guarded> guarded_copies(std::span<const Tensor> tensors) {
  std::vector<Guarded> copies;
  for (const Tensor& tensor : tensors) copies.push_back(Guarded(tensor));
  return copies;
}

std::vector<View> views_of_all(const std::vector<Guarded>& operands) {
  std::vector<View> views;
  for (const Guarded& operand : operands) views.push_back(view_of(operand.tensor));
  return views;
}

/// Runs between guard bytes on outputs filled with `contents`; everything that the shape law forbids is a failure.
std::vector<Tensor> run_guarded(const OpDef& op, const Attributes& attributes, const std::vector<Tensor>& inputs,
                                int contents) {
  const std::vector<Guarded> in = guarded_copies(inputs);
  std::vector<Guarded> out;
  for (const TensorType& type : types_of(op, attributes, types_of_all(inputs))) out.push_back(Guarded(type, contents));
  run_reference(op, attributes, {views_of_all(in), views_of_all(out), {}, nullptr, {}});
  for (size_t i = 0; i < in.size(); ++i) {
    EXPECT_TRUE(in[i].intact()) << "wrote beside input " << i;
    if (inputs[i].defined()) {
      EXPECT_TRUE(same_bits(in[i].tensor, inputs[i])) << "changed input " << i;
    }
  }
  std::vector<Tensor> outputs;
  for (size_t j = 0; j < out.size(); ++j) {
    EXPECT_TRUE(out[j].intact()) << "wrote beside output " << j;
    outputs.push_back(out[j].tensor);
  }
  return outputs;
}

/// Two runs over different garbage agree to the bit: every byte was written, and none depends on what was there.
std::vector<Tensor> run_twice(const OpDef& op, const Attributes& attributes, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> once = run_guarded(op, attributes, inputs, 0xFF);  // NaN in every floating type
  const std::vector<Tensor> again = run_guarded(op, attributes, inputs, 0x5B);
  for (size_t j = 0; j < once.size(); ++j)
    EXPECT_TRUE(same_bits(once[j], again[j])) << "output " << j << " is not written everywhere, or not deterministic";
  return once;
}

/// Output j in the memory of the input that `may_alias` names gives the same result.
void check_aliases(const OpDef& op, const Attributes& attributes, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& expected) {
  if (op.may_alias.empty()) return;
  ASSERT_EQ(op.may_alias.size(), expected.size()) << "may_alias has one entry per output";
  for (size_t j = 0; j < expected.size(); ++j) {
    if (op.may_alias[j] < 0) continue;
    const size_t i = size_t(op.may_alias[j]);
    ASSERT_LT(i, inputs.size());
    if (!inputs[i].defined() || inputs[i].bytes() != expected[j].bytes() || inputs[i].dtype() != expected[j].dtype())
      continue;  // "may": a broadcast operand is too small to be overwritten
    std::vector<Guarded> in = guarded_copies(inputs), out = guarded_copies(expected);
    out[j].buffer = in[i].buffer;
    out[j].tensor = in[i].tensor.reshaped(expected[j].shape());
    run_reference(op, attributes, {views_of_all(in), views_of_all(out), {}, nullptr, {}});
    for (size_t k = 0; k < expected.size(); ++k)
      EXPECT_TRUE(same_bits(out[k].tensor, expected[k]))
          << "output " << k << " differs where " << j << " overwrites " << i;
  }
}

/// Runs what the type rule accepted in a child process, because a wrong dtype inside a kernel aborts.
bool survives(const OpDef& op, const Attributes& attributes, const std::vector<Tensor>& inputs) {
  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);
    try {
      run_whole(op, attributes, inputs);
    } catch (const Error&) {  // about values, such as an index out of range
    }
    _exit(0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool names(const Error& error, const OpDef& op) {
  return std::string(error.what()).find(text_of("[", op.name, "]")) != std::string::npos;
}

/// One operand changed: an Error naming the operation, or outputs that the kernel can write.
void check_mutation(const OpDef& op, const Sample& sample, size_t input, const TensorType& type) {
  SCOPED_TRACE(text_of("input ", input, " as ", to_string(type)));
  Sample mutant = sample;
  mutant.inputs[input] = type;
  const std::vector<TensorType> types = input_types(mutant, DType::float32);
  std::vector<TensorType> inputs = types;
  inputs[input] = type;
  TensorTypes outputs;
  try {
    outputs = types_of(op, sample.attributes, inputs);
  } catch (const Error& error) {
    EXPECT_TRUE(names(error, op)) << error.what();
    return;
  }
  for (const TensorType& output : outputs) EXPECT_GE(element_count(output.shape), 0);
  std::vector<Tensor> tensors = filled_inputs(mutant, DType::float32, 3);
  const Fill fill = input < sample.fills.size() ? sample.fills[input] : Fill{};
  tensors[input] = type == kAbsent ? Tensor{} : filled(type, fill, 3);
  if (type.dtype != sample.inputs[input].dtype) {
    EXPECT_TRUE(survives(op, sample.attributes, tensors)) << "accepted by the type rule, but the kernel aborts";
    return;
  }
  try {
    run_twice(op, sample.attributes, tensors);
  } catch (const Error& error) {  // about values, such as an index out of range
    EXPECT_TRUE(names(error, op)) << error.what();
  }
}

std::vector<TensorType> mutations(const TensorType& type) {
  std::vector<TensorType> result;
  const auto with = [&](auto&& change) {
    result.push_back(type);
    change(result.back());
  };
  with([](TensorType& t) { t.shape.insert(0, 2); });
  with([](TensorType& t) { t.shape.push_back(3); });
  if (!type.shape.empty()) with([](TensorType& t) { t.shape.pop_back(); });
  for (size_t axis = 0; axis < type.shape.size(); ++axis) {
    with([&](TensorType& t) { t.shape[axis] += 1; });
    with([&](TensorType& t) { t.shape[axis] += 5; });
    with([&](TensorType& t) { t.shape[axis] = 1; });
    with([&](TensorType& t) { t.shape[axis] = 0; });
  }
  for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::int64, DType::uint8})
    if (dtype != type.dtype) with([&](TensorType& t) { t.dtype = dtype; });
  return result;
}

}  // namespace

void check_attributes(const OpDef& op) {
  for (const Sample& sample : op.samples) {
    const Attributes copy = sample.attributes;
    EXPECT_EQ(copy, sample.attributes);
    EXPECT_EQ(hash_of(copy), hash_of(sample.attributes));
    EXPECT_EQ(to_string(copy), to_string(sample.attributes));
    for (const Field& field : sample.attributes.fields())
      EXPECT_NE(to_string(sample.attributes).find(field.name + "=" + to_string(field.value)), std::string::npos);
    for (const Sample& other : op.samples)
      EXPECT_EQ(other.attributes == sample.attributes, to_string(other.attributes) == to_string(sample.attributes));
  }
}

void check_shapes(const OpDef& op) {
  for (size_t s = 0; s < op.samples.size(); ++s) {
    const Sample& sample = op.samples[s];
    SCOPED_TRACE(describe(op, s, sample));
    const std::vector<Tensor> narrow_inputs = filled_inputs(sample, DType::float32, 1);
    const std::vector<Tensor> wide_inputs = filled_inputs(sample, DType::float64, 1);
    const std::vector<Tensor> narrow = run_twice(op, sample.attributes, narrow_inputs);
    const std::vector<Tensor> wide = run_twice(op, sample.attributes, wide_inputs);
    ASSERT_EQ(narrow.size(), wide.size());
    ASSERT_FALSE(narrow.empty()) << "an operation has outputs";
    for (size_t j = 0; j < wide.size(); ++j) {
      EXPECT_EQ(narrow[j].shape(), wide[j].shape());
      EXPECT_LE(relative_difference(narrow[j], wide[j]), is_floating(wide[j].dtype()) ? kFloatTolerance : 0.0)
          << "output " << j << " differs between float32 and float64";
    }
    check_aliases(op, sample.attributes, narrow_inputs, narrow);
    check_aliases(op, sample.attributes, wide_inputs, wide);
  }
}

void check_types(const OpDef& op) {
  for (size_t s = 0; s < op.samples.size(); ++s) {
    SCOPED_TRACE(describe(op, s, op.samples[s]));
    for (size_t i = 0; i < op.samples[s].inputs.size(); ++i) {
      if (op.samples[s].inputs[i] == kAbsent) continue;
      for (const TensorType& type : mutations(op.samples[s].inputs[i])) check_mutation(op, op.samples[s], i, type);
    }
  }
}

}  // namespace tacho::support
