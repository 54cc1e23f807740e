// Training end to end through the library: determinism, resuming, initial weights, accuracy.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/prefetch.h"
#include "data/test_files.h"
#include "io/safetensors.h"
#include "nn/builtin.h"
#include "tests/support/run_program.h"
#include "train/trainer.h"

namespace tacho {
namespace {

Dataset small_digits(int64_t train = 200, int64_t test = 50) {
  DataSpec spec;
  spec.split = Split{train, test};
  return load_dataset(spec);
}

TrainOptions options_for(const Dataset& data, const char* network, int64_t batch, int64_t steps,
                         const std::map<std::string, std::string>& switches = {}) {
  TrainOptions options;
  options.step.network = builtin_network(network, data.example_shape(), 10);
  options.step.batch = batch;
  Switches set;
  for (const auto& [name, value] : switches) set_switch(set, name, value);
  options.step.way = resolve(set);
  options.learning_rate = 0.01;
  options.max_steps = steps;
  return options;
}

std::vector<double> losses_of(TrainOptions options, const Dataset& data) {
  std::vector<double> losses;
  options.progress = [&](const TrainProgress& progress) { losses.push_back(progress.loss); };
  train(options, data);
  return losses;
}

std::vector<nlohmann::json> lines_of(const std::string& path) {
  std::vector<nlohmann::json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(Train, LossFallsAndTheFolderHoldsOneCheckpoint) {
  const TestFolder folder;
  const Dataset data = small_digits();
  TrainOptions options = options_for(data, "mlp", 20, 60);
  options.checkpoint = folder / "run";
  options.checkpoint_every = 7;
  options.validation = &data;
  const std::vector<double> losses = losses_of(options, data);
  ASSERT_EQ(losses.size(), 60u);
  EXPECT_LT(losses.back(), 0.8 * losses.front());
  EXPECT_EQ(files_in(folder / "run"), 1u);
  EXPECT_EQ(read_checkpoint(folder / "run").step, 60);
}

TEST(Train, EveryLossFallsAndComesBackFromTheCheckpoint) {
  const Dataset data = small_digits(100, 20);
  for (const Loss loss : {Loss::squared, Loss::label_smoothing, Loss::bce, Loss::huber}) {
    SCOPED_TRACE(name_of(loss));
    const TestFolder folder;
    TrainOptions options = options_for(data, "mlp", 25, 60);
    options.step.loss.kind = loss;
    if (loss == Loss::label_smoothing) options.step.loss.label_smoothing = 0.2;
    if (loss == Loss::squared) options.learning_rate = 0.001;  // it sums over the classes, the others average
    options.checkpoint = folder / "run";
    const std::vector<double> losses = losses_of(options, data);
    EXPECT_LT(losses.back(), 0.8 * losses.front());
    EXPECT_EQ(read_checkpoint(folder / "run").loss, options.step.loss);
    Pool pool(2);
    VariableStore variables = read_checkpoint(folder / "run").variables;
    EXPECT_GT(Evaluator(options.step, pool, variables).evaluate(data.train_x, data.train_y).accuracy, 0.3);
    options.resume = true;
    options.max_steps = 61;
    options.step.loss = {.kind = Loss::cross_entropy};
    EXPECT_ERROR(train(options, data), "was trained with --loss");
  }
}

TEST(Train, StepsFollowThePermutationsAcrossEpochs) {
  // Batch 30 of 100 examples crosses the epochs' ends; without shuffling step k reads rows (k-1)B .. kB-1, modulo N.
  const Dataset data = small_digits(100, 0);
  TrainOptions options = options_for(data, "mlp", 30, 8);
  options.shuffle = false;
  const std::vector<double> losses = losses_of(options, data);

  VariableStore variables = initial_variables(options.step, options.seed);
  Pool pool(2);
  Session session(options.step, pool, variables);
  const Tensor x({DType::float32, {30, 1, 28, 28}}), y({DType::int64, {30}});
  for (int64_t step = 1; step <= 8; ++step) {
    for (int64_t i = 0; i < 30; ++i)
      fill_range(data.train_x, data.train_y, ((step - 1) * 30 + i) % 100, slice_outermost(x.view(), i, 1),
                 slice_outermost(y.view(), i, 1));
    session.run(x.view(), y.view(), options.learning_rate, step);
    EXPECT_EQ(session.loss(), losses[size_t(step - 1)]) << "step " << step;
  }
}

TEST(Train, SeedsAndShufflingChangeTheRun) {
  const Dataset data = small_digits(100, 0);
  TrainOptions options = options_for(data, "mlp", 20, 4);
  const std::vector<double> first = losses_of(options, data);
  EXPECT_EQ(first, losses_of(options, data));
  options.seed = 1;
  EXPECT_NE(first, losses_of(options, data));
  options.seed = 0;
  options.shuffle = false;
  EXPECT_NE(first, losses_of(options, data));
}

TEST(Train, ResumedRunEndsWithTheSameBytesAndOneLog) {
  const Dataset data = small_digits(100, 20);
  for (const char* dtype : {"float32", "float64"}) {
    const TestFolder folder;
    TrainOptions options = options_for(data, "mlp", 24, 23, {{"dtype", dtype}});
    options.step.optimizer.kind = OptimizerKind::adam;
    options.validation = &data;
    options.log_validation = true;
    options.checkpoint = folder / "whole";
    options.log = folder / "whole.jsonl";
    train(options, data);
    options.checkpoint = folder / "parts";
    options.log = folder / "parts.jsonl";
    options.resume = true;  // without a checkpoint it starts afresh
    for (const int64_t steps : {9, 9, 14, 23}) {
      options.max_steps = steps;
      train(options, data);
    }
    EXPECT_EQ(file_bytes(checkpoint_file(folder / "whole")), file_bytes(checkpoint_file(folder / "parts")));
    std::vector<std::pair<int64_t, double>> steps[2];
    for (const int which : {0, 1})
      for (const nlohmann::json& line : lines_of(folder / (which ? "parts.jsonl" : "whole.jsonl")))
        if (line.contains("loss")) steps[which].emplace_back(line.at("step"), line.at("loss"));
    EXPECT_EQ(steps[0].size(), 23u);
    EXPECT_EQ(steps[0], steps[1]);
  }
}

TEST(Train, LogReadsBackExactly) {
  const TestFolder folder;
  const Dataset data = small_digits(100, 20);
  TrainOptions options = options_for(data, "mlp", 50, 5);
  options.log = folder / "log.jsonl";
  options.validation = &data;
  options.log_validation = true;
  const std::vector<double> losses = losses_of(options, data);
  std::vector<double> logged;
  int validations = 0;
  for (const nlohmann::json& line : lines_of(options.log)) {
    if (line.contains("validation_loss")) {
      ++validations;
      EXPECT_GE(line.at("validation_accuracy"), 0);
      continue;
    }
    logged.push_back(line.at("loss"));
    EXPECT_EQ(line.at("step"), int64_t(logged.size()));
    EXPECT_EQ(line.at("epoch"), (int64_t(logged.size()) - 1) / 2);
    EXPECT_EQ(line.at("learning_rate"), 0.01);
    EXPECT_GT(line.at("examples_per_s"), 0);
  }
  EXPECT_EQ(logged, losses);
  EXPECT_EQ(validations, 3);  // after steps 2 and 4, and at the end
}

TEST(Train, AnotherRunsCheckpointIsRefused) {
  const TestFolder folder;
  const Dataset data = small_digits(100, 0);
  TrainOptions options = options_for(data, "mlp", 20, 2);
  options.checkpoint = folder / "run";
  train(options, data);
  options.resume = true;
  TrainOptions other = options;
  other.step.batch = 10;
  EXPECT_ERROR(train(other, data), "--batch-size 20, this run has 10");
  other = options;
  other.seed = 7;
  EXPECT_ERROR(train(other, data), "--seed 0, this run has 7");
  other = options_for(data, "simplenn-4", 20, 2);
  other.checkpoint = options.checkpoint;
  other.resume = true;
  EXPECT_ERROR(train(other, data), "--network mlp, this run has simplenn-4");
  EXPECT_EQ(read_checkpoint(folder / "run").step, 2);
}

TEST(Train, InitialWeightsFromAFile) {
  const TestFolder folder;
  const Dataset data = small_digits(100, 0);
  TrainOptions options = options_for(data, "mlp", 20, 3);
  const std::vector<double> expected = losses_of(options, data);

  SafetensorsFile file;
  for (const ParameterInfo& info : parameters_of(options.step.network, DType::float64))
    file.tensors.push_back({info.name, initial_value(info, options.seed)});
  write_safetensors(folder / "good.safetensors", file);
  TrainOptions other = options;
  other.init = folder / "good.safetensors";
  EXPECT_EQ(losses_of(other, data), expected) << "float64 weights round to the float32 ones of the same seed";

  SafetensorsFile bad = file;
  bad.tensors.erase(bad.tensors.begin());
  bad.tensors.push_back({"fc9.weight", Tensor::zeros({DType::float32, {2}})});
  bad.tensors[0].tensor = Tensor::zeros({DType::float32, {3}});
  write_safetensors(folder / "bad.safetensors", bad);
  other.init = folder / "bad.safetensors";
  EXPECT_ERROR(train(other, data), "missing: fc1.weight; of another shape or type: fc1.bias");
  EXPECT_ERROR(train(other, data), "unknown: fc9.weight");
}

TEST(Train, DivergenceIsAnErrorThatKeepsTheLastCheckpoint) {
  const TestFolder folder;
  const Dataset data = small_digits(100, 0);
  TrainOptions options = options_for(data, "mlp", 20, 200);
  options.step.loss.kind = Loss::squared;
  options.learning_rate = 1e6;
  options.checkpoint = folder / "run";
  options.checkpoint_every = 1;
  EXPECT_ERROR(train(options, data), "training diverged");
  EXPECT_GE(read_checkpoint(folder / "run").step, 1);
}

TEST(Evaluate, RemainderCountsLikeTheRest) {
  const Dataset data = small_digits(100, 53);
  const TrainOptions options = options_for(data, "mlp", 20, 30);
  TrainResult result = train(options, data);
  Pool pool(2);
  Evaluation of[2];
  for (const int64_t batch : {10, 53}) {
    StepOptions step = options.step;
    step.batch = batch;
    of[batch == 53] = Evaluator(step, pool, result.variables).evaluate(data.test_x, data.test_y);
  }
  EXPECT_EQ(of[0].examples, 53);
  EXPECT_EQ(of[0].accuracy, of[1].accuracy);
  EXPECT_NEAR(of[0].loss, of[1].loss, 1e-6);
  EXPECT_GT(of[0].accuracy, 0.15);
}

TEST(TrainThreads, CheckpointsAreBitIdentical) {
  const TestFolder folder;
  const Dataset data = small_digits(96, 0);
  for (const char* network : {"mlp", "simplenn-4"})
    for (const char* schedule : {"slices", "sequential"}) {
      std::string first;
      for (const char* threads : {"1", "2", "3", "4"}) {
        TrainOptions options =
            options_for(data, network, 40, 4, {{"threads", threads}, {"schedule", schedule}, {"lanes", "3"}});
        options.checkpoint = folder / threads;
        train(options, data);
        const std::string bytes = file_bytes(checkpoint_file(folder / threads));
        if (first.empty()) first = bytes;
        EXPECT_EQ(bytes, first) << network << " " << schedule << " on " << threads << " threads";
      }
    }
}

/// Test accuracy after training with momentum 0.9, batch 50 and learning rate 0.02: as the README's commands do.
double accuracy_on(const std::string& path, std::optional<Split> split, int64_t epochs) {
  DataSpec spec;
  spec.spec = path;
  spec.split = split;
  const Dataset data = load_dataset(spec);
  TrainOptions options = options_for(data, "simplenn-4", 50, 0);
  options.max_steps.reset();
  options.epochs = epochs;
  options.learning_rate = 0.02;
  TrainResult result = train(options, data);
  Pool pool(options.step.way.threads);
  const double accuracy = Evaluator(options.step, pool, result.variables).evaluate(data.test_x, data.test_y).accuracy;
  std::printf("test accuracy %.2f %% after %lld steps\n", 100 * accuracy, static_cast<long long>(result.steps));
  return accuracy;
}

TEST(TrainAccuracySlow, SimpleNNData) {
  const std::string path = std::string(TACHO_SOURCE_DIR) + "/../shared/data/simplenn";
  if (!std::filesystem::is_directory(path)) GTEST_SKIP() << "no folder ../shared/data/simplenn beside the repository";
  EXPECT_GE(accuracy_on(path, {}, 10), 0.96);
}

TEST(TrainAccuracySlow, Mnist) {
  const std::string path = std::string(TACHO_SOURCE_DIR) + "/../shared/data/mnist";
  if (!std::filesystem::is_directory(path)) GTEST_SKIP() << "no folder ../shared/data/mnist beside the repository";
  EXPECT_GE(accuracy_on(path, Split{8000, 2000}, 4), 0.98);
}

}  // namespace
}  // namespace tacho
