#include "analysis/text.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

TEST(Text, WidthsAreCharacters) {
  EXPECT_EQ(width_of("l·h²·d"), 6u);
  EXPECT_EQ(left("h²", 4), "h²  ");
  EXPECT_EQ(left("conv2 grad W", 8), "conv2 g…");
  EXPECT_EQ(right("±1", 4), "  ±1");
  EXPECT_EQ(right("12345", 3), "12345");
}

TEST(Text, WrapKeepsTheWidthAndIndents) {
  EXPECT_EQ(wrap("one two three", 8, 2), "one two\n  three\n");
  EXPECT_EQ(wrap("  a  b c", 6, 1), "  a  b\n c\n");
  EXPECT_EQ(wrap("unbreakable", 4, 2), "unbreakable\n");
}

TEST(Text, LongCommandsStayCommands) {
  EXPECT_EQ(wrap_command("tacho analyze --ways off", 80, 2), "  tacho analyze --ways off\n");
  EXPECT_EQ(wrap_command("tacho analyze --data a --ways off", 26, 2),
            "  tacho analyze --data a \\\n      --ways off\n");
}

TEST(Text, Numbers) {
  EXPECT_EQ(grouped(5244), "5,244");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(grouped(12), "12");
  EXPECT_EQ(units(2044, 2), "20.44");
  EXPECT_EQ(units(4, 2), "0.04");
  EXPECT_EQ(units(76, 0), "76");
  EXPECT_EQ(short_number(8.314), "8.31");
  EXPECT_EQ(short_number(1104.2), "1104");
}

TEST(Text, PlainWithoutColor) {
  EXPECT_EQ(Paint{}.bold("x"), "x");
  EXPECT_EQ(Paint{true}.bold("x"), "\x1b[1mx\x1b[0m");
}

}  // namespace
}  // namespace tacho
