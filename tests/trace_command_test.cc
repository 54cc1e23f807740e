// `tacho analyze --trace` as a user calls it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/run_program.h"

namespace tacho {
namespace {

std::vector<std::string> analyze_with_trace(const std::string& path) {
  return {"analyze", "--network", "mlp", "--batch-size", "4",   "--steps", "3",       "--tune",
          "off",     "--ways",    "off", "--apart",      "off", "--quiet", "--trace", path};
}

TEST(TraceCommand, WritesATraceThatAProgramReads) {
  const std::string folder = testing::TempDir() + "trace_command";
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/step.json";
  const ProgramResult run = run_tacho(folder, analyze_with_trace(path));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json trace = nlohmann::json::parse(std::ifstream(path));
  EXPECT_EQ(trace["otherData"]["traced_steps"], 3);
  int kernels = 0;
  for (const auto& event : trace["traceEvents"]) kernels += event["ph"] == "X" && event["cat"] == "kernel";
  EXPECT_GT(kernels, 3);
}

/// What the Trace Event Format asks of an event, by its phase ("Trace Event Format", Google, sections on complete,
/// metadata and counter events; Perfetto's importer reads the same).
void check_event(const nlohmann::json& event) {
  ASSERT_TRUE(event.is_object());
  ASSERT_TRUE(event.contains("ph") && event["ph"].is_string()) << event;
  ASSERT_TRUE(event.contains("name") && event["name"].is_string()) << event;
  EXPECT_FALSE(event["name"].get<std::string>().empty()) << event;
  ASSERT_TRUE(event.contains("pid") && event["pid"].is_number_integer()) << event;
  ASSERT_TRUE(event.contains("args") && event["args"].is_object()) << event;
  const std::string phase = event["ph"], name = event["name"];
  const auto time = [&](const char* member) {
    return event.contains(member) && event[member].is_number() && event[member].get<double>() >= 0;
  };
  if (phase == "X") {
    EXPECT_TRUE(event.contains("tid") && event["tid"].is_number_integer()) << event;
    EXPECT_TRUE(event.contains("cat") && event["cat"].is_string()) << event;
    EXPECT_TRUE(time("ts") && time("dur")) << event;
  } else if (phase == "M") {
    ASSERT_TRUE(name == "process_name" || name == "thread_name" || name == "thread_sort_index") << event;
    if (name == "thread_sort_index") EXPECT_TRUE(event["args"].at("sort_index").is_number_integer()) << event;
    else EXPECT_TRUE(event["args"].at("name").is_string()) << event;
  } else {
    ASSERT_EQ(phase, "C") << event;
    EXPECT_TRUE(time("ts")) << event;
    ASSERT_FALSE(event["args"].empty()) << event;
    for (const auto& [series, value] : event["args"].items()) EXPECT_TRUE(value.is_number()) << event;
  }
}

TEST(TraceCommand, FollowsTheTraceEventFormat) {
  const std::string folder = testing::TempDir() + "trace_format";
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/step.json";
  std::vector<std::string> arguments = analyze_with_trace(path);
  arguments.insert(arguments.end(), {"--threads", "2"});
  const ProgramResult run = run_tacho(folder, arguments);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json trace = nlohmann::json::parse(std::ifstream(path));
  ASSERT_TRUE(trace.is_object());
  EXPECT_TRUE(trace["displayTimeUnit"] == "ms" || trace["displayTimeUnit"] == "ns");
  ASSERT_TRUE(trace["traceEvents"].is_array());
  std::map<std::string, int> phases;
  std::set<int> named, used;
  std::map<int, std::pair<double, double>> last;  // of a thread: begin and duration of its last span
  for (const auto& event : trace["traceEvents"]) {
    check_event(event);
    if (testing::Test::HasFatalFailure()) return;
    ++phases[event["ph"].get<std::string>()];
    if (event["name"] == "thread_name") named.insert(event["tid"].get<int>());
    if (event["ph"] != "X" || event["cat"] == "step") continue;
    // Within a step's span, one after the other: nothing for a reader to sort or to cut.
    const int thread = event["tid"];
    const double begin = event["ts"], duration = event["dur"];
    used.insert(thread);
    if (last.count(thread)) {
      EXPECT_NEAR(begin, last[thread].first + last[thread].second, 1e-6) << "no gap, no overlap: " << event;
    }
    last[thread] = {begin, duration};
  }
  EXPECT_EQ(named, used) << "each track has its thread's name";
  EXPECT_EQ(used, (std::set<int>{0, 1}));
  for (const char* phase : {"X", "M", "C"}) EXPECT_GT(phases[phase], 0) << phase;
}

TEST(TraceCommand, AFolderThatIsNotThereIsSaidBeforeAnythingRuns) {
  const ProgramResult run = run_tacho(testing::TempDir(), analyze_with_trace("/no/such/folder/step.json"));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(run.err)) << run.err;
}

}  // namespace
}  // namespace tacho
