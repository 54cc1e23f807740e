#include "cli/network_toml.h"

#include <cstdio>

namespace tacho {
namespace {

/// A basic string: quotes, backslashes and control characters escaped (TOML 1.0, section "String").
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (uint8_t(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", unsigned(uint8_t(c)));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  std::string out = text;
  // Without a point or an exponent TOML would read a whole number.
  if (out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

std::string toml_value(const FieldValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* real = std::get_if<double>(&value)) return number(*real);
  return to_string(value);
}

}  // namespace

std::string network_toml(const NetworkSpec& network) {
  const FieldValue input = std::vector<int64_t>(network.input.begin(), network.input.end());
  std::string text = "name = " + quoted(network.name) + "\ninput = " + to_string(input) +
                     "\nclasses = " + std::to_string(network.classes) + "\n";
  for (const LayerSpec& layer : network.layers) {
    text += "\n[[layer]]\nkind = " + quoted(layer.kind) + "\nname = " + quoted(layer.name) + "\n";
    if (!layer.inputs.empty()) {
      text += "inputs = [";
      for (size_t i = 0; i < layer.inputs.size(); ++i) text += (i ? ", " : "") + quoted(layer.inputs[i]);
      text += "]\n";
    }
    for (const auto& [name, value] : layer.fields) text += name + " = " + toml_value(value) + "\n";
  }
  return text;
}

}  // namespace tacho
