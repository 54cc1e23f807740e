#include "data/read_libsvm.h"

#include "data/test_files.h"

namespace tacho {
namespace {

TEST(ReadLibsvm, ReadsSparseLines) {
  TestFolder folder;
  const Examples e = read_libsvm(folder.write("a", "+1 1:0.5 4:-2e1\n\n# a comment\n-1 2:3 # more\n2\n"));
  ASSERT_EQ(e.x.shape(), (Shape{3, 4}));
  const float expected[] = {0.5f, 0, 0, -20, 0, 3, 0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 12; ++i) EXPECT_EQ(e.x.as<float>()[i], expected[i]) << i;
  EXPECT_EQ(e.y.as<int64_t>()[0], 1);
  EXPECT_EQ(e.y.as<int64_t>()[1], -1);
  EXPECT_EQ(e.y.as<int64_t>()[2], 2);
  EXPECT_EQ(read_libsvm(folder / "a", 6).x.shape(), (Shape{3, 6}));
}

TEST(ReadLibsvm, ErrorsNameTheLine) {
  TestFolder folder;
  const auto read = [&](const std::string& text) { read_libsvm(folder.write("a", text)); };
  EXPECT_ERROR(read("1 1:2\n1 3:1 2:1\n"), "line 2: indices must begin at 1 and ascend");
  EXPECT_ERROR(read("1 0:2\n"), "line 1: indices");
  EXPECT_ERROR(read("1 1:2\n\nx 1:2\n"), "line 3: no finite number");
  EXPECT_ERROR(read("1 1:nan\n"), "no finite number");
  EXPECT_ERROR(read("1 1:2x\n"), "does not end");
  EXPECT_ERROR(read("1 1\n"), "no `index:value`");
  EXPECT_ERROR(read("1 99999999999999999999:1\n"), "no `index:value`");
  EXPECT_ERROR(read("1 1:\n"), "no finite number");
  EXPECT_ERROR(read("0.5 1:1\n"), "example 1 is 0.5");
  EXPECT_ERROR(read(""), "no examples");
  EXPECT_ERROR(read(std::string("\x00\xff\x01", 3)), "line 1");
}

TEST(ReadLibsvm, AFewBytesCannotAskForMuchMemory) {
  TestFolder folder;
  EXPECT_ERROR(read_libsvm(folder.write("a", "1 999999999:1\n0 1:1\n")), "too many to hold densely");
  EXPECT_ERROR(read_libsvm(folder.write("a", "1 9223372036854775807:1\n0 1:1\n")), "too many to hold densely");
}

}  // namespace
}  // namespace tacho
