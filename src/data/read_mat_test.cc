#include "data/read_mat.h"

#include <matio.h>

#include <vector>

#include "data/test_files.h"

namespace tacho {
namespace {

/// Column-major numbers as a variable of a .mat file.
void put(mat_t* file, const char* name, size_t rows, size_t columns, std::vector<double> values,
         matio_compression compression = MAT_COMPRESSION_NONE) {
  size_t dims[2] = {rows, columns};
  matvar_t* var = Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dims, values.data(), 0);
  ASSERT_EQ(Mat_VarWrite(file, var, compression), 0);
  Mat_VarFree(var);
}

std::string write_mat(const TestFolder& folder, const std::string& name, matio_compression compression,
                      mat_ft version = MAT_FT_MAT5) {
  const std::string path = folder / name;
  mat_t* file = Mat_CreateVer(path.c_str(), nullptr, version);
  put(file, "y", 2, 1, {10, 1}, compression);
  put(file, "Z", 2, 3, {1, 4, 2, 5, 3, 6}, compression);  // rows 1 2 3 and 4 5 6
  Mat_Close(file);
  return path;
}

void expect_example(const Examples& e) {
  ASSERT_EQ(e.x.shape(), (Shape{2, 3}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(e.x.as<float>()[i], float(i + 1));
  EXPECT_EQ(e.y.as<int64_t>()[0], 10);
  EXPECT_EQ(e.y.as<int64_t>()[1], 1);
}

TEST(ReadMat, ReadsDensePlainAndCompressed) {
  TestFolder folder;
  expect_example(read_mat(write_mat(folder, "a.mat", MAT_COMPRESSION_NONE)));
  expect_example(read_mat(write_mat(folder, "b.mat", MAT_COMPRESSION_ZLIB)));
}

TEST(ReadMat, ReadsSparse) {
  TestFolder folder;
  const std::string path = folder / "s.mat";
  mat_t* file = Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT5);
  put(file, "y", 1, 3, {0, 1, 2});
  // 3 x 2: (0,0) = 7, (2,0) = 8, (1,1) = 9
  uint32_t ir[] = {0, 2, 1}, jc[] = {0, 2, 3};
  double data[] = {7, 8, 9};
  mat_sparse_t sparse{};
  sparse.nzmax = 3, sparse.ir = ir, sparse.nir = 3, sparse.jc = jc, sparse.njc = 3, sparse.ndata = 3;
  sparse.data = data;
  size_t dims[2] = {3, 2};
  matvar_t* var = Mat_VarCreate("Z", MAT_C_SPARSE, MAT_T_DOUBLE, 2, dims, &sparse, MAT_F_DONT_COPY_DATA);
  ASSERT_EQ(Mat_VarWrite(file, var, MAT_COMPRESSION_NONE), 0);
  Mat_VarFree(var);
  Mat_Close(file);
  const Examples e = read_mat(path);
  ASSERT_EQ(e.x.shape(), (Shape{3, 2}));
  const float expected[] = {7, 0, 0, 9, 8, 0};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(e.x.as<float>()[i], expected[i]) << i;
}

TEST(ReadMat, TruncationsAreErrors) {
  TestFolder folder;
  write_mat(folder, "a.mat", MAT_COMPRESSION_NONE);
  write_mat(folder, "b.mat", MAT_COMPRESSION_ZLIB);
  for (const char* name : {"a.mat", "b.mat"})
    expect_every_truncation_fails(folder, name, [](const std::string& p) { read_mat(p); });
}

TEST(ReadMat, ChangedBytesAreReadOrRefused) {
  TestFolder folder;
  const std::string good = file_bytes(write_mat(folder, "a.mat", MAT_COMPRESSION_NONE));
  int refused = 0;
  for (size_t i = 116; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] = char(damaged[i] ^ 0xff);
    refused += !error_of([&] { read_mat(folder.write("d.mat", damaged)); }).empty();
  }
  EXPECT_GT(refused, 50);
}

TEST(ReadMat, WrongVariablesAreErrorsThatSayWhy) {
  TestFolder folder;
  const std::string path = folder / "w.mat";
  const auto with = [&](size_t labels, size_t rows, size_t columns, const char* name) {
    mat_t* file = Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT5);
    put(file, "y", labels, 1, std::vector<double>(labels, 1.0));
    put(file, name, rows, columns, std::vector<double>(rows * columns, 2.0));
    Mat_Close(file);
    return path;
  };
  EXPECT_ERROR(read_mat(with(2, 3, 2, "Z")), "one label for each row");
  EXPECT_ERROR(read_mat(with(2, 2, 2, "A")), "no readable variable `Z`");
  EXPECT_ERROR(read_mat(folder.write("t.mat", std::string(500, 'x'))), "no MATLAB file");
  EXPECT_ERROR(read_mat(folder.write("t.mat", "short")), "too short");
  EXPECT_ERROR(read_mat(folder / "absent.mat"), "cannot read");
  EXPECT_EQ(read_mat(with(2, 2, 784, "Z")).x.shape(), (Shape{2, 1, 28, 28}));
  EXPECT_EQ(read_mat(with(2, 2, 3072, "Z")).x.shape(), (Shape{2, 3, 32, 32}));
}

TEST(ReadMat, ALyingSizeIsRefusedBeforeMemoryIsTaken) {
  TestFolder folder;
  std::string bytes = file_bytes(write_mat(folder, "a.mat", MAT_COMPRESSION_NONE));
  // The extents 2 x 3 of Z as they stand in the file become 2^30 x 3.
  const std::string extents("\x02\0\0\0\x03\0\0\0", 8);
  const size_t at = bytes.rfind(extents);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 4, std::string("\0\0\0\x40", 4));
  EXPECT_ERROR(read_mat(folder.write("a.mat", bytes)), "too many for a file of this size");
}

TEST(ReadMat, ReadsSimpleNnsDigitsUpright) {
  const std::string path = TACHO_SOURCE_DIR "/../shared/data/simplenn/mnist-demo.mat";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "no file ../shared/data/simplenn/mnist-demo.mat beside the repository";
  const Examples e = read_mat(path);
  ASSERT_EQ(e.x.shape(), (Shape{2000, 1, 28, 28}));
  // Sevens, upright and not mirrored: the bar above is wide, the foot below stands left of the bar's right end.
  double upper = 0, lower = 0;
  for (int64_t i = 0; i < 2000; ++i) {
    if (e.y.as<int64_t>()[i] != 7) continue;
    const float* image = e.x.as<float>() + i * 784;
    for (int x = 0; x < 28; ++x) {
      for (int y = 6; y < 11; ++y) upper += image[y * 28 + x];
      for (int y = 19; y < 24; ++y) lower += image[y * 28 + x];
    }
  }
  EXPECT_GT(upper, 1.4 * lower);
}

}  // namespace
}  // namespace tacho
