#include "data/sources.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "data/read_idx.h"
#include "data/read_libsvm.h"
#include "data/read_mat.h"
#include "data/read_npz.h"

namespace tacho {
namespace {

namespace fs = std::filesystem;

std::string without_suffix(const std::string& text, const std::string& suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

/// The set a file belongs to ("mat mnist-demo") and whether it is the test part; an empty set for other files.
struct Role {
  std::string set;
  bool test = false;
};

Role role_of(const std::string& name) {
  if (name.ends_with(".t.mat")) return {"mat " + without_suffix(name, ".t.mat"), true};
  if (name.ends_with(".mat")) return {"mat " + without_suffix(name, ".mat"), false};
  if (name.ends_with(".npz")) {
    const bool test = name == "test.npz", train = name == "train.npz";
    return {test || train ? "npz" : "npz " + name, test};
  }
  const std::string plain = without_suffix(name, ".gz");
  const size_t images = plain.find("images");
  if (images == std::string::npos || plain.find("idx") == std::string::npos) return {};
  std::string prefix = plain.substr(0, images);  // "train-", "t10k-", "emnist-letters-test-", ...
  for (const char* word : {"t10k-", "test-"})
    if (prefix.ends_with(word)) return {"idx " + without_suffix(prefix, word), true};
  return {"idx " + without_suffix(prefix, "train-"), false};
}

}  // namespace

SourceFiles find_sources(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file()) files.push_back(entry.path());
  if (error) fail("cannot list folder ", folder, ": ", error.message());
  std::sort(files.begin(), files.end());  // a plain file comes before the same one with .gz, and wins
  std::map<std::string, SourceFiles> sets;
  for (const auto& file : files) {
    const Role role = role_of(file.filename().string());
    if (role.set.empty()) continue;
    std::string& part = role.test ? sets[role.set].test : sets[role.set].train;
    if (part.empty()) part = file.string();
  }
  if (sets.empty())
    fail("no data set in folder ", folder,
         ": expected NAME.mat with NAME.t.mat, IDX files train-images... with t10k-images..., train.npz with test.npz, "
         "or one of them");
  if (sets.size() > 1) {
    std::string names;
    for (const auto& [name, set] : sets)
      names += (names.empty() ? "" : ", ") + fs::path(set.train.empty() ? set.test : set.train).filename().string();
    fail("folder ", folder, " holds more than one data set (", names, "); name one of the files");
  }
  SourceFiles found = sets.begin()->second;
  if (found.train.empty()) std::swap(found.train, found.test);
  if (sets.begin()->first.starts_with("idx")) {
    found.train_labels = idx_labels_beside(found.train);
    if (!found.test.empty()) found.test_labels = idx_labels_beside(found.test);
  }
  return found;
}

Examples read_examples(const std::string& path, const std::string& labels, int64_t features) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot open ", path);
  char head[8] = {};
  file.read(head, sizeof head);
  const std::string_view begin(head, sizeof head);
  if (begin.starts_with("PK")) return read_npz(path);
  if (begin.starts_with("MATLAB") || begin.starts_with("\x89HDF") || path.ends_with(".mat")) return read_mat(path);
  if (path.ends_with(".npz")) return read_npz(path);
  if (begin.starts_with("\x93NUMPY"))
    fail(path, " is a single NumPy array; save x and y together: numpy.savez(\"data.npz\", x=..., y=...)");
  if (begin.starts_with(std::string_view("\0\0", 2)) || begin.starts_with("\x1f\x8b"))
    return read_idx(path, labels.empty() ? idx_labels_beside(path) : labels);
  return read_libsvm(path, features);
}

}  // namespace tacho
