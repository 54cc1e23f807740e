// The laws of every operation, one test per operation and law, from the operations' samples alone: a new file in
// src/ops/ is under them without an edit here.
#include <gtest/gtest.h>

#include "tests/support/laws.h"

namespace tacho {
namespace {

/// By name, so that a failure names the operation; operations are looked up when the test runs, not before main.
struct OpName {
  std::string text;
  friend std::ostream& operator<<(std::ostream& out, const OpName& name) { return out << name.text; }
};

std::vector<OpName> op_names() {
  std::vector<OpName> names;
  for (const OpDef* op : all_ops()) names.push_back({std::string(op->name)});
  return names;
}

class OpLaws : public testing::TestWithParam<OpName> {
 protected:
  const OpDef& op() const { return op_named(GetParam().text); }
};

TEST_P(OpLaws, IsDescribed) {
  EXPECT_FALSE(op().doc.empty());
  EXPECT_FALSE(op().source.empty());
  EXPECT_FALSE(op().samples.empty());
  EXPECT_TRUE(op().types && op().dimensions && op().count && op().slice);
  EXPECT_TRUE(op().reference.f32 && op().reference.f64 && op().reference.counting);
}
TEST_P(OpLaws, Attributes) { support::check_attributes(op()); }
TEST_P(OpLaws, Shapes) { support::check_shapes(op()); }
TEST_P(OpLaws, Types) { support::check_types(op()); }
TEST_P(OpLaws, Counts) { support::check_counts(op()); }
TEST_P(OpLaws, Slices) { support::check_slices(op()); }
TEST_P(OpLaws, Gradients) {
  const std::string reason = support::check_gradients(op());
  if (!reason.empty()) GTEST_SKIP() << reason;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpLaws, testing::ValuesIn(op_names()), [](const auto& info) { return info.param.text; });

}  // namespace
}  // namespace tacho
