#pragma once
// An operation's attributes: a plain struct that lists its fields once. Equality, hash, printing, JSON and the ONNX
// mapping derive from that list, so none of them can forget a field.
//
//   struct PadAttributes {
//     std::vector<int64_t> before, after;
//     static void fields(auto& self, auto&& field) { field("before", self.before); field("after", self.after); }
//   };
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <typeinfo>
#include <variant>
#include <vector>

#include "base/error.h"

namespace tacho {

/// What a field may hold.
using FieldValue = std::variant<int64_t, double, bool, std::string, std::vector<int64_t>>;

/// One field as data: its name, the name ONNX uses for it (its own where none was given) and its value.
struct Field {
  std::string name, onnx_name;
  FieldValue value;
  friend bool operator==(const Field&, const Field&) = default;
};

/// "2", "0.9", "true", "[1, 2]".
std::string to_string(const FieldValue& value);

namespace detail {
inline FieldValue to_field(int64_t v) { return v; }
inline FieldValue to_field(double v) { return v; }
inline FieldValue to_field(bool v) { return v; }
inline FieldValue to_field(const std::string& v) { return v; }
inline FieldValue to_field(const std::vector<int64_t>& v) { return v; }
template <size_t N>
FieldValue to_field(const std::array<int64_t, N>& v) {
  return std::vector<int64_t>(v.begin(), v.end());
}
struct FieldLister {
  std::vector<Field>& out;
  template <class T>
  void operator()(const char* name, const T& value, const char* onnx_name = nullptr) const {
    out.push_back({name, onnx_name ? onnx_name : name, to_field(value)});
  }
};
}  // namespace detail

/// A type-erased, immutable attribute struct; cheap to copy. Empty for operations without attributes.
class Attributes {
 public:
  Attributes() = default;
  template <class A>
  requires requires(const A& a) { A::fields(a, detail::FieldLister{std::declval<std::vector<Field>&>()}); }
  Attributes(A attributes) : model_(std::make_shared<Holder<A>>(std::move(attributes))) {}

  /// The struct itself; asking for another type than was stored is a broken invariant.
  template <class A>
  const A& as() const {
    TACHO_CHECK(model_ && model_->type() == typeid(A), "attributes are of another operation");
    return static_cast<const Holder<A>&>(*model_).value;
  }
  bool empty() const { return !model_; }
  /// Every field in the order of the struct's list.
  std::vector<Field> fields() const { return model_ ? model_->fields() : std::vector<Field>{}; }
  friend bool operator==(const Attributes& a, const Attributes& b);

 private:
  struct Model {
    virtual ~Model() = default;
    virtual const std::type_info& type() const = 0;
    virtual std::vector<Field> fields() const = 0;
  };
  template <class A>
  struct Holder final : Model {
    explicit Holder(A v) : value(std::move(v)) {}
    const std::type_info& type() const override { return typeid(A); }
    std::vector<Field> fields() const override {
      std::vector<Field> out;
      A::fields(value, detail::FieldLister{out});
      return out;
    }
    A value;
  };
  std::shared_ptr<const Model> model_;
};

size_t hash_of(const Attributes& attributes);
/// "stride=[1, 1] padding=[2, 2, 2, 2]"; empty text without attributes.
std::string to_string(const Attributes& attributes);

}  // namespace tacho
