#include "ops/conv_geometry.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

TEST(WindowAxis, RangesAndFormulasFollowTheDefinition) {
  int checked = 0;
  for (int64_t in = 1; in <= 9; in += 2)
    for (int64_t kernel = 1; kernel <= 4; ++kernel)
      for (int64_t stride = 1; stride <= 4; ++stride)
        for (int64_t before = 0; before <= 5; before += 1)
          for (int64_t after = 0; after <= 4; after += 2)
            for (int64_t dilation = 1; dilation <= 3; ++dilation) {
              if (dilation * (kernel - 1) + 1 > in + before + after) continue;
              const WindowAxis a = window_axis({in, kernel, stride, before, after, dilation}, "the height");
              int64_t windows = 0, all_inside = 0;
              while (windows * stride + dilation * (kernel - 1) < in + before + after) ++windows;
              ASSERT_EQ(a.out, windows);
              for (int64_t tap = 0; tap < kernel; ++tap) {
                const OutputRange range = a.inside(tap);
                for (int64_t output = 0; output < a.out; ++output) {
                  ASSERT_EQ(a.inside(output, tap), output >= range.begin && output < range.end);
                  all_inside += a.inside(output, tap);
                }
              }
              const Bindings sizes{{"H", in},      {"KH", kernel}, {"SH", stride},
                                   {"PT", before}, {"PB", after},  {"DH", dilation}};
              ASSERT_EQ(window_symbols(true).out.evaluate(sizes), a.out);
              ASSERT_EQ(window_symbols(true).inside().evaluate(sizes), all_inside)
                  << in << " " << kernel << " " << stride << " " << before << " " << after << " " << dilation;
              ++checked;
            }
  EXPECT_GT(checked, 2000);
}

TEST(WindowAxis, ExtremeNumbersAreErrors) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_THROW(window_axis({most, 1, 1, 1, 0, 1}, "the height"), Error);
  EXPECT_THROW(window_axis({5, most, 1, 1, 0, most}, "the height"), Error);
  EXPECT_THROW(window_axis({5, 2, 1, -1, 0, 1}, "the height"), Error);
  EXPECT_THROW(window_axis({5, 2, 0, 0, 0, 1}, "the height"), Error);
  EXPECT_THROW(window_axis({0, 1, 1, 1, 1, 1}, "the height"), Error);
  EXPECT_THROW(conv_geometry({.padding = {most / 4, 0, most / 4, 0}}, {1, 8, 5, 5}, {1, 8, 3, 3}), Error);
}

}  // namespace
}  // namespace tacho
