#include "nn/build.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "nn/layer_kind.h"

namespace tacho {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Names become parts of parameter names, report ids and files.
void check_name(const std::string& name) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), plain))
    fail("layer name '", name, "': expected letters, digits, '_', '-' and '.'");
  if (name == kNetworkInput || name == "loss")
    fail("layer name '", name, "' is taken (by the network's ", name, "); choose another");
}

void check_fields(const LayerSpec& layer, const LayerKind& kind) {
  for (size_t i = 0; i < layer.fields.size(); ++i) {
    const std::string& field = layer.fields[i].first;
    if (std::find(kind.fields.begin(), kind.fields.end(), field) == kind.fields.end()) {
      std::vector<std::string> known(kind.fields.begin(), kind.fields.end());
      fail("unknown field '", field, "'; ", known.empty() ? "it has none" : "known: " + joined(known));
    }
    for (size_t j = 0; j < i; ++j)
      if (layer.fields[j].first == field) fail("the field '", field, "' is given twice");
  }
}

/// Builds layers one after another and knows the values of those that are built.
class Builder {
 public:
  Builder(Emitter& emitter, Value x, bool training, const RandomSource& random)
      : emitter_(emitter), training_(training), random_(random), values_{{kNetworkInput, x}} {}

  void layer(const LayerSpec& spec) {
    check_name(spec.name);
    if (values_.count(spec.name)) fail("two layers are named '", spec.name, "'");
    PlaceScope place(emitter_, {spec.name, Phase::forward});
    try {
      const LayerKind& kind = layer_kind_named(spec.kind);
      check_fields(spec, kind);
      const std::vector<Value> inputs = inputs_of(spec, kind);
      const Value output = kind.emit(LayerCall(emitter_, spec, inputs, training_, random_, network_));
      network_.layers.push_back({spec.name, spec.kind, output});
      values_[spec.name] = output;
    } catch (const Error& error) {
      fail("layer '", spec.name, "' (", spec.kind, "): ", error.what());
    }
  }

  /// Refuses layers without effect: they are mistakes, and their parameters would have no gradient.
  void check_all_read() const {
    for (size_t i = 0; i + 1 < network_.layers.size(); ++i)
      if (!read_.count(network_.layers[i].name))
        fail("layer '", network_.layers[i].name, "': no layer reads its output; name it among the inputs of one");
  }

  BuiltNetwork& network() { return network_; }

 private:
  std::vector<Value> inputs_of(const LayerSpec& spec, const LayerKind& kind) {
    std::vector<std::string> names = spec.inputs;
    if (names.empty()) names.push_back(network_.layers.empty() ? kNetworkInput : network_.layers.back().name);
    if (kind.inputs == kSeveralInputs && (names.size() < 2 || names.size() > kMaxOperands))
      fail("expected 2 to ", kMaxOperands, " inputs, got ", names.size(), " (", joined(names), ")");
    if (kind.inputs != kSeveralInputs && names.size() != kind.inputs)
      fail("expected ", kind.inputs, kind.inputs == 1 ? " input" : " inputs", ", got ", names.size(), " (",
           joined(names), ")");
    std::vector<Value> inputs;
    for (const std::string& name : names) {
      const auto found = values_.find(name);
      if (found == values_.end()) fail("unknown input '", name, "'; layers above it: ", joined(known_layers()));
      inputs.push_back(found->second);
      read_.insert(name);
    }
    return inputs;
  }

  std::vector<std::string> known_layers() const {
    std::vector<std::string> names{kNetworkInput};
    for (const BuiltLayer& layer : network_.layers) names.push_back(layer.name);
    return names;
  }

  Emitter& emitter_;
  bool training_;
  RandomSource random_;
  BuiltNetwork network_;
  std::map<std::string, Value> values_;
  std::set<std::string> read_;
};

Shape batched(const NetworkSpec& network, int64_t batch) {
  Shape shape = network.input;
  shape.insert(0, batch);
  return shape;
}

}  // namespace

Value network_input(Emitter& emitter, const NetworkSpec& network, int64_t batch, DType dtype) {
  if (batch < 1) fail("expected a batch of at least one example, got ", batch);
  if (network.input.empty() || *std::min_element(network.input.begin(), network.input.end()) < 1)
    fail("network '", network.name, "': expected an input shape of positive extents, got ", to_string(network.input));
  const TensorType type{dtype, batched(network, batch)};
  byte_count(type.shape, dtype);
  return emitter.input("x", type, InputKind::batch);
}

bool draws_random_numbers(const NetworkSpec& network) {
  return std::any_of(network.layers.begin(), network.layers.end(),
                     [](const LayerSpec& layer) { return layer.kind == "dropout"; });
}

BuiltNetwork build_network(Emitter& emitter, const NetworkSpec& network, Value x, bool training,
                           const RandomSource& random) {
  const Shape shape = emitter.type(x).shape;
  if (shape.empty() || shape != batched(network, shape[0]))
    fail("network '", network.name, "' expects a batch of examples of shape ", to_string(network.input), ", got ",
         to_string(shape));
  if (network.layers.empty()) fail("network '", network.name, "' has no layers");
  Builder builder(emitter, x, training, random);
  for (const LayerSpec& layer : network.layers) builder.layer(layer);
  builder.check_all_read();
  BuiltNetwork& built = builder.network();
  built.logits = built.layers.back().output;
  const Shape out = emitter.type(built.logits).shape;
  if (out.size() < 2 || out[0] != shape[0] || out[1] != network.classes)
    fail("layer '", built.layers.back().name, "' is the last one and gives ", to_string(out), ", but network '",
         network.name, "' has ", network.classes, " classes: expected ", shape[0], "x", network.classes);
  return built;
}

}  // namespace tacho
