#include "train/network_json.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace tacho {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostLayers = 10'000;
constexpr int64_t kMostExtent = int64_t{1} << 31;

const Json& member(const Json& json, const char* key, const std::string& where) {
  if (!json.is_object() || !json.contains(key)) fail(where, ": the network lacks '", key, "'");
  return json.at(key);
}

std::string text(const Json& json, const std::string& where) {
  if (!json.is_string()) fail(where, ": expected text in the network's description, got ", json.type_name());
  return json.get<std::string>();
}

int64_t integer(const Json& json, const std::string& where) {
  if (!json.is_number_integer() ||
      (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max())))
    fail(where, ": expected a whole number in the network's description, got ", json.type_name());
  return json.get<int64_t>();
}

FieldValue field_value(const Json& json, const std::string& where) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return integer(json, where);
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (!json.is_array()) fail(where, ": a layer's field holds ", json.type_name());
  std::vector<int64_t> values;
  for (const Json& value : json) values.push_back(integer(value, where));
  return values;
}

LayerSpec layer_from(const Json& json, const std::string& where) {
  LayerSpec layer;
  layer.kind = text(member(json, "kind", where), where);
  layer.name = text(member(json, "name", where), where);
  const Json& inputs = member(json, "inputs", where);
  const Json& fields = member(json, "fields", where);
  if (!inputs.is_array() || !fields.is_object()) fail(where, ": layer '", layer.name, "' is malformed");
  for (const Json& input : inputs) layer.inputs.push_back(text(input, where));
  for (const auto& [name, value] : fields.items()) layer.fields.emplace_back(name, field_value(value, where));
  return layer;
}

}  // namespace

Json network_to_json(const NetworkSpec& network) {
  Json layers = Json::array();
  for (const LayerSpec& layer : network.layers) {
    Json fields = Json::object();
    for (const auto& [name, value] : layer.fields)
      fields[name] = std::visit([](const auto& v) { return Json(v); }, value);
    layers.push_back({{"kind", layer.kind}, {"name", layer.name}, {"inputs", layer.inputs}, {"fields", fields}});
  }
  return {{"name", network.name},
          {"input", std::vector<int64_t>(network.input.begin(), network.input.end())},
          {"classes", network.classes},
          {"layers", layers}};
}

NetworkSpec network_from_json(const Json& json, const std::string& where) {
  NetworkSpec network;
  network.name = text(member(json, "name", where), where);
  network.classes = integer(member(json, "classes", where), where);
  const Json& input = member(json, "input", where);
  const Json& layers = member(json, "layers", where);
  if (!input.is_array() || input.empty() || input.size() >= kMaxRank)
    fail(where, ": the network's input needs 1 to ", kMaxRank - 1, " extents");
  for (const Json& extent : input) {
    network.input.push_back(integer(extent, where));
    if (network.input.back() < 1 || network.input.back() > kMostExtent)
      fail(where, ": the network's input has the extent ", network.input.back());
  }
  if (!layers.is_array() || layers.empty() || layers.size() > kMostLayers)
    fail(where, ": the network needs 1 to ", kMostLayers, " layers");
  for (const Json& layer : layers) network.layers.push_back(layer_from(layer, where));
  return network;
}

}  // namespace tacho
