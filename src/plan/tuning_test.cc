#include "plan/tuning.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "base/atomic_file.h"
#include "nn/builtin.h"
#include "ops/max_pool2d_backward.h"
#include "tests/support/groups.h"
#include "train/session.h"

namespace tacho {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tacho_tuning_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/tuning.json"; }

 private:
  std::string path_;
};

TEST(Tuning, RecordIsKeptAndMergedWithWhatOthersWrote) {
  const Folder folder;
  TuningRecord first(folder.file()), second(folder.file());
  first.add("a", 5);
  second.add("a", 7);
  second.add("b", 9);
  first.save();
  second.save();
  const TuningRecord read(folder.file());
  EXPECT_EQ(read.find("a"), 5) << "the first to measure is whom others chose by";
  EXPECT_EQ(read.find("b"), 9);
  EXPECT_EQ(read.find("c"), std::nullopt);
  EXPECT_EQ(read.added(), 0);
}

TEST(Tuning, DamagedOrForeignFilesAreMeasuredAnew) {
  const Folder folder;
  for (const char* text : {"", "{", "[1]", R"({"schema":"tacho.tuning","machine":"another","times":{"a":5}})"}) {
    write_file_atomic(folder.file(), text);
    TuningRecord record(folder.file());
    EXPECT_EQ(record.find("a"), std::nullopt) << text;
    record.add("a", 3);
    record.save();
    EXPECT_EQ(TuningRecord(folder.file()).find("a"), 3) << text;
  }
}

TEST(Tuning, TimesOfOtherKernelsAreMeasuredAnew) {
  const Folder folder;
  TuningRecord old(folder.file(), "other kernels");
  old.add("a", 5);
  old.save();
  EXPECT_EQ(TuningRecord(folder.file(), "other kernels").find("a"), 5);
  TuningRecord record(folder.file());
  EXPECT_EQ(record.find("a"), std::nullopt) << "what an earlier kernel took says nothing of this one";
  record.add("b", 7);
  record.save();
  EXPECT_EQ(TuningRecord(folder.file()).find("b"), 7);
  EXPECT_EQ(TuningRecord(folder.file()).find("a"), std::nullopt) << "nothing of it is merged";
  EXPECT_EQ(std::string(kernel_identity()).size(), 16u);
}

TEST(Tuning, FolderThatCannotBeWrittenCostsOnlyTheRecord) {
  TuningRecord record("/proc/nowhere/tuning.json");
  record.add("a", 3);
  EXPECT_NO_THROW(record.save());
  EXPECT_EQ(record.find("a"), 3);
}

std::unique_ptr<Plan> tuned_plan(TuningRecord* record, const KernelChoices& choices) {
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = 6;
  options.way = resolve({});
  Graph graph = source_graph(options);
  PlanOptions plan = plan_options(options.way);
  plan.tuning = record;
  plan.choices = choices;
  return make_plan(std::move(graph), {}, plan);
}

/// Notes where its second operand says that maxima were found.
class NotesPlaces final : public Kernel {
 public:
  RunStatus run(const KernelRun& run) const override {
    places.assign(run.in<uint8_t>(1), run.in<uint8_t>(1) + run.inputs[1].elements());
    return {};
  }
  mutable std::vector<uint8_t> places;
};

TEST(Tuning, PoolingsGradientIsMeasuredWithPlacesInItsOwnWindows) {
  const int64_t channels = 3, rows = 4, columns = 3, height = 7, width = 5;
  const MaxPool2dBackwardAttributes attributes{{{3, 3}, {2, 2}, {1, 1, 1, 1}}, {height, width}};
  const TensorType pooled{DType::float32, {2, channels, rows, columns}}, index{DType::uint8, pooled.shape};
  const support::Chain chain = support::single_group(op_named("max_pool2d_backward"), attributes, {pooled, index}, 0);
  const Slice slice{0, 2, 2};
  const Group group = chain.group(slice);
  for (const bool last : {false, true}) {
    Offer offer;
    if (last) offer.input_layouts = {channels_last(), channels_last()};
    const NotesPlaces kernel;
    EXPECT_GT(measure({KernelCall::run, kernel, "simd", &offer, &group, slice}), 0);
    ASSERT_EQ(kernel.places.size(), size_t(2 * channels * rows * columns));
    std::set<int64_t> seen;
    for (int64_t i = 0; i < int64_t(kernel.places.size()); ++i) {
      const int64_t at = last ? i / channels : i, place = kernel.places[size_t(i)];
      const int64_t row = at / columns % rows * 2 - 1 + place / 3, column = at % columns * 2 - 1 + place % 3;
      EXPECT_TRUE(place < 9 && row >= 0 && row < height && column >= 0 && column < width) << "element " << i;
      seen.insert(place);
    }
    EXPECT_GT(seen.size(), 4u) << "always the same places";
  }
}

TEST(Tuning, PlanIsMeasuredOnceAndThenReadsItsRecord) {
  TuningRecord record;
  const auto first = tuned_plan(&record, {});
  const int64_t added = record.added();
  EXPECT_GT(added, 10);
  const auto second = tuned_plan(&record, {});
  EXPECT_EQ(record.added(), added) << "measured again what stood in the record";
  EXPECT_EQ(fingerprint_of(*first), fingerprint_of(*second));
  int64_t timed = 0;
  for (const PlannedNode& node : first->nodes) timed += node.tuned_ns > 0;
  EXPECT_GT(timed, 5);
}

TEST(Tuning, FirstPlanChoosesAsTheNextWhateverTheClockSays) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    TuningRecord record;
    std::mt19937_64 noise(seed);
    record.measure_by([&](const KernelCall&) { return int64_t(1000 + noise() % 1000); });
    const auto first = tuned_plan(&record, {});
    const auto second = tuned_plan(&record, {});
    ASSERT_EQ(fingerprint_of(*first), fingerprint_of(*second)) << "seed " << seed;
  }
}

TEST(Tuning, ChoicesOfAnEarlierPlanAreTakenAgain) {
  const auto by_order = tuned_plan(nullptr, {});
  KernelChoices choices = choices_of(*by_order);
  ASSERT_FALSE(choices.empty());
  // Another kernel where another backend offers one.
  const std::string product = "fc/matmul/forward";
  ASSERT_TRUE(choices.count(product));
  std::string other;
  for (const char* candidate : {"blas sgemm", "onednn matmul", "stub matmul"}) {
    KernelChoices turned = choices;
    turned[product] = candidate;
    if (turned[product] != choices[product] && choices_of(*tuned_plan(nullptr, turned)).at(product) == candidate)
      other = candidate;
  }
  if (other.empty()) GTEST_SKIP() << "one backend only takes products here: " << choices[product];
  choices[product] = other;
  // Measuring does not overrule them.
  TuningRecord record;
  EXPECT_EQ(choices_of(*tuned_plan(&record, choices)).at(product), choices[product]);
}

}  // namespace
}  // namespace tacho
