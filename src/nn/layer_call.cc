#include "nn/layer_kind.h"

namespace tacho {
namespace {

/// Larger sizes of kernels, strides or channels are mistakes, and sums of a few of them must not leave int64.
constexpr int64_t kMostInteger = int64_t{1} << 31;

int64_t checked(std::string_view field, int64_t value, int64_t least) {
  if (value < least || value > kMostInteger)
    fail("field '", field, "' is ", value, ", expected ", least, " to ", kMostInteger);
  return value;
}

[[noreturn]] void missing(std::string_view field) { fail("the field '", field, "' is missing"); }

}  // namespace

const FieldValue* LayerCall::find(std::string_view field) const {
  for (const auto& [name, value] : spec_.fields)
    if (name == field) return &value;
  return nullptr;
}

int64_t LayerCall::integer(std::string_view field, int64_t least, std::optional<int64_t> fallback) const {
  const FieldValue* value = find(field);
  if (!value && fallback) return *fallback;
  if (!value) missing(field);
  if (!std::holds_alternative<int64_t>(*value))
    fail("field '", field, "' is ", to_string(*value), ", expected an integer");
  return checked(field, std::get<int64_t>(*value), least);
}

template <size_t n>
std::array<int64_t, n> LayerCall::extents(std::string_view field, int64_t least, const char* axes,
                                          const std::optional<std::array<int64_t, n>>& fallback) const {
  const FieldValue* value = find(field);
  if (!value && fallback) return *fallback;
  if (!value) missing(field);
  std::array<int64_t, n> result;
  if (const auto* list = std::get_if<std::vector<int64_t>>(value); list && list->size() == n) {
    for (size_t i = 0; i < n; ++i) result[i] = checked(field, (*list)[i], least);
    return result;
  }
  if (!std::holds_alternative<int64_t>(*value))
    fail("field '", field, "' is ", to_string(*value), ", expected an integer or ", n == 2 ? "two" : "three",
         " of them (", axes, ")");
  result.fill(checked(field, std::get<int64_t>(*value), least));
  return result;
}

std::array<int64_t, 2> LayerCall::pair(std::string_view field, int64_t least,
                                       std::optional<std::array<int64_t, 2>> fallback) const {
  return extents<2>(field, least, "height, width", fallback);
}

std::array<int64_t, 3> LayerCall::triple(std::string_view field, int64_t least,
                                         std::optional<std::array<int64_t, 3>> fallback) const {
  return extents<3>(field, least, "depth, height, width", fallback);
}

double LayerCall::number(std::string_view field, double low, double high, double fallback) const {
  const FieldValue* value = find(field);
  if (!value) return fallback;
  double number = 0;
  if (const auto* real = std::get_if<double>(value)) number = *real;
  else if (const auto* integer = std::get_if<int64_t>(value)) number = double(*integer);
  else fail("field '", field, "' is ", to_string(*value), ", expected a number");
  if (!(number >= low && number <= high)) fail("field '", field, "' is ", number, ", expected ", low, " to ", high);
  return number;
}

bool LayerCall::flag(std::string_view field, bool fallback) const {
  const FieldValue* value = find(field);
  if (!value) return fallback;
  if (!std::holds_alternative<bool>(*value))
    fail("field '", field, "' is ", to_string(*value), ", expected true or false");
  return std::get<bool>(*value);
}

Value LayerCall::parameter(const char* suffix, const Shape& shape, ParameterKind kind, int64_t fan_in) const {
  const ParameterInfo info{spec_.name + "." + suffix, spec_.name, {type(in(0)).dtype, shape}, fan_in, kind};
  byte_count(shape, info.type.dtype);  // refuses what no memory could hold, before anybody tries
  network_.parameter_infos.push_back(info);
  network_.parameters.push_back(emitter_.variable(info.name, info.type));
  return network_.parameters.back();
}

Value LayerCall::state(const char* suffix, const Shape& shape, double initial) const {
  const StateInfo info{spec_.name + "." + suffix, spec_.name, {type(in(0)).dtype, shape}, initial};
  network_.state_infos.push_back(info);
  network_.states.push_back(emitter_.variable(info.name, info.type));
  return network_.states.back();
}

}  // namespace tacho
