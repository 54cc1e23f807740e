#include "data/dataset.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>

#include "data/generated.h"
#include "data/sources.h"

namespace tacho {
namespace {

constexpr int64_t kBuiltinTrain = 6000, kBuiltinTest = 1000;
constexpr int64_t kMostBuiltin = 1'000'000;
constexpr int64_t kMostClasses = 1'000'000;

/// A set's parts before labels are mapped; `test.x` is undefined where there is no test part.
struct Parts {
  Examples train, test;
  bool has_test() const { return test.x.defined(); }
};

Tensor rows(const Tensor& t, int64_t begin, int64_t count) {
  const View part = slice_outermost(t.view(), begin, count);
  Tensor copy(part.type);
  std::memcpy(copy.view().data, part.data, size_t(part.bytes()));
  return copy;
}

/// `count` examples from `begin`; the same memory where that is all of them.
Examples cut(const Examples& e, int64_t begin, int64_t count) {
  if (begin == 0 && count == e.size()) return e;
  return {rows(e.x, begin, count), rows(e.y, begin, count), e.kind};
}

Parts draw_builtin(const DataSpec& spec) {
  const Split size = spec.split.value_or(Split{kBuiltinTrain, kBuiltinTest});
  if (size.train > kMostBuiltin || size.test > kMostBuiltin)
    fail("--split ", size.train, ":", size.test, " of ", spec.spec, ": at most ", kMostBuiltin, " examples are drawn");
  const auto generate = spec.spec == "digits" ? generate_digits : generate_textures;
  Parts parts{generate(size.train, Part::train, spec.seed), {}};
  if (size.test > 0) parts.test = generate(size.test, Part::test, spec.seed);
  return parts;
}

Parts read_parts(const DataSpec& spec) {
  namespace fs = std::filesystem;
  std::error_code none;
  SourceFiles files;
  if (fs::is_directory(spec.spec, none)) {
    files = find_sources(spec.spec);
  } else if (fs::is_regular_file(spec.spec, none)) {
    files.train = spec.spec;
  } else {
    fail("no data set `", spec.spec, "`: expected digits, textures, or a folder or file that exists");
  }
  Parts parts{read_examples(files.train, files.train_labels, spec.features), {}};
  if (!files.test.empty()) parts.test = read_examples(files.test, files.test_labels, spec.features);
  return parts;
}

void apply_split(Parts& parts, const Split& split, const std::string& name) {
  if (parts.has_test()) {
    if (split.train > parts.train.size() || split.test > parts.test.size())
      fail("--split ", split.train, ":", split.test, ": ", name, " has ", parts.train.size(), " training and ",
           parts.test.size(), " test examples");
    if (split.test == 0) parts.test = {};
    else parts.test = cut(parts.test, parts.test.size() - split.test, split.test);
  } else {
    const int64_t n = parts.train.size();
    if (split.train > n - std::min(split.test, n))
      fail("--split ", split.train, ":", split.test, ": ", name, " has ", n, " examples in all; use fewer");
    if (split.test > 0) parts.test = cut(parts.train, n - split.test, split.test);
  }
  parts.train = cut(parts.train, 0, split.train);
}

/// Which label is which class. Labels count from 0 in IDX and npz; .mat and LIBSVM files may count from 1, or use any
/// integers, which are then taken in ascending order.
std::vector<int64_t> find_class_labels(const Parts& parts, const std::string& name) {
  std::set<int64_t> seen;
  for (const Examples* part : {&parts.train, &parts.test})
    if (part->y.defined()) {
      const int64_t* y = part->y.as<int64_t>();
      for (int64_t i = 0; i < part->size(); ++i)
        if (seen.insert(y[i]).second && int64_t(seen.size()) > kMostClasses)
          fail(name, " has more than ", kMostClasses, " different labels; are they class numbers?");
    }
  const bool may_shift = parts.train.kind == "mat" || parts.train.kind == "libsvm";
  const int64_t low = *seen.begin(), high = *seen.rbegin();
  if (low < 0 && !may_shift) fail(name, " has the label ", low, "; expected classes 0, 1, 2, ...");
  const int64_t first = may_shift && low == 1 ? 1 : 0;
  if (low < 0 || (may_shift && high >= kMostClasses)) return {seen.begin(), seen.end()};
  if (high >= kMostClasses) fail(name, " has the label ", high, "; expected classes below ", kMostClasses);
  std::vector<int64_t> labels;
  for (int64_t label = first; label <= high; ++label) labels.push_back(label);
  return labels;
}

void map_labels(Tensor& y, const std::vector<int64_t>& labels, const std::string& name) {
  int64_t* values = y.as<int64_t>();
  for (int64_t i = 0; i < y.elements(); ++i) {
    const auto at = std::lower_bound(labels.begin(), labels.end(), values[i]);
    if (at == labels.end() || *at != values[i])
      fail(name, ": example ", i + 1, " has the label ", values[i], ", which is not among the ", labels.size(),
           " classes (labels ", labels.front(), " to ", labels.back(), ")");
    values[i] = at - labels.begin();
  }
}

/// LIBSVM text omits zeros, so a part may miss the last features: it is widened with zeros.
Tensor widened(const Tensor& x, int64_t features) {
  const int64_t n = x.shape()[0], old = x.shape()[1];
  if (old == features) return x;
  Tensor wide = Tensor::zeros({DType::float32, {n, features}});
  for (int64_t i = 0; i < n; ++i) std::copy_n(x.as<float>() + i * old, old, wide.as<float>() + i * features);
  return wide;
}

void check_finite(const Tensor& x, const std::string& name) {
  const float* values = x.as<float>();
  for (int64_t i = 0; i < x.elements(); ++i)
    if (!std::isfinite(values[i]))
      fail(name, ": example ", i / (x.elements() / x.shape()[0]) + 1, " holds ", values[i],
           "; expected finite numbers");
}

NormalizeKind default_normalization(const Examples& e) {
  const bool pixels = e.kind == "built-in" || e.kind == "idx" || (e.kind == "mat" && e.images());
  return pixels ? NormalizeKind::mean : NormalizeKind::none;
}

}  // namespace

Split parse_split(const std::string& text) {
  Split split;
  const char *begin = text.data(), *end = begin + text.size();
  const auto train = std::from_chars(begin, end, split.train);
  if (train.ec == std::errc() && train.ptr != end && *train.ptr == ':') {
    const auto test = std::from_chars(train.ptr + 1, end, split.test);
    if (test.ec == std::errc() && test.ptr == end && split.train >= 1 && split.test >= 0) return split;
  }
  fail("--split ", text, ": expected A:B, for example 8000:2000 (the first 8000 examples train, the last 2000 test)");
}

bool is_builtin_set(const std::string& name) { return name == "digits" || name == "textures"; }

std::string builtin_set_for(const Shape& input) {
  if (input == Shape{1, 28, 28} || input == Shape{784}) return "digits";
  if (input == Shape{3, 32, 32} || input == Shape{3072}) return "textures";
  return "";
}

Dataset load_dataset(const DataSpec& spec) {
  if (spec.split && (spec.split->train < 1 || spec.split->test < 0))
    fail("--split ", spec.split->train, ":", spec.split->test, ": at least one example must train");
  const bool builtin = is_builtin_set(spec.spec);
  Parts parts = builtin ? draw_builtin(spec) : read_parts(spec);
  if (parts.has_test() && parts.train.kind == "libsvm") {
    const int64_t features = std::max(parts.train.x.shape()[1], parts.test.x.shape()[1]);
    parts.train.x = widened(parts.train.x, features);
    parts.test.x = widened(parts.test.x, features);
  }
  // Before the split, so that a class without a training example keeps its number.
  std::vector<int64_t> labels = spec.class_labels.empty() ? find_class_labels(parts, spec.spec) : spec.class_labels;
  if (spec.split && !builtin) apply_split(parts, *spec.split, spec.spec);

  Dataset set;
  set.name = spec.spec;
  set.kind = parts.train.kind;
  set.train_x = parts.train.x;
  set.train_y = parts.train.y;
  set.test_x = parts.test.x;
  set.test_y = parts.test.y;
  set.class_labels = std::move(labels);
  set.classes = int64_t(set.class_labels.size());
  check_finite(set.train_x, set.name);
  map_labels(set.train_y, set.class_labels, set.name);
  if (set.has_test()) {
    if (!(Shape(set.test_x.shape().begin() + 1, set.test_x.shape().end()) == set.example_shape()))
      fail(set.name, ": training examples are ", to_string(set.train_x.shape()), ", test examples ",
           to_string(set.test_x.shape()));
    check_finite(set.test_x, set.name);
    map_labels(set.test_y, set.class_labels, set.name);
  }
  const NormalizeKind kind = spec.normalize.value_or(default_normalization(parts.train));
  set.normalization = spec.normalization ? *spec.normalization : fit_normalization(kind, set.train_x);
  set.normalization.apply(set.train_x);
  if (set.has_test()) set.normalization.apply(set.test_x);
  return set;
}

}  // namespace tacho
