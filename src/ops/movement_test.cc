// Values of the operations that move elements, by hand, and what they refuse.
#include <gtest/gtest.h>

#include "ops/concat.h"
#include "ops/flip.h"
#include "ops/one_hot.h"
#include "ops/pad.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "ops/take.h"
#include "ops/tile.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

class Movement : public testing::Test {
 protected:
  support::TestEmitter emitter;
  const Value line = emitter.leaf(Tensor::of<double>({5}, {0, 1, 2, 3, 4}));
  const Value table = emitter.leaf(Tensor::of<double>({2, 3}, {0, 1, 2,  //
                                                               3, 4, 5}));

  std::vector<double> values(Value value) const {
    const Tensor& t = emitter.tensor(value);
    return {t.as<double>(), t.as<double>() + t.elements()};
  }
  using Numbers = std::vector<double>;
};

TEST_F(Movement, SliceTakesWhatOnnxTakes) {
  EXPECT_EQ(values(slice(emitter, line, {{1}, {-1}, {}, {}})), (Numbers{1, 2, 3}));
  EXPECT_EQ(values(slice(emitter, line, {{-1}, {-100}, {0}, {-2}})), (Numbers{4, 2, 0}));
  EXPECT_EQ(values(slice(emitter, line, {{-100}, {100}, {0}, {3}})), (Numbers{0, 3}));
  EXPECT_EQ(values(slice(emitter, line, {{100}, {0}, {0}, {-1}})), (Numbers{4, 3, 2, 1}));
  EXPECT_EQ(values(slice(emitter, line, {{4}, {INT64_MIN}, {0}, {INT64_MIN}})), (Numbers{4}));
  EXPECT_EQ(values(slice(emitter, line, {{3}, {3}, {}, {}})), (Numbers{}));
  EXPECT_EQ(values(slice_axis(emitter, table, -1, 1, 2)), (Numbers{1, 2, 4, 5}));
  EXPECT_THROW(slice(emitter, line, {{0}, {1}, {0}, {0}}), Error);
  EXPECT_THROW(slice(emitter, table, {{0, 0}, {1, 1}, {1, -1}, {}}), Error);
}

TEST_F(Movement, ConcatSplitFlipTile) {
  const Value parts[] = {table, slice_axis(emitter, table, 1, 0, 1)};
  EXPECT_EQ(values(concat(emitter, parts, 1)), (Numbers{0, 1, 2, 0, 3, 4, 5, 3}));
  EXPECT_THROW(concat(emitter, parts, 0), Error);
  const Values pieces = split(emitter, table, {1, 2}, 1);
  EXPECT_EQ(values(pieces[0]), (Numbers{0, 3}));
  EXPECT_EQ(values(pieces[1]), (Numbers{1, 2, 4, 5}));
  EXPECT_THROW(split(emitter, table, {1, 1}, 1), Error);
  EXPECT_EQ(values(flip(emitter, table, {1})), (Numbers{2, 1, 0, 5, 4, 3}));
  EXPECT_EQ(values(flip(emitter, table, {0, 1})), (Numbers{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(values(tile(emitter, table, {2, 2})), (Numbers{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5,  //
                                                           0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
}

TEST_F(Movement, PadModes) {
  EXPECT_EQ(values(pad(emitter, line, {{2}, {1}})), (Numbers{0, 0, 0, 1, 2, 3, 4, 0}));
  EXPECT_EQ(values(pad(emitter, line, {{2}, {3}, "reflect"})), (Numbers{2, 1, 0, 1, 2, 3, 4, 3, 2, 1}));
  EXPECT_EQ(values(pad(emitter, line, {{2}, {1}, "edge"})), (Numbers{0, 0, 0, 1, 2, 3, 4, 4}));
  EXPECT_EQ(values(pad(emitter, table, {{1, 0}, {0, 1}, "reflect"})), (Numbers{3, 4, 5, 4, 0, 1, 2, 1, 3, 4, 5, 4}));
  EXPECT_THROW(pad(emitter, line, {{5}, {0}, "reflect"}), Error);
  EXPECT_THROW(pad(emitter, line, {{-1}, {0}, "edge"}), Error);
  EXPECT_THROW(pad(emitter, line, {{1}, {0}, "wrap"}), Error);
}

TEST_F(Movement, TakeAndOneHot) {
  const Value index = emitter.leaf(Tensor::of<int32_t>({2}, {2, -3}));
  EXPECT_EQ(values(take(emitter, table, index, 1)), (Numbers{2, 0, 5, 3}));
  EXPECT_EQ(values(one_hot(emitter, index, 3, DType::float64)), (Numbers{0, 0, 1, 1, 0, 0}));
  EXPECT_THROW(take(emitter, table, index, 0), Error);
  EXPECT_THROW(one_hot(emitter, index, 2, DType::float64), Error);
}

}  // namespace
}  // namespace tacho
