#include "io/safetensors.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.h"

namespace tacho {
namespace {

/// A file from a head and `data` bytes, with the length that belongs to it.
std::string with_head(const std::string& head, size_t data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(char(uint64_t(head.size()) >> (8 * i)));
  return bytes + head + std::string(data, '\1');
}

std::string decoding_error(const std::string& bytes) {
  try {
    decode_safetensors(bytes, "file.safetensors");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

SafetensorsFile example() {
  SafetensorsFile file;
  file.tensors.push_back({"mask", Tensor::of<uint8_t>({3}, {0, 1, 7})});
  file.tensors.push_back({"conv.weight", Tensor::of<float>({2, 1, 1, 2}, {1.5f, -2, 3, 4})});
  file.tensors.push_back({"step", Tensor::of<int64_t>({}, {42})});
  file.tensors.push_back({"wide", Tensor::of<double>({2}, {0.1, -1e300})});
  file.tensors.push_back({"index", Tensor::of<int32_t>({2}, {-1, 2})});
  file.tensors.push_back({"empty", Tensor::of<float>({0, 4}, {})});
  file.metadata = {{"format", "tacho"}, {"note", "\"quotes\" and umlauts: \xC3\xA4"}};
  return file;
}

TEST(Safetensors, ReadsBackWhatItWrote) {
  const SafetensorsFile file = example(), read = decode_safetensors(encode_safetensors(file), "x");
  EXPECT_EQ(read.metadata, file.metadata);
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (const NamedTensor& t : file.tensors) {
    const Tensor* same = read.find(t.name);
    ASSERT_NE(same, nullptr) << t.name;
    ASSERT_EQ(same->type(), t.tensor.type()) << t.name;
    EXPECT_EQ(std::memcmp(same->view().data, t.tensor.view().data, size_t(t.tensor.bytes())), 0) << t.name;
  }
  EXPECT_EQ(read.find("nothing"), nullptr);
}

TEST(Safetensors, BytesAreDeterministicAndAligned) {
  const std::string bytes = encode_safetensors(example());
  EXPECT_EQ(bytes, encode_safetensors(example()));
  EXPECT_EQ(bytes, encode_safetensors(decode_safetensors(bytes, "x")));
  uint64_t head = 0;
  std::memcpy(&head, bytes.data(), 8);
  EXPECT_EQ(head % 8, 0u);
  // Widest elements first, so that readers which map the file find every tensor aligned.
  size_t last = 8;
  for (const NamedTensor& t : decode_safetensors(bytes, "x").tensors) {
    EXPECT_LE(size_of(t.tensor.dtype()), last);
    last = size_of(t.tensor.dtype());
  }
}

TEST(Safetensors, WritesAndReadsFiles) {
  const std::string path = testing::TempDir() + "tacho_safetensors_test.safetensors";
  write_safetensors(path, example());
  EXPECT_EQ(encode_safetensors(read_safetensors(path)), read_file(path));
  std::filesystem::remove(path);
  EXPECT_THROW(read_safetensors(path), Error);
}

TEST(Safetensors, OpensInPython) {
  if (std::system("python3 -c 'import safetensors, numpy' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3 has no safetensors package here";
  const std::string path = testing::TempDir() + "tacho_safetensors_python.safetensors";
  write_safetensors(path, example());
  const std::string check =
      "python3 -c \"from safetensors.numpy import load_file; t = load_file('" + path +
      "'); assert t['conv.weight'].shape == (2, 1, 1, 2) and t['wide'][1] == -1e300 and t['step'] == 42\"";
  EXPECT_EQ(std::system(check.c_str()), 0);
  std::filesystem::remove(path);
}

TEST(Safetensors, TruncationAndExcessAreErrors) {
  const std::string bytes = encode_safetensors(example());
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_NE(decoding_error(bytes.substr(0, n)), "") << n << " bytes";
  EXPECT_NE(decoding_error(bytes + "x"), "");
}

TEST(Safetensors, EveryChangedHeadByteIsReadOrRefused) {
  const std::string bytes = encode_safetensors(example());
  for (size_t i = 0; i < 400 && i < bytes.size(); ++i)
    for (char c : {'\0', '{', '}', '[', '"', '9', '-', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = c;
      try {  // no crash and no huge allocation; a changed name or text is still a good file
        const auto read = decode_safetensors(damaged, "x");
        EXPECT_LE(read.tensors.size(), example().tensors.size());
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()), "");
      }
    }
}

TEST(Safetensors, LyingHeadsAreErrorsThatSayWhy) {
  const auto entry = [](const char* shape, const char* offsets, const char* dtype = "F32") {
    return std::string("{\"dtype\":\"") + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
  };
  const std::string good = entry("[2]", "[0,8]");
  EXPECT_EQ(decoding_error(with_head("{\"a\":" + good + "}", 8)), "");
  EXPECT_EQ(decoding_error(with_head("{\"a\":" + good + "}   ", 8)), "");
  const auto expect = [](const std::string& head, size_t data, const std::string& part) {
    EXPECT_NE(decoding_error(with_head(head, data)).find(part), std::string::npos)
        << head << " gave: " << decoding_error(with_head(head, data));
  };
  expect("{\"a\":" + good + ",\"a\":" + good + "}", 8, "twice");
  expect("{\"a\":" + good + ",\"b\":" + entry("[2]", "[4,12]") + "}", 12, "begins at byte 4");    // overlap
  expect("{\"a\":" + good + ",\"b\":" + entry("[2]", "[12,20]") + "}", 20, "begins at byte 12");  // hole
  expect("{\"a\":" + entry("[3]", "[0,8]") + "}", 8, "12 bytes");
  expect("{\"a\":" + entry("[2]", "[8,0]") + "}", 8, "has bytes 8 to 0");
  expect("{\"a\":" + entry("[18446744073709551615]", "[0,8]") + "}", 8, "malformed");
  expect("{\"a\":" + entry("[-2]", "[0,8]") + "}", 8, "malformed");
  expect("{\"a\":" + entry("[1,1,1,1,1,1,1,1,2]", "[0,8]") + "}", 8, "too many dimensions");
  expect("{\"a\":" + entry("[4]", "[0,8]", "BF16") + "}", 8, "BF16");
  expect("{\"a\":" + entry("[8]", "[0,8]") + "}", 8, "32 bytes");
  expect("{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[2]]]],\"data_offsets\":[0,8]}}", 8, "nested");
  expect("{\"__metadata__\":{\"k\":1}}", 0, "no string");
  expect("{\"a\":1}", 0, "expected dtype");
  expect("[]", 0, "no JSON object");
  expect("{\"a\":", 0, "no valid JSON");
  expect(std::string(100000, '{'), 0, "JSON");
  EXPECT_THROW(decode_safetensors(with_head("{\"a\":" + entry("[4611686018427387904,4]", "[0,0]") + "}", 0), "x"),
               Error);
  EXPECT_THROW(decode_safetensors(with_head("{\"a\":" + entry("[4611686018427387904,4,0]", "[0,0]") + "}", 0), "x"),
               Error);
  std::string huge(8, '\xff');
  EXPECT_NE(decoding_error(huge + "{}").find("head"), std::string::npos);
  std::string truth = with_head("{\"a\":" + entry("[2]", "[0,2]", "BOOL") + "}", 2);
  EXPECT_EQ(decoding_error(truth), "");
  truth.back() = '\2';
  EXPECT_NE(decoding_error(truth).find("truth"), std::string::npos);
}

TEST(Safetensors, RefusesNamesThatCannotBeWritten) {
  const Tensor t = Tensor::of<float>({1}, {1});
  EXPECT_THROW(encode_safetensors({{{"a", t}, {"a", t}}, {}}), Error);
  EXPECT_THROW(encode_safetensors({{{"__metadata__", t}}, {}}), Error);
  EXPECT_THROW(encode_safetensors({{{"\xff", t}}, {}}), Error);
}

}  // namespace
}  // namespace tacho
