#include <toml++/toml.h>

#include <algorithm>

#include "nn/network_file.h"
#include "tensor/tensor.h"

namespace tacho {
namespace {

constexpr size_t kMostLayers = 10'000;
constexpr int64_t kMostExtent = int64_t{1} << 31;

/// Reads one file's tables; errors carry the file and the line.
class TomlReader {
 public:
  explicit TomlReader(const std::string& where) : where_(where) {}

  NetworkSpec network(const toml::table& root) const {
    for (const auto& [key, node] : root)
      if (key != "name" && key != "input" && key != "classes" && key != "layer")
        refuse(node, "unknown key '", key.str(), "'; known: name, input, classes, layer");
    NetworkSpec network;
    network.name = text(required(root, "name"), "name");
    for (int64_t extent : integers(required(root, "input"), "input")) network.input.push_back(extent);
    check_input(network.input, required(root, "input"));
    network.classes = integer(required(root, "classes"), "classes");
    if (network.classes < 1) refuse(required(root, "classes"), "expected at least one class, got ", network.classes);
    const toml::array* layers = required(root, "layer").as_array();
    if (!layers || layers->empty() || layers->size() > kMostLayers)
      refuse(required(root, "layer"), "expected 1 to ", kMostLayers, " tables [[layer]]");
    for (const toml::node& layer : *layers) network.layers.push_back(layer_from(layer));
    return network;
  }

 private:
  template <class... Parts>
  [[noreturn]] void refuse(const toml::node& at, const Parts&... parts) const {
    fail(where_, ":", at.source().begin.line, ": ", parts...);
  }

  const toml::node& required(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (!node) refuse(table, "the key '", key, "' is missing");
    return *node;
  }

  std::string text(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_string()) return value->get();
    refuse(node, "'", key, "': expected text in quotes");
  }

  int64_t integer(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_integer()) return value->get();
    refuse(node, "'", key, "': expected a whole number");
  }

  std::vector<int64_t> integers(const toml::node& node, std::string_view key) const {
    const toml::array* list = node.as_array();
    if (!list) refuse(node, "'", key, "': expected a list of whole numbers");
    std::vector<int64_t> values;
    for (const toml::node& value : *list) values.push_back(integer(value, key));
    return values;
  }

  void check_input(const Shape& input, const toml::node& node) const {
    for (int64_t extent : input)
      if (extent < 1 || extent > kMostExtent)
        refuse(node, "'input': expected extents of 1 to ", kMostExtent, ", got ", extent);
  }

  FieldValue field(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_boolean()) return value->get();
    if (const auto* value = node.as_floating_point()) return value->get();
    if (const auto* value = node.as_string()) return value->get();
    if (node.is_array()) return integers(node, key);
    return integer(node, key);
  }

  LayerSpec layer_from(const toml::node& node) const {
    const toml::table* table = node.as_table();
    if (!table) refuse(node, "expected a table [[layer]]");
    LayerSpec layer;
    layer.kind = text(required(*table, "kind"), "kind");
    layer.name = text(required(*table, "name"), "name");
    if (const toml::node* inputs = table->get("inputs")) {
      const toml::array* names = inputs->as_array();
      if (!names || names->empty()) refuse(*inputs, "'inputs': expected a list of layers' names");
      for (const toml::node& name : *names) layer.inputs.push_back(text(name, "inputs"));
    }
    // The library sorts keys by name; a network keeps the order in which they were written.
    std::vector<std::pair<toml::source_position, std::pair<std::string, FieldValue>>> fields;
    for (const auto& [key, value] : *table)
      if (key != "kind" && key != "name" && key != "inputs")
        fields.push_back({value.source().begin, {std::string(key.str()), field(value, key.str())}});
    std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [position, field] : fields) layer.fields.push_back(std::move(field));
    return layer;
  }

  const std::string& where_;
};

}  // namespace

NetworkSpec network_from_toml(std::string_view text, const std::string& where) {
  const auto parsed = [&] {
    try {
      return toml::parse(text, where);
    } catch (const toml::parse_error& error) {
      fail(where, ":", error.source().begin.line, ": ", std::string(error.description()));
    }
  }();
  const NetworkSpec network = TomlReader(where).network(parsed);
  if (network.input.empty() || network.input.size() >= kMaxRank)
    fail(where, ": 'input': expected 1 to ", kMaxRank - 1, " extents");
  return network;
}

}  // namespace tacho
