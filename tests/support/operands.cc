#include "tests/support/operands.h"

#include <cstring>
#include <numeric>

#include "base/random.h"

namespace tacho::support {
namespace {

constexpr size_t kGuardBytes = 128;  // a multiple of the alignment, so that the tensor keeps it
constexpr int kGuardByte = 0xC7;

/// A shuffled grid with steps of 1/64, none of its points nearer to zero than half a step.
std::vector<double> distinct_values(int64_t n, const Random& random) {
  std::vector<double> values(size_t(n), 0.0);
  for (int64_t i = 0; i < n; ++i) values[size_t(i)] = (double(i - n / 2) + 0.5) / 64;
  for (int64_t i = n - 1; i > 0; --i) std::swap(values[size_t(i)], values[random.below(uint64_t(i), uint64_t(i) + 1)]);
  return values;
}

std::vector<double> values_for(const TensorType& type, const Fill& fill, uint64_t seed) {
  const Random random(seed, 7);
  const int64_t n = element_count(type.shape);
  if (fill.kind == Fill::distinct) return distinct_values(n, random);
  std::vector<double> values(size_t(n), 0.0);
  for (int64_t i = 0; i < n; ++i) {
    double& value = values[size_t(i)];
    if (fill.kind == Fill::number) value = fill.value;
    else if (fill.kind == Fill::index || !is_floating(type.dtype))
      value = double(random.below(uint64_t(i), uint64_t(std::max<int64_t>(fill.limit, 1))));
    else if (fill.kind == Fill::positive) value = 0.5 + random.uniform(uint64_t(i));
    else value = random.normal(uint64_t(i));
    if (is_floating(type.dtype) && fill.kind != Fill::number) value = double(float(value));
  }
  return values;
}

template <class T>
void store(Tensor& tensor, const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) tensor.as<T>()[i] = T(values[i]);
}

}  // namespace

TensorType at_dtype(TensorType type, DType dtype) {
  if (is_floating(type.dtype)) type.dtype = dtype;
  return type;
}

std::vector<TensorType> input_types(const Sample& sample, DType dtype) {
  std::vector<TensorType> types;
  for (const TensorType& type : sample.inputs) types.push_back(at_dtype(type, dtype));
  return types;
}

Tensor filled(const TensorType& type, const Fill& fill, uint64_t seed) {
  Tensor tensor(type);
  const std::vector<double> values = values_for(type, fill, seed);
  switch (type.dtype) {
    case DType::float32:
      store<float>(tensor, values);
      break;
    case DType::float64:
      store<double>(tensor, values);
      break;
    case DType::int32:
      store<int32_t>(tensor, values);
      break;
    case DType::int64:
      store<int64_t>(tensor, values);
      break;
    case DType::uint8:
    case DType::boolean:
      store<uint8_t>(tensor, values);
      break;
    case DType::counting:
      store<Counting>(tensor, values);
      break;
  }
  return tensor;
}

std::vector<Tensor> filled_inputs(const Sample& sample, DType dtype, uint64_t seed) {
  std::vector<Tensor> inputs;
  const std::vector<TensorType> types = input_types(sample, dtype);
  for (size_t i = 0; i < types.size(); ++i) {
    const Fill fill = i < sample.fills.size() ? sample.fills[i] : Fill{};
    inputs.push_back(types[i] == kAbsent ? Tensor{} : filled(types[i], fill, seed * 1000 + i));
  }
  return inputs;
}

Guarded::Guarded(const TensorType& type, int contents) {
  const size_t bytes = size_t(byte_count(type.shape, type.dtype));
  buffer = std::make_shared<Buffer>(bytes + 2 * kGuardBytes);
  std::memset(buffer->data(), kGuardByte, buffer->bytes());
  tensor = Tensor::over(buffer, kGuardBytes, type);
  std::memset(tensor.view().data, contents, bytes);
}

Guarded::Guarded(const Tensor& original) {
  if (!original.defined()) return;
  *this = Guarded(original.type(), 0);
  std::memcpy(tensor.view().data, original.view().data, size_t(original.bytes()));
}

bool Guarded::intact() const {
  if (!buffer) return true;
  const auto* bytes = static_cast<const unsigned char*>(buffer->data());
  const size_t after = kGuardBytes + size_t(tensor.bytes());
  for (size_t i = 0; i < kGuardBytes; ++i)
    if (bytes[i] != kGuardByte || bytes[after + i] != kGuardByte) return false;
  return true;
}

const TensorType& type_of(const Tensor& tensor) { return tensor.defined() ? tensor.type() : kAbsent; }

std::vector<TensorType> types_of_all(std::span<const Tensor> tensors) {
  std::vector<TensorType> types;
  for (const Tensor& tensor : tensors) types.push_back(type_of(tensor));
  return types;
}

View view_of(const Tensor& tensor) { return tensor.defined() ? tensor.view() : View{nullptr, kAbsent}; }

std::vector<View> views_of(std::span<const Tensor> tensors) {
  std::vector<View> views;
  for (const Tensor& tensor : tensors) views.push_back(view_of(tensor));
  return views;
}

std::vector<Tensor> run_whole(const OpDef& op, const Attributes& attributes, std::span<const Tensor> inputs) {
  std::vector<Tensor> outputs;
  for (const TensorType& type : types_of(op, attributes, types_of_all(inputs))) outputs.push_back(Tensor(type));
  run_reference(op, attributes, {views_of(inputs), views_of(outputs), {}, nullptr, {}});
  return outputs;
}

std::string describe(const OpDef& op, size_t index, const Sample& sample) {
  std::string text = text_of(op.name, " sample ", index, " (");
  for (size_t i = 0; i < sample.inputs.size(); ++i) text += (i ? ", " : "") + to_string(sample.inputs[i]);
  if (!sample.attributes.empty()) text += "; " + to_string(sample.attributes);
  return text + ")";
}

}  // namespace tacho::support
