#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "io/traces/read_trace.h"

namespace tacho {
namespace {

/// Multiplications of simplenn-4's products at batch 128, computed by hand.
constexpr int64_t kForwardProducts = 774'651'904, kBackwardProducts = 1'469'022'208;

/// X event of a category; times in microseconds as given.
std::string event(const std::string& category, const std::string& name, const std::string& ts, const std::string& dur,
                  const std::string& thread = "1", const std::string& args = "{}") {
  return "{\"ph\": \"X\", \"cat\": \"" + category + "\", \"name\": \"" + name +
         "\", \"pid\": \"CPU\", \"tid\": " + thread + ", \"ts\": " + ts + ", \"dur\": " + dur + ", \"args\": " + args +
         "}";
}

std::string trace(const std::vector<std::string>& events) {
  std::string text = "{\"schemaVersion\": 1, \"traceEvents\": [";
  for (size_t i = 0; i < events.size(); ++i) text += (i ? ",\n" : "\n") + events[i];
  return text + "]}";
}

const ProfiledOperation* first_operation(const StepProfile& profile, const std::string& kind) {
  for (const ProfiledOperation& operation : profile.operations)
    for (const ProfiledPart& part : operation.parts)
      if (part.kind == kind) return &operation;
  return nullptr;
}

int64_t account(const StepProfile& profile, const std::string& name) {
  for (const ProfiledAccount& account : profile.accounts)
    if (account.name == name) return account.samples_ns[profile.median];
  return 0;
}

std::string kineto_error(const std::string& text) {
  try {
    parse_kineto(text, "t.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// As versions of two years ago and more wrote it: whole absolute microseconds, names as process, no shapes.
TEST(Kineto, OldTraceWithoutShapesByHand) {
  const StepProfile p = parse_kineto(
      trace({event("Operator", "aten::conv2d", "1690000000000100", "50"),
             event("Operator", "aten::convolution", "1690000000000110", "30"),
             event("Operator", "autograd::engine::evaluate_function: ConvolutionBackward0", "1690000000000200", "100"),
             event("Operator", "ConvolutionBackward0", "1690000000000205", "90"),
             event("Operator", "aten::convolution_backward", "1690000000000210", "80"),
             event("user_annotation", "Optimizer.step#SGD.step", "1690000000000310", "20"),
             event("Operator", "aten::add_", "1690000000000312", "5"),
             event("Operator", "aten::add_", "1690000000000320", "6")}),
      "old.json");
  ASSERT_EQ(p.steps_ns, std::vector<int64_t>{230'000}) << "from the first event to the optimiser's end";
  ASSERT_TRUE(first_operation(p, "conv2d"));
  EXPECT_EQ(first_operation(p, "conv2d")->samples_ns[0], 50'000) << "with all that is within it, once";
  ASSERT_TRUE(first_operation(p, "conv2d_backward_weights"));
  EXPECT_EQ(first_operation(p, "conv2d_backward_weights")->samples_ns[0], 80'000);
  EXPECT_EQ(first_operation(p, "conv2d_backward_weights"), first_operation(p, "conv2d_backward_data"))
      << "one row, two parts";
  EXPECT_EQ(first_operation(p, "conv2d_backward_data")->parts[0].phase, "backward");
  EXPECT_TRUE(first_operation(p, "conv2d")->parts[0].shapes.empty());
  ASSERT_TRUE(first_operation(p, "update"));
  EXPECT_EQ(first_operation(p, "update")->samples_ns[0], 11'000) << "all that the optimiser calls is one row";
  EXPECT_EQ(account(p, "autograd engine"), 20'000);
  EXPECT_EQ(account(p, "optimizer's loop"), 9'000);
  EXPECT_EQ(account(p, "between operators"), 60'000);
  EXPECT_EQ(p.facts.step_kind, "train");
  EXPECT_EQ(p.facts.threads, -1) << "a trace does not say";
}

TEST(Kineto, StepsByProfilerStepAndTheMedianIsTaken) {
  std::vector<std::string> events;
  const int64_t lengths[] = {90, 40, 50};
  int64_t at = 0;
  for (int s = 0; s < 3; ++s) {
    events.push_back(event("user_annotation", "ProfilerStep#" + std::to_string(s + 2), std::to_string(at),
                           std::to_string(lengths[s])));
    events.push_back(event("cpu_op", "aten::relu", std::to_string(at + 5), std::to_string(10 + s)));
    at += lengths[s] + 7;  // what lies between two steps belongs to none
  }
  const StepProfile p = parse_kineto(trace(events), "t.json");
  EXPECT_EQ(p.steps_ns, (std::vector<int64_t>{90'000, 40'000, 50'000}));
  EXPECT_EQ(p.step_ns(), 50'000);
  EXPECT_EQ(p.facts.warmup, 2) << "the schedule's steps before the first recorded one";
  EXPECT_EQ(p.operations.at(0).samples_ns, (std::vector<int64_t>{10'000, 11'000, 12'000}));
  EXPECT_EQ(account(p, "between operators"), 38'000);
}

TEST(Kineto, TheKthOfAKindIsTheKthOfEveryStep) {
  std::vector<std::string> events;
  for (int s = 0; s < 2; ++s) {
    const auto at = [&](int us) { return std::to_string(100 * s + us); };
    events.push_back(event("user_annotation", "ProfilerStep#" + std::to_string(s), at(0), "100"));
    events.push_back(event("cpu_op", "aten::relu", at(10), "5", "1", R"({"Input Dims": [[8, 4]]})"));
    if (s == 0) events.push_back(event("cpu_op", "aten::relu", at(40), "9", "1", R"({"Input Dims": [[8, 2]]})"));
    events.push_back(event("cpu_op", "aten::relu", at(60), "7", "1", R"({"Input Dims": [[8, 4]]})"));
  }
  const StepProfile p = parse_kineto(trace(events), "t.json");
  ASSERT_EQ(p.operations.size(), 3u);
  EXPECT_EQ(p.operations[0].samples_ns, (std::vector<int64_t>{5'000, 5'000}));
  EXPECT_EQ(p.operations[1].samples_ns, (std::vector<int64_t>{9'000, 0})) << "absent from the second step";
  EXPECT_EQ(p.operations[2].samples_ns, (std::vector<int64_t>{7'000, 7'000}));
}

TEST(Kineto, OverlapsAndSeveralThreadsCloseTheStep) {
  const StepProfile p = parse_kineto(
      trace({event("user_annotation", "ProfilerStep#0", "0", "100"), event("cpu_op", "aten::relu", "10", "30"),
             event("cpu_op", "aten::sigmoid", "20", "40"),  // outlasts relu
             event("cpu_op", "aten::tanh", "50", "20", "\"worker 2\"")}),
      "t.json");
  EXPECT_EQ(first_operation(p, "relu")->samples_ns[0], 45'000)
      << "sigmoid began within relu, so it is a part of it; of what tanh shares on another thread it has half";
  EXPECT_FALSE(first_operation(p, "sigmoid"));
  ASSERT_TRUE(first_operation(p, "tanh"));
  EXPECT_EQ(first_operation(p, "tanh")->samples_ns[0], 15'000);
  EXPECT_THAT(p.notes, testing::Contains(testing::HasSubstr("outlast")));
}

TEST(Kineto, QuotesThatWereNotEscapedAreRepaired) {
  const StepProfile p =
      parse_kineto(trace({event("user_annotation", "ProfilerStep#0", "0", "100"),
                          event("cpu_op", "my::op(\"a\" of 3)", "10", "5"), event("cpu_op", "aten::relu", "20", "7")}),
                   "t.json");
  EXPECT_EQ(p.operations.size(), 2u);
  EXPECT_EQ(p.operations[0].name, "my::op(\"a\" of 3)");
  EXPECT_THAT(p.notes, testing::Contains(testing::HasSubstr("repaired")));
}

TEST(Kineto, WhatIsDamagedIsOneLineWithItsPlace) {
  EXPECT_THAT(kineto_error(trace({})), testing::HasSubstr("no operators"));
  EXPECT_THAT(kineto_error(trace({event("cpu_op", "aten::relu", "5", "-1")})),
              testing::HasSubstr("event 0 (aten::relu): dur"));
  EXPECT_THAT(kineto_error(trace({event("cpu_op", "aten::relu", "9e15", "9e15")})), testing::HasSubstr("clock"));
  EXPECT_THAT(kineto_error(trace({event("cpu_op", "", "1", "1")})), testing::HasSubstr("no name"));
  EXPECT_THAT(kineto_error("{\"traceEvents\": [{\"ph\": \"X\", \"cat\": \"cpu_op\", \"name\": \"a\", \"dur\": 1}]}"),
              testing::HasSubstr("no ts"));
  // Arguments of any form are no reason to refuse a trace.
  EXPECT_EQ(kineto_error(trace({event("cpu_op", "aten::conv2d", "0", "9", "1",
                                      R"({"Input Dims": [[1e3], "x", [-1, 9223372036854775807], [[1], [2]]],
                                      "Concrete Inputs": [1, null, "[9223372036854775807]"]})"),
                                event("cpu_op", "aten::linear", "10", "9", "1",
                                      R"({"Input Dims": [[-5, 9223372036854775807], [4, 9223372036854775807]]})")})),
            "");
}

/// The same network at batch 4, three steps behind two, with shapes, gzip.
void check_recorded(const char* version) {
  const StepProfile p = read_trace(std::string(TACHO_SOURCE_DIR) + "/tests/data/traces/pytorch-" + version +
                                   "-simplenn4-b4.pt.trace.json.gz");
  EXPECT_EQ(p.steps_ns.size(), 3u);
  EXPECT_EQ(p.facts.batch, 4);
  EXPECT_EQ(p.facts.dtype, "float32");
  EXPECT_EQ(p.facts.warmup, 2);
  std::map<std::string, int64_t> work;
  std::map<std::string, int> rows;
  for (const ProfiledOperation& operation : p.operations)
    for (const ProfiledPart& part : operation.parts)
      ++rows[part.kind], work[part.kind] += std::max<int64_t>(part.work, 0);
  EXPECT_EQ(rows["conv2d"], 3);
  EXPECT_EQ(rows["conv2d_backward_weights"], 3);
  EXPECT_EQ(rows["conv2d_backward_data"], 2) << "none for the first layer: its output mask says so";
  EXPECT_EQ(rows["matmul"], 3);
  EXPECT_EQ(rows["relu_backward"], 3);
  EXPECT_EQ(rows["softmax_cross_entropy_backward"], 1) << "two functions, one loss";
  EXPECT_EQ(rows["update"], 1);
  EXPECT_EQ(work["conv2d"] + work["matmul"] / 3, kForwardProducts / 32);
  EXPECT_EQ(work["conv2d_backward_data"] + work["conv2d_backward_weights"] + work["matmul"] / 3 * 2,
            kBackwardProducts / 32);
}

// Recorded for these tests; October 2024, and by bench/peers/record_pytorch.py with the newest of 2026.
TEST(Kineto, RecordedByPyTorch251) { check_recorded("2.5.1"); }
TEST(Kineto, RecordedByPyTorch215) { check_recorded("2.15.0"); }

TEST(Kineto, SharedTraceOfTheNewestPyTorch) {
  const std::string path =
      std::string(TACHO_SOURCE_DIR) + "/../shared/data/traces/pytorch-2.15.0-simplenn4-b128.pt.trace.json.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const StepProfile p = read_trace(path);
  EXPECT_EQ(p.steps_ns.size(), 4u);
  EXPECT_EQ(p.facts.batch, 128);
  int64_t products = 0;
  for (const ProfiledOperation& operation : p.operations)
    for (const ProfiledPart& part : operation.parts)
      if (part.kind.starts_with("conv2d") || part.kind == "matmul") products += part.work;
  EXPECT_EQ(products, kForwardProducts + kBackwardProducts);
}

}  // namespace
}  // namespace tacho
