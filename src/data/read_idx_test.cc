#include "data/read_idx.h"

#include <zlib.h>

#include "data/test_files.h"

namespace tacho {
namespace {

std::string idx(std::initializer_list<uint32_t> extents, const std::string& data, char type = 8) {
  std::string bytes{'\0', '\0', type, char(extents.size())};
  for (uint32_t e : extents)
    for (int shift : {24, 16, 8, 0}) bytes.push_back(char(e >> shift));
  return bytes + data;
}

std::string write_gzip(const TestFolder& folder, const std::string& name, const std::string& data) {
  const std::string path = folder / name;
  gzFile file = gzopen(path.c_str(), "wb9");
  gzwrite(file, data.data(), unsigned(data.size()));
  gzclose(file);
  return path;
}

const std::string kPixels = "\x01\x02\x03\x04\x05\xff";

TEST(ReadIdx, ReadsPlainAndGzip) {
  TestFolder folder;
  const std::string images = folder.write("a-images-idx3-ubyte", idx({2, 1, 3}, kPixels));
  const std::string packed = write_gzip(folder, "b-images-idx3-ubyte.gz", idx({2, 1, 3}, kPixels));
  const std::string labels = folder.write("a-labels-idx1-ubyte", idx({2}, "\x07\x09"));
  const std::string packed_labels = write_gzip(folder, "b-labels-idx1-ubyte.gz", idx({2}, "\x07\x09"));
  EXPECT_EQ(idx_labels_beside(images), labels);
  EXPECT_EQ(idx_labels_beside(packed), packed_labels);
  for (const auto& path : {images, packed}) {
    const Examples e = read_idx(path, idx_labels_beside(path));
    EXPECT_EQ(e.x.shape(), (Shape{2, 1, 1, 3}));
    EXPECT_EQ(e.x.as<float>()[5], 255.0f);
    EXPECT_EQ(e.x.as<float>()[1], 2.0f);
    EXPECT_EQ(e.y.as<int64_t>()[0], 7);
    EXPECT_EQ(e.y.as<int64_t>()[1], 9);
  }
}

TEST(ReadIdx, EveryTruncationIsAnError) {
  TestFolder folder;
  folder.write("i-images-idx3", idx({2, 1, 3}, kPixels));
  write_gzip(folder, "z-images-idx3.gz", idx({2, 1, 3}, kPixels));
  const std::string labels = folder.write("l", idx({2}, "\x07\x09"));
  expect_every_truncation_fails(folder, "i-images-idx3", [&](const std::string& p) { read_idx(p, labels); });
  expect_every_truncation_fails(folder, "z-images-idx3.gz", [&](const std::string& p) { read_idx(p, labels); });
  expect_every_truncation_fails(folder, "l", [&](const std::string& p) { read_idx(folder / "i-images-idx3", p); });
}

TEST(ReadIdx, LyingHeadersAreErrorsBeforeMemoryIsTaken) {
  TestFolder folder;
  const std::string labels = folder.write("l", idx({2}, "\x07\x09"));
  const auto read = [&](const std::string& bytes) { read_idx(folder.write("images", bytes), labels); };
  EXPECT_ERROR(read(idx({0xffffffff, 0xffffffff, 0xffffffff}, kPixels)), "cannot hold them");
  EXPECT_ERROR(read(idx({2, 40000, 40000}, kPixels)), "cannot hold them");
  EXPECT_ERROR(read(idx({2, 1, 2}, kPixels)), "longer than its header says");
  EXPECT_ERROR(read(idx({2, 0, 3}, "")), "zero");
  EXPECT_ERROR(read(idx({2, 1, 3}, kPixels, 0x0d)), "IDX type 13");
  EXPECT_ERROR(read(idx({1, 1, 1, 1, 6}, kPixels)), "5 dimensions");
  EXPECT_ERROR(read(idx({6}, kPixels)), "labels, not images");
  EXPECT_ERROR(read(idx({3, 1, 2}, kPixels)), "2 labels for the 3 images");
  EXPECT_ERROR(read("hello, this is text"), "no IDX file");
  // A gzip file that says it unfolds to 4 GiB.
  EXPECT_ERROR(read_idx(write_gzip(folder, "bomb.gz", idx({2, 32768, 65535}, std::string(1 << 20, '\0'))), labels),
               "cannot hold them");
  std::string damaged = file_bytes(write_gzip(folder, "sum.gz", idx({2, 1, 3}, kPixels)));
  damaged[damaged.size() - 6] ^= 1;  // the check sum
  EXPECT_ERROR(read_idx(folder.write("sum.gz", damaged), labels), "sum.gz");
}

TEST(ReadIdx, SaysWhichLabelsItLookedFor) {
  TestFolder folder;
  EXPECT_ERROR(idx_labels_beside(folder.write("t-images-idx3-ubyte", "")), "t-labels-idx1-ubyte");
}

TEST(ReadIdx, ReadsRealDigits) {
  const std::string folder = TACHO_SOURCE_DIR "/../shared/data/mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no folder ../shared/data/mnist beside the repository";
  const std::string images = folder + "/t10k-images-idx3-ubyte.gz";
  const Examples e = read_idx(images, idx_labels_beside(images));
  ASSERT_EQ(e.x.shape(), (Shape{10000, 1, 28, 28}));
  EXPECT_EQ(e.y.as<int64_t>()[0], 7);  // the first of MNIST's test images is a seven
  // Upright: its bar is above, its foot below.
  const float* seven = e.x.as<float>();
  double top = 0, bottom = 0;
  for (int x = 0; x < 28; ++x) top += seven[8 * 28 + x], bottom += seven[24 * 28 + x];
  EXPECT_GT(top, 2 * bottom);
}

}  // namespace
}  // namespace tacho
