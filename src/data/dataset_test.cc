#include "data/dataset.h"

#include <zip.h>

#include <cmath>
#include <vector>

#include "data/test_files.h"

namespace tacho {
namespace {

DataSpec spec_of(const std::string& spec) {
  DataSpec result;
  result.spec = spec;
  return result;
}

Dataset load(const std::string& spec, const std::string& split = "", std::optional<NormalizeKind> kind = {}) {
  DataSpec s = spec_of(spec);
  if (!split.empty()) s.split = parse_split(split);
  s.normalize = kind;
  return load_dataset(s);
}

/// `n` one-pixel IDX images with pixels 10, 20, ... and labels 0, 1, 2, 0, ...
void write_idx(const TestFolder& folder, const std::string& prefix, int n) {
  std::string images{'\0', '\0', 8, 3, 0, 0, 0, char(n), 0, 0, 0, 1, 0, 0, 0, 1},
      labels{'\0', '\0', 8, 1, 0, 0, 0, char(n)};
  for (int i = 0; i < n; ++i) images.push_back(char(10 * (i + 1))), labels.push_back(char(i % 3));
  folder.write(prefix + "-images-idx3-ubyte", images);
  folder.write(prefix + "-labels-idx1-ubyte", labels);
}

TEST(Split, ParsesWhatTheContractSays) {
  EXPECT_EQ(parse_split("8000:2000").train, 8000);
  EXPECT_EQ(parse_split("8000:2000").test, 2000);
  EXPECT_EQ(parse_split("5:0").test, 0);
  for (const char* bad :
       {"", ":", "5", "5:", ":5", "a:b", "5:-1", "0:5", "-3:5", "5:5x", "5 :5", "99999999999999999999:1"})
    EXPECT_ERROR(parse_split(bad), "expected A:B");
}

TEST(Dataset, AFolderWithOnePartTrainsOnAllOfItOrIsSplit) {
  TestFolder folder;
  write_idx(folder, "t10k", 10);
  const Dataset all = load(folder.path(), "", NormalizeKind::none);
  EXPECT_EQ(all.train_x.shape(), (Shape{10, 1, 1, 1}));
  EXPECT_FALSE(all.has_test());
  EXPECT_EQ(all.classes, 3);
  const Dataset split = load(folder.path(), "6:3", NormalizeKind::none);
  EXPECT_EQ(split.train_size(), 6);
  EXPECT_EQ(split.train_x.as<float>()[5], 60.0f);
  ASSERT_EQ(split.test_size(), 3);
  EXPECT_EQ(split.test_x.as<float>()[0], 80.0f);  // the last three
  EXPECT_EQ(split.test_y.as<int64_t>()[0], 1);
  EXPECT_EQ(load(folder.path(), "6:0").test_size(), 0);
  EXPECT_ERROR(load(folder.path(), "8:3"), "has 10 examples in all");
  EXPECT_ERROR(load(folder.path(), "9000000000000000000:9000000000000000000"), "has 10 examples in all");
}

TEST(Dataset, AFolderWithBothPartsKeepsThem) {
  TestFolder folder;
  write_idx(folder, "t10k", 4);
  write_idx(folder, "train", 9);
  const Dataset set = load(folder.path(), "", NormalizeKind::none);
  EXPECT_EQ(set.train_size(), 9);
  EXPECT_EQ(set.test_size(), 4);
  const Dataset split = load(folder.path(), "5:2", NormalizeKind::none);
  EXPECT_EQ(split.train_size(), 5);
  EXPECT_EQ(split.test_size(), 2);
  EXPECT_EQ(split.test_x.as<float>()[0], 30.0f);
  EXPECT_ERROR(load(folder.path(), "5:5"), "4 test examples");
  // One file is one set, whatever stands beside it.
  EXPECT_EQ(load(folder / "t10k-images-idx3-ubyte").train_size(), 4);
}

TEST(Dataset, UnknownSpecsSayWhatIsExpected) {
  TestFolder folder;
  EXPECT_ERROR(load("diggits"), "no data set `diggits`: expected digits, textures");
  EXPECT_ERROR(load(folder.path()), "no data set in folder");
  folder.write("a.mat", "");
  folder.write("b.mat", "");
  EXPECT_ERROR(load(folder.path()), "more than one data set (a.mat, b.mat)");
  EXPECT_ERROR(load(folder.write("x.npy", "\x93NUMPY....")), "numpy.savez");
}

TEST(Dataset, NormalisationDefaultsAndKinds) {
  TestFolder folder;
  write_idx(folder, "train", 4);  // pixels 10 20 30 40
  write_idx(folder, "t10k", 1);
  const Dataset mean = load(folder.path());
  EXPECT_EQ(mean.normalization.kind, NormalizeKind::mean);  // IDX
  EXPECT_EQ(mean.normalization.scale, 255);
  ASSERT_EQ(mean.normalization.mean.shape(), (Shape{1, 1, 1}));
  EXPECT_NEAR(mean.normalization.mean.as<float>()[0], 25.0 / 255, 1e-7);
  EXPECT_NEAR(mean.train_x.as<float>()[3], 15.0 / 255, 1e-7);
  EXPECT_NEAR(mean.test_x.as<float>()[0], -15.0 / 255, 1e-7);  // the training mean
  EXPECT_EQ(load(folder.path(), "", NormalizeKind::scale).train_x.as<float>()[1], 20.0f / 255.0f);
  EXPECT_EQ(load(folder.path(), "", NormalizeKind::none).train_x.as<float>()[1], 20.0f);
  EXPECT_EQ(load(folder.write("a.svm", "1 1:3\n2 1:4 2:1\n")).normalization.kind, NormalizeKind::none);

  DataSpec other = spec_of(folder / "t10k-images-idx3-ubyte");
  other.normalization = mean.normalization;  // what a checkpoint holds
  EXPECT_EQ(load_dataset(other).train_x.as<float>()[0], mean.test_x.as<float>()[0]);
  other.normalization->mean = Tensor::zeros({DType::float32, {2}});
  EXPECT_ERROR(load_dataset(other), "the normalisation's mean is for examples of 2");
}

TEST(Normalization, ScaleMapsToZeroToOne) {
  const auto range = [](Tensor x) {
    fit_normalization(NormalizeKind::scale, x).apply(x);
    return std::pair(x.as<float>()[0], x.as<float>()[1]);
  };
  EXPECT_EQ(range(Tensor::of<float>({2, 1}, {0, 5.5f})), std::pair(0.0f, 1.0f));  // no bytes: by the largest
  EXPECT_EQ(range(Tensor::of<float>({2, 1}, {0, 1})), std::pair(0.0f, 1.0f));     // already there
  EXPECT_EQ(range(Tensor::of<float>({2, 1}, {-3, 1})), std::pair(0.0f, 1.0f));    // negative values: shifted first
  EXPECT_EQ(range(Tensor::of<float>({2, 1}, {0, 0})), std::pair(0.0f, 0.0f));
  EXPECT_EQ(range(Tensor::of<float>({2, 1}, {51, 255})), std::pair(0.2f, 1.0f));  // bytes: by 255
  EXPECT_EQ(normalize_kind_of("mean"), NormalizeKind::mean);
  EXPECT_ERROR(normalize_kind_of("max"), "expected none, scale or mean");
}

TEST(Dataset, LabelsBecomeClassesFromZero) {
  TestFolder folder;
  const auto labels = [&](const std::string& text) {
    const Dataset set = load(folder.write("a.svm", text));
    return std::pair(set.class_labels,
                     std::vector<int64_t>(set.train_y.as<int64_t>(), set.train_y.as<int64_t>() + set.train_size()));
  };
  using V = std::vector<int64_t>;
  EXPECT_EQ(labels("0 1:1\n2 1:1\n"), std::pair(V({0, 1, 2}), V({0, 2})));
  EXPECT_EQ(labels("1 1:1\n3 1:1\n"), std::pair(V({1, 2, 3}), V({0, 2})));  // counts from 1
  EXPECT_EQ(labels("+1 1:1\n-1 1:1\n"), std::pair(V({-1, 1}), V({1, 0})));  // any integers, ascending
  EXPECT_EQ(labels("0 1:1\n7000000 1:1\n"), std::pair(V({0, 7000000}), V({0, 1})));
  DataSpec fixed = spec_of(folder.write("b.svm", "1 1:1\n"));
  fixed.class_labels = {-1, 1};  // a checkpoint's
  EXPECT_EQ(load_dataset(fixed).train_y.as<int64_t>()[0], 1);
  fixed.class_labels = {0, 2};
  EXPECT_ERROR(load_dataset(fixed), "not among the 2 classes");
}

TEST(Dataset, RefusesWhatCannotTrain) {
  TestFolder folder;
  const std::string path = folder / "a.npz";
  std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }\n";
  const float nan = NAN;
  std::string x = std::string("\x93NUMPY\x01\0", 8) + char(head.size()) + '\0' + head +
                  std::string(reinterpret_cast<const char*>(&nan), 4);
  head = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n";
  const std::string y = std::string("\x93NUMPY\x01\0", 8) + char(head.size()) + '\0' + head + '\0';
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  zip_file_add(archive, "x.npy", zip_source_buffer(archive, x.data(), x.size(), 0), 0);
  zip_file_add(archive, "y.npy", zip_source_buffer(archive, y.data(), y.size(), 0), 0);
  ASSERT_EQ(zip_close(archive), 0);
  EXPECT_ERROR(load(path), "example 1 holds nan");
}

TEST(Dataset, BuiltInSetsComeInTheSizeAskedFor) {
  const Dataset digits = load("digits", "30:20");
  EXPECT_EQ(digits.train_x.shape(), (Shape{30, 1, 28, 28}));
  EXPECT_EQ(digits.test_x.shape(), (Shape{20, 1, 28, 28}));
  EXPECT_EQ(digits.normalization.kind, NormalizeKind::mean);
  EXPECT_EQ(digits.classes, 10);
  EXPECT_EQ(builtin_set_for({1, 28, 28}), "digits");
  EXPECT_EQ(builtin_set_for({3, 32, 32}), "textures");
  EXPECT_EQ(builtin_set_for({5}), "");
}

TEST(Dataset, RealSetsLoad) {
  const std::string data = TACHO_SOURCE_DIR "/../shared/data";
  if (!std::filesystem::exists(data + "/simplenn")) GTEST_SKIP() << "no folder ../shared/data beside the repository";
  const Dataset simplenn = load(data + "/simplenn");
  EXPECT_EQ(simplenn.train_x.shape(), (Shape{2000, 1, 28, 28}));
  EXPECT_EQ(simplenn.test_x.shape(), (Shape{1000, 1, 28, 28}));
  EXPECT_EQ(simplenn.classes, 10);
  EXPECT_EQ(simplenn.class_labels.front(), 0);
  EXPECT_EQ(simplenn.normalization.kind, NormalizeKind::mean);
  EXPECT_EQ(simplenn.normalization.scale, 255);
  const Dataset mnist = load(data + "/mnist", "8000:2000");
  EXPECT_EQ(mnist.train_size(), 8000);
  EXPECT_EQ(mnist.test_size(), 2000);
  EXPECT_FALSE(load(data + "/mnist").has_test());
}

}  // namespace
}  // namespace tacho
