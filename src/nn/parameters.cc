#include "nn/parameters.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "nn/build.h"
#include "nn/shape_emitter.h"

namespace tacho {
namespace {

/// The network's shapes in inference form: the same parameters and state as in training.
BuiltNetwork built_without_running(const NetworkSpec& network, DType dtype) {
  ShapeEmitter emitter;
  return build_network(emitter, network, network_input(emitter, network, 1, dtype), false);
}

/// FNV-1a: the stream of random numbers must be the same in every build of the program, which std::hash does not
/// promise.
uint64_t stream_of(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : name) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

template <class T, class Generator>
void fill(Tensor& tensor, Generator value) {
  T* x = tensor.as<T>();
  for (int64_t i = 0, n = tensor.elements(); i < n; ++i) x[i] = T(value(uint64_t(i)));
}

/// A tensor whose element i is value(i), computed in double.
template <class Generator>
Tensor filled(const TensorType& type, Generator value) {
  Tensor tensor(type);
  if (type.dtype == DType::float64) fill<double>(tensor, value);
  else fill<float>(tensor, value);
  return tensor;
}

}  // namespace

std::vector<ParameterInfo> parameters_of(const NetworkSpec& network, DType dtype) {
  return built_without_running(network, dtype).parameter_infos;
}

std::vector<StateInfo> state_of(const NetworkSpec& network, DType dtype) {
  return built_without_running(network, dtype).state_infos;
}

int64_t parameter_count(const std::vector<ParameterInfo>& parameters) {
  int64_t count = 0;
  for (const ParameterInfo& parameter : parameters)
    if (__builtin_add_overflow(count, element_count(parameter.type.shape), &count))
      fail("the network has more than 2^63 parameters");
  return count;
}

Tensor initial_value(const ParameterInfo& parameter, uint64_t seed) {
  switch (parameter.kind) {
    case ParameterKind::bias:
    case ParameterKind::shift:
      return Tensor::zeros(parameter.type);
    case ParameterKind::scale:
      return filled(parameter.type, [](uint64_t) { return 1.0; });
    case ParameterKind::weight:
      break;
  }
  TACHO_CHECK(parameter.fan_in > 0, parameter.name, " has no fan-in");
  const double deviation = std::sqrt(2.0 / double(parameter.fan_in));
  const Random random(seed, stream_of(parameter.name));
  return filled(parameter.type, [&](uint64_t i) { return deviation * random.normal(i); });
}

Tensor initial_value(const StateInfo& state) {
  return filled(state.type, [&](uint64_t) { return state.initial; });
}

}  // namespace tacho
