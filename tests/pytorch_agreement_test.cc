// Trains from the same weights and batches as PyTorch did (tools/record_pytorch_losses.py) and compares every step's
// loss with the recorded one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/batches.h"
#include "tests/support/pytorch_runs.h"
#include "train/session.h"

namespace tacho {
namespace {

using support::PytorchRun;
using Losses = std::vector<double>;

constexpr const char* kTable = TACHO_SOURCE_DIR "/tests/data/pytorch_losses.json";
constexpr double kDouble = 1e-9, kSingle = 1e-4;
constexpr size_t kFirstSteps = 10;

struct Outcome {
  Losses losses;
  VariableStore variables;
};

Outcome train(const PytorchRun& run, const char* dtype) {
  StepOptions options;
  options.network = run.network;
  options.batch = run.batch;
  options.optimizer.kind = run.optimizer;
  Switches switches;
  set_switch(switches, "dtype", dtype);
  set_switch(switches, "threads", "1");
  options.way = resolve(switches);
  Outcome outcome;
  outcome.variables = initial_variables(options, run.seed);
  Pool pool(options.way.threads);
  Session session(options, pool, outcome.variables);
  const Dataset examples = support::pytorch_examples(run);
  BatchOrder order(examples.train_size(), run.batch, 0, /*shuffle=*/false);
  Shape shape = run.network.input;
  shape.insert(0, run.batch);
  const Tensor x({options.way.dtype, shape}), y({DType::int64, {run.batch}});
  for (int64_t step = 1; step <= run.steps; ++step) {
    fill_batch(examples, order, step, x.view(), y.view());
    session.run(x.view(), y.view(), run.learning_rate, step);
    outcome.losses.push_back(session.loss());
  }
  return outcome;
}

/// |a - b| / |b| of every step.
Losses deviations(const Losses& a, const Losses& b) {
  Losses result;
  for (size_t i = 0; i < a.size(); ++i) result.push_back(std::fabs(a[i] - b[i]) / std::fabs(b[i]));
  return result;
}

double worst(const Losses& values) { return *std::max_element(values.begin(), values.end()); }

nlohmann::json table() {
  std::ifstream file(kTable);
  if (!file) fail("no ", kTable, "; tools/record_pytorch_losses.py makes it");
  return nlohmann::json::parse(file);
}

/// The table's row of a run; fails where it was recorded with other settings than the run has now.
nlohmann::json recorded(const PytorchRun& run) {
  const nlohmann::json all = table();
  for (const nlohmann::json& row : all.at("runs")) {
    if (row.at("name") != run.name) continue;
    if (row.at("optimizer") != name_of(run.optimizer) || row.at("learning_rate") != run.learning_rate ||
        row.at("batch") != run.batch || row.at("steps") != run.steps)
      fail(kTable, ": '", run.name, "' was recorded with other settings; run tools/record_pytorch_losses.py");
    return row;
  }
  fail(kTable, " lacks '", run.name, "'; run tools/record_pytorch_losses.py");
}

std::string test_name(const PytorchRun& run) {
  std::string name = run.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

class PyTorchAgreement : public testing::TestWithParam<PytorchRun> {};

TEST_P(PyTorchAgreement, LossesInDoubleAgreeTo1em9) {
  const nlohmann::json row = recorded(GetParam());
  const Losses theirs = row.at("float64").get<Losses>();
  const Outcome ours = train(GetParam(), "float64");
  ASSERT_EQ(ours.losses.size(), theirs.size());
  const Losses apart = deviations(ours.losses, theirs);
  // The first loss depends on weights, examples and forward part only.
  ASSERT_LE(apart[0], kDouble)
      << "the first loss: have initial weights or digits changed since the table was recorded?";
  for (size_t i = 0; i < apart.size(); ++i)
    EXPECT_LE(apart[i], kDouble) << "step " << i + 1 << ": " << ours.losses[i] << ", PyTorch " << theirs[i];
  std::printf("%s, float64: loss %.4f -> %.4f, worst relative deviation %.1e (allowed %.0e)\n", GetParam().name.c_str(),
              ours.losses.front(), ours.losses.back(), worst(apart), kDouble);

  double statistics_apart = 0;
  const nlohmann::json statistics = row.value("statistics", nlohmann::json::object());
  for (const auto& [name, values] : statistics.items()) {
    const Losses expected = values.get<Losses>();
    const Tensor& tensor = ours.variables.at(name);
    ASSERT_EQ(tensor.elements(), int64_t(expected.size())) << name;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double apart = std::fabs(tensor.as<double>()[i] - expected[i]) / std::fabs(expected[i]);
      EXPECT_LE(apart, kDouble) << name << " of channel " << i;
      statistics_apart = std::max(statistics_apart, apart);
    }
  }
  if (row.contains("statistics"))
    std::printf("%s, float64: running statistics, worst relative deviation %.1e\n", GetParam().name.c_str(),
                statistics_apart);
}

TEST_P(PyTorchAgreement, LossesInSingleAgreeTo1em4AndThenStayAsNearToDoubleAsPyTorchs) {
  const nlohmann::json row = recorded(GetParam());
  const Losses exact = row.at("float64").get<Losses>(), theirs = row.at("float32").get<Losses>();
  const Losses ours = train(GetParam(), "float32").losses;
  ASSERT_EQ(ours.size(), theirs.size());
  const Losses apart = deviations(ours, theirs), our_error = deviations(ours, exact),
               their_error = deviations(theirs, exact);
  const size_t first = std::min(kFirstSteps, ours.size());
  for (size_t i = 0; i < first; ++i)
    EXPECT_LE(apart[i], kSingle) << "step " << i + 1 << ": " << ours[i] << ", PyTorch " << theirs[i];
  for (size_t i = first; i < ours.size(); ++i)
    EXPECT_LE(our_error[i], std::max(2 * their_error[i], kSingle))
        << "step " << i + 1 << ": " << ours[i] << ", in double " << exact[i] << ", PyTorch " << theirs[i];
  std::printf(
      "%s, float32: first %zu steps within %.1e of PyTorch (allowed %.0e); from float64 ours %.1e, PyTorch %.1e\n",
      GetParam().name.c_str(), first, worst({apart.begin(), apart.begin() + long(first)}), kSingle, worst(our_error),
      worst(their_error));
}

INSTANTIATE_TEST_SUITE_P(Runs, PyTorchAgreement, testing::ValuesIn(support::pytorch_runs()),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace tacho
