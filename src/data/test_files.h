#pragma once
// Small files for the readers' tests.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "base/error.h"

namespace tacho {

/// A folder of its own for each test, removed at its end.
class TestFolder {
 public:
  TestFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) /
            text_of("tacho_", info->test_suite_name(), "_", info->name(), "_", ::getpid());
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

/// The text of the tacho::Error that `f` throws; "" where it throws none.
inline std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Cuts the file `name` after every byte count below its length in turn; each piece must be an Error of `read`.
inline void expect_every_truncation_fails(const TestFolder& folder, const std::string& name,
                                          const std::function<void(const std::string&)>& read, size_t step = 1) {
  const std::string bytes = file_bytes(folder / name);
  for (size_t n = 0; n < bytes.size(); n += step) {
    folder.write(name, bytes.substr(0, n));
    EXPECT_NE(error_of([&] { read(folder / name); }), "") << n << " of " << bytes.size() << " bytes were accepted";
  }
  folder.write(name, bytes);
}

#define EXPECT_ERROR(expression, part)                                \
  do {                                                                \
    const std::string text = error_of([&] { expression; });           \
    EXPECT_NE(text.find(part), std::string::npos) << "got: " << text; \
    EXPECT_EQ(text.find('\n'), std::string::npos);                    \
  } while (false)

}  // namespace tacho
