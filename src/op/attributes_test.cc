#include "op/attributes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tacho {
namespace {

struct Numbers {
  double number = 0;
  int64_t integer = 3;
  bool flag = true;
  std::vector<int64_t> list{1, -2};
  static void fields(auto& self, auto&& field) {
    field("number", self.number);
    field("integer", self.integer, "other_name");
    field("flag", self.flag);
    field("list", self.list);
  }
};

TEST(AttributesTest, PrintsEveryField) {
  EXPECT_EQ(to_string(Attributes(Numbers{0.1})), "number=0.1 integer=3 flag=true list=[1, -2]");
  EXPECT_EQ(to_string(Attributes()), "");
}

TEST(AttributesTest, NumbersThatDifferPrintAndHashDifferently) {
  const Attributes one(Numbers{1.0 / 3}), next(Numbers{std::nextafter(1.0 / 3, 1)});
  EXPECT_NE(one, next);
  EXPECT_NE(to_string(one), to_string(next));
  EXPECT_NE(hash_of(one), hash_of(next));
  EXPECT_EQ(std::stod(to_string(FieldValue(1.0 / 3))), 1.0 / 3);
}

}  // namespace
}  // namespace tacho
