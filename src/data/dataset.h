#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/normalization.h"
#include "tensor/tensor.h"

namespace tacho {

/// A set of labelled examples, normalised and ready for batches.
struct Dataset {
  std::string name;       ///< as the user wrote it
  std::string kind;       ///< "built-in", "idx", "mat", "npz" or "libsvm"
  Tensor train_x;         ///< float32, N x C x H x W for images, else N x features
  Tensor train_y;         ///< int64, N: classes 0 .. classes-1
  Tensor test_x, test_y;  ///< the same; undefined where there is no test part
  int64_t classes = 0;
  /// class_labels[c] is the file's label of class c: {0, 1, ...} as a rule, {1, 2, ...} or {-1, 1} where a .mat or
  /// LIBSVM file counts so.
  std::vector<int64_t> class_labels;
  Normalization normalization;  ///< already applied to both parts

  bool has_test() const { return test_x.defined(); }
  bool images() const { return train_x.shape().size() == 4; }
  /// C x H x W, or the number of features.
  Shape example_shape() const { return Shape(train_x.shape().begin() + 1, train_x.shape().end()); }
  int64_t train_size() const { return train_x.shape()[0]; }
  int64_t test_size() const { return has_test() ? test_x.shape()[0] : 0; }
};

/// `--split A:B`.
struct Split {
  int64_t train = 0, test = 0;
};

/// "8000:2000"; throws tacho::Error.
Split parse_split(const std::string& text);

/// What to load and how to prepare it; the flags of the same names.
struct DataSpec {
  std::string spec = "digits";  ///< --data: `digits`, `textures`, a folder, or a file
  /// --split: the first A examples train, the last B test. Where a file set has a test part of its own, that one gives
  /// its last B; built-in sets are drawn in that size.
  std::optional<Split> split;
  std::optional<NormalizeKind> normalize;  ///< --normalize; unset: `mean` for built-in sets, IDX and image-sized .mat
  uint64_t seed = 0;                       ///< which built-in set is drawn

  // For data that must fit a trained network (evaluate, predict, --validation):
  std::optional<Normalization> normalization;  ///< a checkpoint's; used instead of fitting one
  std::vector<int64_t> class_labels;           ///< a checkpoint's, ascending; any other label is an Error
  int64_t features = 0;                        ///< at least as many features for LIBSVM text, which omits zeros
};

/// Loads, splits, maps labels to classes and normalises. Throws tacho::Error where the set does not exist or is
/// damaged.
Dataset load_dataset(const DataSpec& spec);

/// Whether `name` is a built-in set.
bool is_builtin_set(const std::string& name);

/// The built-in set that fits a network's input shape (C x H x W or features); "" where none does.
std::string builtin_set_for(const Shape& input);

}  // namespace tacho
