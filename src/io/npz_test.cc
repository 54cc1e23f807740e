#include "io/npz.h"

#include <gtest/gtest.h>

#include "data/read_npz.h"
#include "data/test_files.h"

namespace tacho {
namespace {

TEST(Npz, OurReaderReadsWhatWasWritten) {
  const TestFolder folder;
  const Tensor x = Tensor::of<float>({2, 3}, {0, 1, 2, 3, 4, 0.5f}), y = Tensor::of<int64_t>({2}, {1, 0});
  write_npz(folder / "a.npz", {{"x", x}, {"y", y}});
  const Examples back = read_npz(folder / "a.npz");
  ASSERT_EQ(back.x.shape(), (Shape{2, 3}));
  EXPECT_EQ(back.x.as<float>()[5], 0.5f);
  EXPECT_EQ(back.y.as<int64_t>()[0], 1);
  write_npz(folder / "b.npz", {{"x", x}, {"y", y}});
  EXPECT_EQ(file_bytes(folder / "a.npz"), file_bytes(folder / "b.npz"));
  EXPECT_ERROR(write_npz(folder / "no/such/folder.npz", {{"x", x}}), "no/such");
}

}  // namespace
}  // namespace tacho
