// oneDNN's log, ONNX Runtime's profile, plain CSV, gzip, and what is no trace at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "io/traces/read_trace.h"

namespace tacho {
namespace {

std::string trace_error(const std::string& text) {
  try {
    parse_trace(text, "t");
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "";
}

const ProfiledPart* first_part(const StepProfile& profile, const std::string& kind) {
  for (const ProfiledOperation& operation : profile.operations)
    for (const ProfiledPart& part : operation.parts)
      if (part.kind == kind) return &part;
  return nullptr;
}

std::string shared_trace(const char* name) { return std::string(TACHO_SOURCE_DIR) + "/../shared/data/traces/" + name; }

const std::string kLogHead =
    "onednn_verbose,v1,info,oneDNN v3.13.3 (commit b38f97e)\n"
    "onednn_verbose,v1,info,cpu,runtime:OpenMP,nthr:2\n";
std::string log_line(const std::string& primitive, const std::string& direction, const std::string& memory,
                     const std::string& problem, const std::string& ms, const std::string& aux = "") {
  return "onednn_verbose,v1,primitive,exec,cpu," + primitive + ",jit," + direction + "," + memory +
         ",attr-scratchpad:user," + aux + "," + problem + "," + ms + "\n";
}
const std::string kConvolution = "mb4_ic1oc32_ih28oh28kh5sh1dh0ph2_iw28ow28kw5sw1dw0pw2";

TEST(OnednnVerbose, StepsAreFoundByRepetition) {
  std::string text = kLogHead + log_line("reorder", "undef", "src:f32::a", "7", "9");  // once, before the first step
  for (int s = 0; s < 3; ++s)
    text += log_line("convolution", "forward_training", "src:f32::blocked:acdb::f0 bia:f32:a:blocked:a::f0",
                     kConvolution, std::to_string(1 + s) + ".5") +
            "something else in between\n" + log_line("reorder", "undef", "src:f32::a", "32x1x5x5", "0.25") +
            log_line("convolution", "backward_weights", "src:f32::blocked bia:undef::undef:::", kConvolution, "2");
  const StepProfile p = parse_trace(text, "t");
  EXPECT_EQ(p.steps_ns, (std::vector<int64_t>{3'750'000, 4'750'000, 5'750'000}));
  EXPECT_EQ(p.step_ns(), 4'750'000);
  EXPECT_EQ(p.facts.threads, 2);
  EXPECT_EQ(p.facts.batch, 4);
  EXPECT_EQ(p.facts.dtype, "float32");
  EXPECT_EQ(p.facts.versions.at("oneDNN"), "3.13.3");
  EXPECT_EQ(p.facts.step_kind, "train");
  EXPECT_FALSE(p.facts.whole_step);
  ASSERT_TRUE(first_part(p, "conv2d"));
  EXPECT_EQ(first_part(p, "conv2d")->work, 80'281'600 / 32) << "25 products for each of 4 x 32 x 28 x 28 outputs";
  EXPECT_TRUE(first_part(p, "bias_add"));
  EXPECT_FALSE(first_part(p, "sum")) << "this one has no bias";
  ASSERT_EQ(p.accounts.size(), 1u);
  EXPECT_EQ(p.accounts[0].samples_ns, std::vector<int64_t>(3, 250'000)) << "reorders stand apart";
}

TEST(OnednnVerbose, WhatNeverRepeatsIsOneStep) {
  const StepProfile p =
      parse_trace(kLogHead + log_line("matmul", "undef", "src:f32::ab", "8x4:4x2", "1") +
                      log_line("inner_product", "backward_data", "src:f32::ab", "mb8ic4oc2", "2") +
                      log_line("pooling", "forward_training", "src:f32::a",
                               "mb4ic2_ih4oh2kh2sh2dh0ph0_iw4ow2kw2sw2dw0pw0", "3", "alg:pooling_max"),
                  "t");
  EXPECT_EQ(p.steps_ns, std::vector<int64_t>{6'000'000});
  EXPECT_THAT(p.notes, testing::Contains(testing::HasSubstr("never repeats")));
  EXPECT_EQ(p.operations[0].parts[0].shapes, (std::vector<std::vector<int64_t>>{{4}, {2, 8}}));
  EXPECT_EQ(p.operations[1].parts[0].shapes, (std::vector<std::vector<int64_t>>{{2}, {4, 8}}));
  EXPECT_EQ(first_part(p, "max_pool2d")->shapes, (std::vector<std::vector<int64_t>>{{4, 2, 4, 4}}));
}

TEST(OnednnVerbose, MistakesHaveTheirLine) {
  EXPECT_THAT(trace_error(kLogHead), testing::HasSubstr("profile_exec"));
  EXPECT_THAT(trace_error(kLogHead + "onednn_verbose,v1,primitive,exec,cpu,matmul\n"), testing::HasSubstr("line 3"));
  EXPECT_THAT(trace_error(kLogHead + log_line("matmul", "undef", "", "1x1:1x1", "soon")), testing::HasSubstr("'soon'"));
  EXPECT_THAT(trace_error(kLogHead + log_line("matmul", "undef", "", "1x1:1x1", "-3")), testing::HasSubstr("line 3"));
  EXPECT_EQ(
      trace_error(kLogHead + log_line("matmul", "undef", "", "99999999999999999999x1:x", "1") +
                  log_line("inner_product", "backward_data", "", "mb9223372036854775807ic9223372036854775807oc7", "1") +
                  log_line("convolution", "backward_data", "bia:", "mb-1_ic0oc0_ih__", "1")),
      "");
}

TEST(OnednnVerbose, SharedLogsOfPyTorchAndTensorFlow) {
  for (const char* name : {"onednn-verbose-pytorch-2.15.0-simplenn4-b128-channels-last.csv",
                           "onednn-verbose-tensorflow-2.21.0-simplenn4-b128.csv"}) {
    const std::string path = shared_trace(name);
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
    const StepProfile p = read_trace(path);
    EXPECT_EQ(p.steps_ns.size(), 11u);
    EXPECT_EQ(p.facts.batch, 128);
    EXPECT_EQ(first_part(p, "conv2d")->work, 80'281'600);
  }
}

std::string node_event(const std::string& name, const std::string& op, int ts, int dur, const std::string& shapes) {
  return R"({"cat": "Node", "pid": 1, "tid": 1, "ph": "X", "name": ")" + name + R"(_kernel_time", "ts": )" +
         std::to_string(ts) + ", \"dur\": " + std::to_string(dur) + R"(, "args": {"op_name": ")" + op +
         R"(", "input_type_shape": )" + shapes +
         R"(, "output_type_shape": [{"float": [8, 10]}], "thread_scheduling_stats": {"main_thread": {}, "sub_threads": {"7": {}}}}})";
}
std::string run_event(int ts, int dur) {
  return R"({"cat": "Session", "pid": 1, "tid": 1, "ph": "X", "name": "model_run", "ts": )" + std::to_string(ts) +
         ", \"dur\": " + std::to_string(dur) + ", \"args\": {}}";
}

TEST(OnnxRuntime, RunsAreSteps) {
  std::string text = "[\n";
  for (int s = 0; s < 2; ++s) {
    text += node_event("/1/Relu_output_0_nchwc", "Conv", 100 * s + 5, 30,
                       R"([{"float": [8, 1, 4, 4]}, {"float": [2, 1, 3, 3]}])") +
            ",\n";
    text += node_event("/2/Flatten", "Flatten", 100 * s + 40, 2, "[]") + ",\n";
    text += node_event("/3/Gemm", "Gemm", 100 * s + 50, 20, R"([{"float": [8, 32]}, {"float": [10]}])") + ",\n";
    text += run_event(100 * s, 90) + (s == 0 ? ",\n" : "]");
  }
  const StepProfile p = parse_trace(text, "t");
  EXPECT_EQ(p.steps_ns, (std::vector<int64_t>{90'000, 90'000}));
  EXPECT_EQ(p.facts.threads, 2);
  EXPECT_EQ(p.facts.batch, 8);
  ASSERT_EQ(p.operations.size(), 2u);
  EXPECT_EQ(p.operations[0].samples_ns, std::vector<int64_t>(2, 30'000));
  EXPECT_TRUE(first_part(p, "relu")) << "fused: the node's name says so";
  // The packed weight is no input any more; its columns are the output's.
  EXPECT_EQ(first_part(p, "matmul")->shapes, (std::vector<std::vector<int64_t>>{{32}, {8, 10}}));
  EXPECT_EQ(first_part(p, "matmul")->work, 8 * 32 * 10);
}

TEST(OnnxRuntime, SharedProfile) {
  const std::string path = shared_trace("onnxruntime-1.31.1-simplenn4-b128-inference.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const StepProfile p = read_trace(path);
  EXPECT_EQ(p.steps_ns.size(), 5u);
  EXPECT_EQ(p.step_ns(), 6'796'000);
  EXPECT_EQ(p.facts.step_kind, "inference");
}

TEST(PlainCsv, StepsLayersAndTheTimeOutside) {
  const StepProfile p = parse_trace(
      "step,op,layer,phase,ns\n"
      "0,conv2d,conv1,forward,100\n0,conv2d,conv2,forward,200\n0,momentum_update,conv1,update,10\n0,idle,,,5\n"
      "1,conv2d,conv1,forward,110\n1,conv2d,conv2,forward,190\n1,momentum_update,conv1,update,10\n1,idle,,,1\n",
      "t");
  EXPECT_EQ(p.steps_ns, (std::vector<int64_t>{315, 311}));
  EXPECT_EQ(p.operations.size(), 3u);
  EXPECT_EQ(p.operations[0].parts[0].layer, "conv1");
  EXPECT_EQ(p.accounts.at(0).bucket, ProfiledAccount::idle);
  EXPECT_TRUE(p.facts.whole_step);
  EXPECT_FALSE(parse_trace("op,layer,phase,ns\nconv2d,c,forward,1\n", "t").facts.whole_step);
}

TEST(PlainCsv, MistakesHaveTheirLine) {
  EXPECT_THAT(trace_error("op,layer,phase\n"), testing::HasSubstr("line 1: expected the columns"));
  EXPECT_THAT(trace_error("op,layer,phase,ns\n"), testing::HasSubstr("no rows"));
  EXPECT_THAT(trace_error("op,layer,phase,ns\na,b,forward\n"), testing::HasSubstr("line 2: 3 fields"));
  EXPECT_THAT(trace_error("op,layer,phase,ns\na,b,forward,-4\n"), testing::HasSubstr("ns is '-4'"));
  EXPECT_THAT(trace_error("op,layer,phase,ns\na,b,sideways,4\n"), testing::HasSubstr("phase is 'sideways'"));
  EXPECT_THAT(trace_error("op,layer,phase,ns\na,b,forward,9223372036854775807\na,b,forward,1\n"),
              testing::HasSubstr("64 bits"));
}

TEST(Traces, WhatIsNoneIsSaidInOneLine) {
  EXPECT_THAT(trace_error(""), testing::HasSubstr("empty"));
  EXPECT_THAT(trace_error("hello\n"), testing::HasSubstr("neither"));
  EXPECT_THAT(trace_error(R"({"schema": "tacho.why", "schema_version": 1})"),
              testing::HasSubstr("expected tacho.analyze"));
  EXPECT_THAT(trace_error(R"({"schema": "tacho.analyze"})"), testing::HasSubstr("has no `network`"));
  EXPECT_THAT(trace_error(R"({"schema": "tacho.analyze", "a": )" + std::string(100, '[')),
              testing::HasSubstr("nested"));
  EXPECT_THROW(read_trace("/no/such/file.json"), Error);
}

TEST(Traces, GzipIsReadAndDamageNoticed) {
  const std::string folder = testing::TempDir() + "traces_gzip";
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/t.csv.gz";
  const std::string rows(200'000, ' ');
  const gzFile file = gzopen(path.c_str(), "wb");
  const std::string text = "op,layer,phase,ns\nconv2d,c,forward,7\n";
  gzwrite(file, text.data(), unsigned(text.size()));
  gzclose(file);
  EXPECT_EQ(read_trace(path).step_ns(), 7);
  EXPECT_THROW(read_maybe_gzip(path, 10), Error) << "the limit is on what comes out";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 6);
  EXPECT_THROW(read_trace(path), Error);
  EXPECT_THROW(read_trace(folder), Error);
}

}  // namespace
}  // namespace tacho
