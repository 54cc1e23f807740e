#include "op/attributes.h"

#include <charconv>
#include <functional>

namespace tacho {

std::string to_string(const FieldValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string>) return v;
        else if constexpr (std::is_same_v<T, bool>) return v ? "true" : "false";
        else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
          std::string text = "[";
          for (size_t i = 0; i < v.size(); ++i) text += (i ? ", " : "") + std::to_string(v[i]);
          return text + "]";
        } else {
          char text[32];  // the shortest that reads back as the same number: tuning records and plans are known by it
          return {text, std::to_chars(text, text + sizeof text, v).ptr};
        }
      },
      value);
}

bool operator==(const Attributes& a, const Attributes& b) {
  if (a.model_ == b.model_) return true;
  return a.model_ && b.model_ && a.model_->type() == b.model_->type() && a.fields() == b.fields();
}

size_t hash_of(const Attributes& attributes) {
  size_t seed = 0;
  const auto mix = [&](size_t h) { seed ^= h + 0x9e3779b97f4a7c15 + (seed << 6) + (seed >> 2); };
  for (const Field& field : attributes.fields()) {
    mix(std::hash<std::string>{}(field.name));
    mix(std::hash<std::string>{}(to_string(field.value)));
  }
  return seed;
}

std::string to_string(const Attributes& attributes) {
  std::string text;
  for (const Field& field : attributes.fields())
    text += (text.empty() ? "" : " ") + field.name + "=" + to_string(field.value);
  return text;
}

}  // namespace tacho
