#include "io/traces/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tacho {
namespace {

std::vector<TraceEvent> events_of(const std::string& text, std::map<std::string, std::string>* head = nullptr) {
  std::vector<TraceEvent> events;
  auto found =
      for_each_event(text, "t.json", [&](const TraceEvent& event, const EventPlace&) { events.push_back(event); });
  if (head) *head = found;
  return events;
}

std::string stream_error(const std::string& text) {
  try {
    events_of(text);
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "";
}

int64_t stream_ns(const std::string& number) {
  const TraceEvent event = events_of("[{\"ts\": " + number + "}]").at(0);
  const std::string where = "t.json";
  return nanoseconds_of(event, "ts", {where, 0});
}

TEST(EventStream, ObjectsWithTraceEventsAndPlainLists) {
  std::map<std::string, std::string> head;
  const auto events = events_of(R"({"schemaVersion": 1, "deviceProperties": [{"id": 0}], "traceEvents": [
    {"ph": "X", "name": "a", "args": {"list": [[1, 2], []], "deep": {"x": "y"}}}, {"ph": "M"}], "traceName": "t"})",
                                &head);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["args"]["list"][0][1], 2);
  EXPECT_EQ(events[0]["args"]["deep"]["x"], "y");
  EXPECT_EQ(head["schemaVersion"], "1");
  EXPECT_EQ(head["traceName"], "t");
  EXPECT_EQ(events_of(R"([{"a": 1}, {"b": [1, {"c": 2}]}])").size(), 2u);
  EXPECT_TRUE(events_of("[]").empty());
}

TEST(EventStream, MicrosecondsAreExact) {
  EXPECT_EQ(stream_ns("4330527701071.506"), 4330527701071506);
  EXPECT_EQ(stream_ns("1690000000000000"), 1690000000000000000);
  EXPECT_EQ(stream_ns("0.1"), 100);
  EXPECT_EQ(stream_ns("-0.001"), -1);
  EXPECT_EQ(stream_ns("1.0005"), 1001);
  EXPECT_EQ(stream_ns("1.5e3"), 1500000);
}

TEST(EventStream, MistakesAreOneLineWithTheirPlace) {
  EXPECT_THAT(stream_error("{\"traceEvents\": [{\n\"a\": }]}"), testing::HasSubstr("t.json: line 2"));
  EXPECT_THAT(stream_error("{}"), testing::HasSubstr("no traceEvents"));
  EXPECT_THAT(stream_error("[{}, 3]"), testing::HasSubstr("event 1"));
  EXPECT_THAT(stream_error("[{\"a\": " + std::string(100, '[') + std::string(100, ']') + "}]"),
              testing::HasSubstr("nested"));
  EXPECT_THAT(stream_error("[{\"a\": 1}"), testing::HasSubstr("no valid JSON"));
  EXPECT_THROW(stream_ns("1e30"), Error);
  EXPECT_THROW(stream_ns("\"soon\""), Error);
  EXPECT_THROW(stream_ns("99999999999999999999"), Error);
  EXPECT_THROW(stream_ns("null"), Error);
}

}  // namespace
}  // namespace tacho
