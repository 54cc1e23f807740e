#pragma once
// Values for the symbols of an expression: a handful of names, so a plain list searched from its start.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tacho {

/// Sizes by symbol name, in the order in which they were set. Symbols are sizes: their values are never negative.
class Bindings {
 public:
  Bindings() = default;
  Bindings(std::initializer_list<std::pair<std::string_view, int64_t>> values) {
    for (const auto& [name, value] : values) set(name, value);
  }

  /// Binds `name`. Throws tacho::Error where it already has another value (two operands disagree about a size) or where
  /// the value is negative.
  void set(std::string_view name, int64_t value);
  /// The value of `name`, or nothing where it is unbound.
  std::optional<int64_t> get(std::string_view name) const {
    for (const auto& [bound, value] : values_)
      if (bound == name) return value;
    return std::nullopt;
  }

  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::vector<std::pair<std::string, int64_t>> values_;
};

}  // namespace tacho
