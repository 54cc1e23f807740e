// `tacho why` end to end on small steps: terms sum to the whole and parts to the terms, in integers.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "data/test_files.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

using ParsedJson = nlohmann::json;

ParsedJson run_why(std::vector<std::string> arguments) {
  const TestFolder folder;
  arguments.insert(arguments.begin(), {"why", "--quiet", "--json", "-", "--split", "64:0", "--batch-size", "4"});
  const ProgramResult result = run_tacho(folder.path(), arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return ParsedJson::parse(result.out);
}

int64_t sum_of(const ParsedJson& parts) {
  int64_t sum = 0;
  for (const ParsedJson& part : parts) sum += part.at("ns").get<int64_t>();
  return sum;
}

void check_why_sums(const ParsedJson& why) {
  EXPECT_EQ(why.at("schema"), "tacho.why");
  const int64_t difference = why.at("from").at("step_ns").get<int64_t>() - why.at("to").at("step_ns").get<int64_t>();
  EXPECT_EQ(sum_of(why.at("terms")), difference);
  for (const ParsedJson& order : why.at("orders")) EXPECT_EQ(sum_of(order.at("terms")), difference);
  for (const ParsedJson& term : why.at("terms")) {
    EXPECT_EQ(sum_of(term.at("operations")), term.at("ns")) << term;
    EXPECT_EQ(sum_of(term.at("kinds")), term.at("ns")) << term;
    EXPECT_LE(term.at("low_ns"), term.at("ns"));
    EXPECT_GE(term.at("high_ns"), term.at("ns"));
  }
  for (const char* end : {"from", "to"}) EXPECT_EQ(sum_of(why.at(end).at("kinds")), why.at(end).at("step_ns"));
}

std::vector<std::string> names_of(const ParsedJson& terms) {
  std::vector<std::string> names;
  for (const ParsedJson& term : terms) names.push_back(term.at("switch"));
  return names;
}

TEST(Why, FromTheSlowestWayToTachosOwn) {
  const ParsedJson why = run_why({"simplenn-4", "--threads", "2", "--orders", "1", "--rounds", "1"});
  check_why_sums(why);
  EXPECT_EQ(names_of(why.at("terms")),
            (std::vector<std::string>{"backend", "gemm", "convolution", "execution", "tune", "layout", "memory-plan",
                                      "schedule", "fusion", "threads"}));
  for (const ParsedJson& end : {why.at("from"), why.at("to")}) EXPECT_GT(end.at("step_ns"), 0);
  EXPECT_EQ(why.at("from").at("switches").at("execution"), "procedural");
  EXPECT_EQ(why.at("to").at("switches").at("fusion"), "on");
  // Index manipulation is there with gather and gone with direct convolutions.
  std::map<std::string, int64_t> from;
  for (const ParsedJson& kind : why.at("from").at("kinds")) from[kind.at("kind")] = kind.at("ns");
  EXPECT_GT(from["index"], 0);
  EXPECT_GT(from["product"], 0);
}

TEST(Why, TurnsOnlyWhatDiffersAndInTheOrderGiven) {
  const ParsedJson why =
      run_why({"mlp", "--from", "execution=procedural,gemm=reference,threads=1,backend=blas,reference", "--to",
               "gemm=simd,tune=off,backend=blas,reference,threads=2", "--order", "fusion,threads,gemm", "--rounds", "2",
               "--orders", "2"});
  check_why_sums(why);
  const std::vector<std::string> names = names_of(why.at("terms"));
  EXPECT_EQ(names.front(), "threads") << "fusion waits for the graph";
  EXPECT_EQ(names[1], "gemm");
  EXPECT_EQ(names[2], "execution");
  EXPECT_EQ(names[3], "fusion");
  const ParsedJson& postponed = why.at("orders")[0].at("postponed");
  ASSERT_GE(postponed.size(), 1u);
  EXPECT_EQ(postponed[0].at("switch"), "fusion");
  EXPECT_NE(postponed[0].at("reason").get<std::string>().find("procedural"), std::string::npos);
}

TEST(Why, MistakesAreOneLine) {
  const TestFolder folder;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"why", "--from", "fast"}, "--from expects SWITCH=VALUE"},
      {{"why", "--from", "speed=high"}, "unknown switch 'speed'"},
      {{"why", "--order", "speed", "--batch-size", "2"}, "--order: unknown switch 'speed'"},
      {{"why", "--from", "threads=1", "--to", "threads=1"}, "both ends are the same way"},
  };
  for (const auto& [arguments, part] : cases) {
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 2) << part;
    EXPECT_TRUE(is_one_error_line(result.err)) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace tacho
