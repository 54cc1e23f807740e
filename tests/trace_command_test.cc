// `tacho analyze --trace` as a user calls it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

TEST(TraceCommand, TrainTracesAWindowBehindItsWarmUpAndComputesTheSame) {
  const std::string folder = testing::TempDir() + "train_trace";
  std::filesystem::create_directories(folder);
  const auto train = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"train", "--network", "mlp", "--batch-size", "4", "--split", "80:0", "--tune",
                                   "off",   "--threads", "2",   "--lanes",      "2", "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramResult run = run_tacho(folder, words);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run;
  };
  const auto trace_of = [&](const std::string& path) { return nlohmann::json::parse(std::ifstream(path)); };
  const std::string path = folder + "/steps.json";
  train({"--max-steps", "30", "--log", folder + "/a", "--trace", path});
  const nlohmann::json trace = trace_of(path);
  EXPECT_EQ(trace["otherData"]["first_training_step"], 4);
  EXPECT_EQ(trace["otherData"]["traced_steps"], 10);
  EXPECT_EQ(trace["otherData"]["measured_steps"], 10) << "no more is recorded";
  std::map<int, int> kernels;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X" && event["cat"] == "kernel") ++kernels[event["tid"]];
  EXPECT_GT(kernels[0], 30);
  train({"--max-steps", "30", "--log", folder + "/b"});
  const auto losses = [&](const char* name) {
    std::vector<double> list;
    std::ifstream file(folder + "/" + name);
    for (std::string line; std::getline(file, line);) list.push_back(nlohmann::json::parse(line).at("loss"));
    return list;
  };
  EXPECT_EQ(losses("a").size(), 30u);
  EXPECT_EQ(losses("a"), losses("b"));
  // 20 steps an epoch: a resumed run at step 15 has warmed up at 18 and stops before the validation behind step 20.
  train({"--max-steps", "14", "--checkpoint", folder + "/run"});
  train({"--max-steps", "60", "--checkpoint", folder + "/run", "--resume", "--trace", path});
  EXPECT_EQ(trace_of(path)["otherData"]["first_training_step"], 18);
  EXPECT_EQ(trace_of(path)["otherData"]["traced_steps"], 3);
  train({"--max-steps", "2", "--trace", path});
  EXPECT_EQ(trace_of(path)["otherData"]["first_training_step"], 2) << "a short run keeps one step";
  EXPECT_EQ(trace_of(path)["otherData"]["traced_steps"], 1);
  train({"--max-steps", "5", "--execution", "procedural", "--trace", path});
  EXPECT_EQ(trace_of(path)["otherData"]["traced_steps"], 2);
  const ProgramResult nowhere = run_tacho(folder, {"train", "--trace", folder + "/none/x.json"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(nowhere.err)) << nowhere.err;
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

/// Reads a trace by the rules of Perfetto's importer (its trace processor's JSON tokenizer and slice tracker): times
/// are microseconds, made whole nanoseconds by `whole`; events are sorted by them, equal ones as they stand; on each
/// track a span closes those that ended before or with its begin, and is dropped where it then outlasts one that is
/// still open.
class PerfettoReader {
 public:
  explicit PerfettoReader(int64_t (*whole)(double)) : whole_(whole) {}

  void read(const nlohmann::json& trace) {
    std::vector<const nlohmann::json*> events;
    for (const auto& event : trace.at("traceEvents")) events.push_back(&event);
    const auto at = [&](const nlohmann::json* e) { return e->contains("ts") ? ns(e->at("ts")) : 0; };
    std::stable_sort(events.begin(), events.end(), [&](auto* a, auto* b) { return at(a) < at(b); });
    for (const nlohmann::json* event : events) {
      const std::string phase = event->at("ph");
      if (phase == "X") span(*event);
      else if (phase == "C") counters_ += event->at("args").size();
    }
  }
  int dropped() const { return dropped_; }
  size_t counters() const { return counters_; }
  /// How many spans of each depth, by category: "kernel 1".
  const std::map<std::string, int>& depths() const { return depths_; }

 private:
  int64_t ns(const nlohmann::json& us) const { return whole_(us.get<double>() * 1000.0); }
  void span(const nlohmann::json& event) {
    for (const char* member : {"pid", "tid"}) {  // of 32 bits, from 0 on
      const int64_t id = event.at(member);
      EXPECT_TRUE(id >= 0 && id <= UINT32_MAX) << event;
    }
    const int64_t begin = ns(event.at("ts")), duration = ns(event.at("dur"));
    if (duration < 0) return void(++dropped_);
    std::vector<int64_t>& open = open_[{event.at("pid"), event.at("tid")}];
    while (!open.empty() && open.back() <= begin) open.pop_back();
    for (const int64_t end : open)
      if (begin + duration > end) return void(++dropped_);
    ++depths_[event.at("cat").get<std::string>() + " " + std::to_string(open.size())];
    open.push_back(begin + duration);
  }

  int64_t (*whole_)(double);
  std::map<std::pair<int, int>, std::vector<int64_t>> open_;  ///< ends, by track
  std::map<std::string, int> depths_;
  int dropped_ = 0;
  size_t counters_ = 0;
};

TEST(TraceCommand, PerfettoKeepsEverySpanWhereItBelongs) {
  const std::string folder = testing::TempDir() + "trace_perfetto";
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/step.json";
  std::vector<std::string> arguments = analyze_with_trace(path);
  arguments.insert(arguments.end(), {"--threads", "2", "--steps", "40"});
  const ProgramResult run = run_tacho(folder, arguments);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json trace = nlohmann::json::parse(std::ifstream(path));  // throws where it is no UTF-8
  // With "ns" older versions take times as nanoseconds.
  EXPECT_EQ(trace.at("displayTimeUnit"), "ms");
  int spans = 0;
  for (const auto& event : trace.at("traceEvents")) spans += event.at("ph") == "X";
  EXPECT_GT(spans, 1000);
  const auto rounded = [](double ns) { return int64_t(std::llround(ns)); };
  const auto cut_off = [](double ns) { return int64_t(ns); };
  for (int64_t (*whole)(double) : {+rounded, +cut_off}) {
    PerfettoReader reader(whole);
    reader.read(trace);
    EXPECT_EQ(reader.dropped(), 0);
    EXPECT_GT(reader.counters(), 0u);
    int kept = 0;
    for (const auto& [place, count] : reader.depths()) {
      kept += count;
      EXPECT_EQ(place.back(), place.starts_with("step") ? '0' : '1') << place << ": " << count;
    }
    EXPECT_EQ(kept, spans);
  }
}

TEST(TraceCommand, ThePerfettoReaderOfThisTestDropsWhatOverlaps) {
  const auto events = [](const char* text) { return nlohmann::json{{"traceEvents", nlohmann::json::parse(text)}}; };
  const auto dropped = [](const nlohmann::json& trace) {
    PerfettoReader reader([](double ns) { return int64_t(std::llround(ns)); });
    reader.read(trace);
    return reader.dropped();
  };
  EXPECT_EQ(dropped(events(R"([{"ph":"X","cat":"a","pid":1,"tid":0,"ts":0,"dur":2},
                              {"ph":"X","cat":"a","pid":1,"tid":0,"ts":1,"dur":1.001}])")),
            1);
  EXPECT_EQ(dropped(events(R"([{"ph":"X","cat":"a","pid":1,"tid":0,"ts":0,"dur":2},
                              {"ph":"X","cat":"a","pid":1,"tid":1,"ts":1,"dur":5},
                              {"ph":"X","cat":"a","pid":1,"tid":0,"ts":2,"dur":5}])")),
            0)
      << "another track, and behind it";
  // One that begins with the one around it must stand behind it in the file.
  EXPECT_EQ(dropped(events(R"([{"ph":"X","cat":"a","pid":1,"tid":0,"ts":0,"dur":1},
                              {"ph":"X","cat":"a","pid":1,"tid":0,"ts":0,"dur":2}])")),
            1);
}

TEST(TraceCommand, AFolderThatIsNotThereIsSaidBeforeAnythingRuns) {
  const ProgramResult run = run_tacho(testing::TempDir(), analyze_with_trace("/no/such/folder/step.json"));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(run.err)) << run.err;
}

}  // namespace
}  // namespace tacho
