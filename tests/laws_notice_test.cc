// The laws of tests/support/laws.h themselves: each fault planted in an operation that keeps them is noticed by its
// law.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "op/rules.h"
#include "op/scalar.h"
#include "tests/support/eager.h"
#include "tests/support/laws.h"

namespace tacho {
namespace {

using namespace support;

/// Number of failures that a law reports on an operation.
template <class Law>
int failures(Law law, const OpDef& op) {
  testing::TestPartResultArray results;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    law(op);
  }
  int failed = 0;
  for (int i = 0; i < results.size(); ++i) failed += results.GetTestPartResult(i).failed();
  return failed;
}

/// relu with one thing about it changed.
template <class Change>
OpDef faulty(Change change) {
  OpDef op = op_named("relu");
  change(op);
  return op;
}

/// max(x, 0), then something that a kernel must not do to elements [0, n) of x and y.
template <class Fault>
struct FaultyRelu {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    T* x = static_cast<T*>(run.inputs[0].data);
    T* y = run.out<T>(0);
    const int64_t n = run.outputs[0].elements();
    Fault::run(x, y, n);
  }
};
struct SkipsLast {
  template <class T>
  static void run(const T* x, T* y, int64_t n) {
    for (int64_t i = 0; i + 1 < n; ++i) y[i] = max(x[i], T(0));
  }
};
template <class T>
void plain_relu(const T* x, T* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = max(x[i], T(0));
}
struct WritesBeside {
  static void run(auto* x, auto* y, int64_t n) { plain_relu(x, y, n), y[n] = y[0]; }
};
struct ChangesInput {
  static void run(auto* x, auto* y, int64_t n) { plain_relu(x, y, n), x[0] = y[0]; }
};
struct LooksAtValues {
  template <class T>
  static void run(const T* x, T* y, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] = to_double(x[i]) > 0 ? max(x[i], T(0)) : T(0);
  }
};
/// Row by row it is another operation: each element less the first of what it was handed.
struct LooksAcross {
  template <class T>
  static void run(const T* x, T* y, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] = max(x[i], x[0]);
  }
};

TEST(LawsNotice, NothingWhereNothingIsWrong) {
  const OpDef& op = op_named("relu");
  for (auto law : {check_attributes, check_shapes, check_types, check_counts, check_slices})
    EXPECT_EQ(failures(law, op), 0);
  EXPECT_EQ(failures(check_gradients, op), 0);
}

TEST(LawsNotice, KernelsThatWriteTooLittleOrTooMuch) {
  EXPECT_GT(failures(check_shapes, faulty([](OpDef& op) { op.reference = reference_of<FaultyRelu<SkipsLast>>(); })), 0);
  EXPECT_GT(failures(check_shapes, faulty([](OpDef& op) { op.reference = reference_of<FaultyRelu<WritesBeside>>(); })),
            0);
  EXPECT_GT(failures(check_shapes, faulty([](OpDef& op) { op.reference = reference_of<FaultyRelu<ChangesInput>>(); })),
            0);
}

TEST(LawsNotice, WrongCountsAndCountsThatDependOnValues) {
  EXPECT_GT(failures(check_counts, faulty([](OpDef& op) {
                       op.count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0)) + 1}; };
                     })),
            0);
  EXPECT_GT(failures(check_counts, faulty([](OpDef& op) { op.reference = reference_of<FaultyRelu<LooksAtValues>>(); })),
            0);
}

TEST(LawsNotice, SliceRulesThatPromiseTooMuch) {
  EXPECT_GT(failures(check_slices, faulty([](OpDef& op) { op.reference = reference_of<FaultyRelu<LooksAcross>>(); })),
            0);
  EXPECT_GT(failures(check_slices, faulty([](OpDef& op) {
                       op.slice = [](const OpCall& call, SliceStates& inputs) {
                         if (inputs[0].kind == SliceState::partial) return SliceStates{inputs[0]};
                         return slice_elementwise(call, inputs);
                       };
                     })),
            0)
      << "reads a partial input";
  OpDef sum = op_named("sum");
  sum.slice = [](const OpCall& call, SliceStates& inputs) {
    SliceStates states = op_named("sum").slice(call, inputs);
    for (SliceState& state : states)
      if (state.kind == SliceState::partial) state = SliceState::Partial(PartialKind::max);
    return states;
  };
  EXPECT_GT(failures(check_slices, sum), 0) << "partial sums combined by maximum";
}

TEST(LawsNotice, WrongAndMissingGradients) {
  EXPECT_GT(failures(check_gradients, faulty([](OpDef& op) {
                       op.gradient = [](const GradientCall& g) { return Values{g.output_gradients[0]}; };
                     })),
            0);
  EXPECT_GT(failures(check_gradients,
                     faulty([](OpDef& op) { op.gradient = [](const GradientCall&) { return Values{Value{}}; }; })),
            0);
}

TEST(LawsNotice, AMissingRule) {
  EXPECT_GT(failures(check_gradients, faulty([](OpDef& op) { op.gradient = nullptr; })), 0);
  for (const char* name : {"adam_update", "arg_max", "one_hot"})
    EXPECT_FALSE(reason_for_no_gradient(op_named(name)).empty()) << name;
}

TEST(LawsNotice, RulesWhoseOwnGradientIsMissing) {
  static const OpDef once = [] {
    OpDef op = op_named("relu_backward");
    op.gradient = nullptr;
    return op;
  }();
  EXPECT_GT(failures(check_gradients, faulty([](OpDef& op) {
                       op.gradient = [](const GradientCall& g) {
                         return g.emitter.emit(once, {}, Values{g.output_gradients[0], g.outputs[0]});
                       };
                     })),
            0);
}

TEST(LawsNotice, RulesWhoseOwnGradientIsWrong) {
  OpDef mul = op_named("mul");
  mul.gradient = [](const GradientCall& g) {  // right once; the operands are copied, so that nothing depends on them
    const auto held = [&](Value v) { return g.emitter.constant(dynamic_cast<TestEmitter&>(g.emitter).tensor(v)); };
    return op_named("mul").gradient({g.emitter, g.attributes, Values{held(g.inputs[0]), held(g.inputs[1])}, g.outputs,
                                     g.output_gradients, g.wanted});
  };
  EXPECT_GT(failures(check_gradients, mul), 0);
}

TEST(LawsNotice, TypesThatTheKernelCannotTake) {
  EXPECT_GT(failures(check_types, faulty([](OpDef& op) {
                       op.types = [](const OpCall& call) { return TensorTypes{call.inputs[0]}; };
                     })),
            0);
}

TEST(LawsNotice, AliasesThatAreNotSafe) {
  OpDef transpose = op_named("transpose");
  transpose.may_alias = {0};
  EXPECT_GT(failures(check_shapes, transpose), 0);
}

}  // namespace
}  // namespace tacho
