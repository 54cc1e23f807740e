#include "analysis/derive_style.h"

#include "analysis/document_letters.h"

namespace tacho {
namespace {

std::string superscript(int power) {
  if (power == 1) return "";
  if (power == 2) return "²";
  if (power == 3) return "³";
  return "^" + std::to_string(power);
}

/// A repeated factor rather than a power, since letters carry superscripts already.
std::string repeated(const std::string& factor, int power, const char* between) {
  std::string text = factor;
  for (int i = 1; i < power; ++i) text += between + factor;
  return text;
}

/// The number of a symbol; the index of a sum has none and keeps its name.
std::string number_of(const Bindings& sizes, const std::string& name) {
  const auto value = sizes.get(name);
  return value ? std::to_string(*value) : name;
}

}  // namespace

ExprStyle letter_style() {
  return {[](const std::string& name, int power) { return name + superscript(power); }, "·", false};
}

ExprStyle number_style(const Bindings& sizes) {
  return {[&sizes](const std::string& name, int power) { return number_of(sizes, name) + superscript(power); }, "·",
          false};
}

ExprStyle latex_letter_style() {
  return {[](const std::string& name, int power) { return repeated(latex_of_letter(name), power, " "); }, "\\,", true};
}

ExprStyle latex_number_style(const Bindings& sizes) {
  return {[&sizes](const std::string& name, int power) { return repeated(number_of(sizes, name), power, " \\cdot "); },
          " \\cdot ", true};
}

std::string short_kind(const std::string& kind) { return kind == "transcendental" ? "exp" : kind; }

}  // namespace tacho
