#pragma once
// The kinds of layers: what a kind's fields are called and which operations it is made of.
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/build.h"

namespace tacho {

/// What a kind works with when one of its layers is emitted. Every error it throws is prefixed with the layer's name.
class LayerCall {
 public:
  LayerCall(Emitter& emitter, const LayerSpec& spec, std::span<const Value> inputs, bool training,
            const RandomSource& random, BuiltNetwork& network)
      : emitter_(emitter), spec_(spec), inputs_(inputs), training_(training), random_(random), network_(network) {}

  Emitter& emitter() const { return emitter_; }
  Value in(size_t index) const { return inputs_[index]; }
  std::span<const Value> inputs() const { return inputs_; }
  /// A copy: references into an emitter do not outlive the next emission.
  TensorType type(Value value) const { return emitter_.type(value); }
  bool training() const { return training_; }
  const RandomSource& random() const { return random_; }
  const std::string& layer() const { return spec_.name; }
  /// How many layers stand above it.
  int64_t index() const { return int64_t(network_.layers.size()); }

  /// An integer field of at least `least`; required where there is no `fallback`.
  int64_t integer(std::string_view field, int64_t least, std::optional<int64_t> fallback = {}) const;
  /// Height and width: one number for both or a list of two, each at least `least`.
  std::array<int64_t, 2> pair(std::string_view field, int64_t least,
                              std::optional<std::array<int64_t, 2>> fallback = {}) const;
  /// Depth, height and width: one number for all or a list of three, each at least `least`.
  std::array<int64_t, 3> triple(std::string_view field, int64_t least,
                                std::optional<std::array<int64_t, 3>> fallback = {}) const;
  /// A number field within [low, high].
  double number(std::string_view field, double low, double high, double fallback) const;
  bool flag(std::string_view field, bool fallback) const;

  /// Declares a trainable variable "layer.suffix" of the first input's dtype.
  Value parameter(const char* suffix, const Shape& shape, ParameterKind kind, int64_t fan_in = 0) const;
  /// Declares a variable that is not trained.
  Value state(const char* suffix, const Shape& shape, double initial) const;

 private:
  const FieldValue* find(std::string_view field) const;
  template <size_t n>
  std::array<int64_t, n> extents(std::string_view field, int64_t least, const char* axes,
                                 const std::optional<std::array<int64_t, n>>& fallback) const;

  Emitter& emitter_;
  const LayerSpec& spec_;
  std::span<const Value> inputs_;
  bool training_;
  const RandomSource& random_;
  BuiltNetwork& network_;
};

/// As LayerKind::inputs: two to kMaxOperands.
inline constexpr size_t kSeveralInputs = 0;

/// One kind of layer.
struct LayerKind {
  std::string_view name;
  std::string_view doc;                  ///< one sentence
  std::vector<std::string_view> fields;  ///< every field it knows
  size_t inputs = 1;                     ///< how many layers it reads; kSeveralInputs: two or more
  Value (*emit)(const LayerCall&) = nullptr;
};

/// Every kind.
std::span<const LayerKind> layer_kinds();
/// By name; throws tacho::Error that lists what is known.
const LayerKind& layer_kind_named(std::string_view name);

}  // namespace tacho
