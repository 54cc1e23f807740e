#include "data/read_npz.h"

#include <zip.h>

#include <cstring>
#include <map>

#include "data/npy.h"
#include "data/test_files.h"

namespace tacho {
namespace {

std::string npy(const std::string& head, const std::string& data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes.push_back(char(head.size() >> (8 * i)));
  return bytes + head + data;
}

std::string head(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

template <class T>
std::string raw(std::initializer_list<T> values) {
  return std::string(reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T));
}

std::string write_npz(const TestFolder& folder, const std::string& name,
                      const std::map<std::string, std::string>& members, bool deflate = true) {
  const std::string path = folder / name;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto& [member, bytes] : members) {
    const auto index =
        zip_file_add(archive, member.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
    zip_set_file_compression(archive, zip_uint64_t(index), deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 9);
  }
  EXPECT_EQ(zip_close(archive), 0);
  return path;
}

const std::string kTwoRows = npy(head("<f4", "(2, 3)"), raw<float>({1, 2, 3, 4, 5, 6.5f}));
const std::string kY = npy(head("<i8", "(2,)"), raw<int64_t>({1, 0}));

TEST(ReadNpz, ReadsStoredAndDeflated) {
  TestFolder folder;
  for (bool deflate : {false, true}) {
    const Examples e = read_npz(write_npz(folder, "a.npz", {{"x.npy", kTwoRows}, {"y.npy", kY}}, deflate));
    EXPECT_EQ(e.x.shape(), (Shape{2, 3}));
    EXPECT_EQ(e.x.as<float>()[5], 6.5f);
    EXPECT_EQ(e.y.as<int64_t>()[0], 1);
  }
}

TEST(ReadNpz, ReadsEveryDtypeAndVersion) {
  TestFolder folder;
  const std::map<std::string, std::string> values = {
      {"<f8", raw<double>({0, 1, 0, 1})},  {"<f4", raw<float>({0, 1, 0, 1})},   {"<i4", raw<int32_t>({0, 1, 0, 1})},
      {"<i8", raw<int64_t>({0, 1, 0, 1})}, {"|u1", raw<uint8_t>({0, 1, 0, 1})}, {"|b1", raw<uint8_t>({0, 1, 0, 1})}};
  char version = 1;
  for (const auto& [descr, data] : values) {
    version = char(version % 3 + 1);
    const Examples e = read_npz(write_npz(folder, "a.npz",
                                          {{"x.npy", npy(head(descr, "(2, 2, 1, 1)"), data, version)},
                                           {"y.npy", npy(head(descr, "(2, 1)"), data.substr(0, data.size() / 2))}}));
    EXPECT_EQ(e.x.shape(), (Shape{2, 2, 1, 1})) << descr;
    EXPECT_EQ(e.x.as<float>()[1], 1.0f) << descr;
    EXPECT_EQ(e.x.as<float>()[2], 0.0f) << descr;
    EXPECT_EQ(e.y.as<int64_t>()[1], 1) << descr;
  }
}

TEST(ReadNpz, EveryTruncationIsAnError) {
  TestFolder folder;
  write_npz(folder, "a.npz", {{"x.npy", kTwoRows}, {"y.npy", kY}});
  expect_every_truncation_fails(folder, "a.npz", [](const std::string& p) { read_npz(p); });
  for (size_t n = 0; n < kTwoRows.size(); ++n)
    EXPECT_NE(error_of([&] {
                read_npz(write_npz(folder, "b.npz", {{"x.npy", kTwoRows.substr(0, n)}, {"y.npy", kY}}));
              }),
              "")
        << n;
}

TEST(ReadNpz, LyingSizesAndForeignArraysAreErrors) {
  TestFolder folder;
  const auto with_x = [&](const std::string& x) {
    read_npz(write_npz(folder, "a.npz", {{"x.npy", x}, {"y.npy", kY}}));
  };
  EXPECT_ERROR(with_x(npy(head("<f4", "(2, 4)"), raw<float>({1, 2, 3, 4, 5, 6}))), "damaged");
  EXPECT_ERROR(with_x(npy(head("<f4", "(2, 2)"), raw<float>({1, 2, 3, 4, 5, 6}))), "damaged");
  EXPECT_NE(error_of([&] { with_x(npy(head("<f8", "(4294967296, 4294967296)"), "")); }), "");
  EXPECT_NE(error_of([&] { with_x(npy(head("<f8", "(4294967296, 4294967296, 0, 1)"), "")); }), "");
  EXPECT_ERROR(with_x(npy(head("<f4", "(0, 3)"), "")), "empty");
  EXPECT_ERROR(with_x(npy(head("|O", "(2, 3)"), "abc")), "Python objects");
  EXPECT_ERROR(with_x(npy(head(">f4", "(2, 3)"), std::string(24, '\0'))), ">f4");
  EXPECT_ERROR(with_x(npy(head("<f4", "(2, 3)", "True"), std::string(24, '\0'))), "Fortran");
  EXPECT_ERROR(with_x(npy(head("<f4", "(2, 3, 1)"), std::string(24, '\0'))), "expected N x C x H x W");
  EXPECT_ERROR(with_x(npy(head("<f4", "(3, 2)"), std::string(24, '\0'))), "one label for each of the 3");
  EXPECT_ERROR(with_x(npy(head("<f4", "(1,1,1,1,1,1,1,1,6)"), std::string(24, '\0'))), "dimensions");
  EXPECT_ERROR(with_x(npy("{'descr': [('a', '<f4')], }", "")), "records");
  for (const char* bad : {"", "{", "{'descr': '<f4'}", "{'descr': '<f4', 'descr': '<f4'}", "[1]",
                          "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x"})
    EXPECT_ERROR(with_x(npy(bad, raw<float>({1, 2, 3, 4, 5, 6}))), "cannot be read");
  EXPECT_ERROR(with_x(npy(head("<f4", "(2, 3)"), "", 4)), "version 4");
  EXPECT_ERROR(with_x("\x93NUMPY\x02" + std::string(1, '\0') + "\xff\xff\xff\xff" + std::string(64, ' ')), "at most");
  EXPECT_ERROR(read_npz(write_npz(folder, "a.npz", {{"x.npy", kTwoRows}})), "no array `y`");
  EXPECT_ERROR(read_npz(folder.write("b.npz", "no archive")), "as a NumPy archive");
  EXPECT_ERROR(read_npz(write_npz(folder, "a.npz",
                                  {{"x.npy", kTwoRows}, {"y.npy", npy(head("<f8", "(2,)"), raw<double>({0, 0.5}))}})),
               "example 2 is 0.5");
}

TEST(ReadNpz, BombsAreRefusedBeforeTheyUnfold) {
  TestFolder folder;
  // 120 MB of zeros in 120 KB: far above what a file of this size may unfold to.
  const std::string data(120'000'000, '\0');
  const std::string path =
      write_npz(folder, "bomb.npz", {{"x.npy", npy(head("|u1", "(2, 60000000)"), data)}, {"y.npy", kY}});
  EXPECT_ERROR(read_npz(path), "are not accepted");
}

TEST(ReadNpz, ChangedBytesAreReadOrRefused) {
  TestFolder folder;
  const std::string good = file_bytes(write_npz(folder, "a.npz", {{"x.npy", kTwoRows}, {"y.npy", kY}}, false));
  int refused = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] = char(damaged[i] ^ 0x55);
    refused += !error_of([&] { read_npz(folder.write("b.npz", damaged)); }).empty();
  }
  EXPECT_GT(refused, int(good.size() / 3));  // what is left are times, versions and comments of the archive
}

}  // namespace
}  // namespace tacho
