#include "analysis/why/attribution.h"

#include <gtest/gtest.h>

#include "analysis/why/render.h"

namespace tacho {
namespace {

WaySample sample(int64_t product, int64_t outside) {
  return {product + outside, {{{"product", "matmul"}, product}, {{"outside", "dispatch"}, outside}}};
}

MeasuredWay way(const std::string& label, const std::vector<std::vector<WaySample>>& rounds) {
  MeasuredWay way;
  way.label = label;
  way.rounds = rounds;
  return way;
}

/// Two switches, each order measured: 100 -> 60 -> 30, and by the other order 100 -> 90 -> 30 ms.
WhyRecord two_switches() {
  const int64_t ms = 1'000'000;
  WhyRecord record;
  record.network = "net", record.data = "digits", record.optimizer = "sgd", record.machine = "a machine";
  record.batch = 8;
  record.turns = {{"gemm", "reference", "blas"}, {"threads", "1", "2"}};
  record.main.turns = {0, 1};
  record.others = {{{1, 0}, {}}};
  record.ways[0] = way("slow", {{sample(80 * ms, 20 * ms)}, {sample(82 * ms, 20 * ms)}});
  record.ways[1] = way("blas", {{sample(45 * ms, 15 * ms)}, {sample(45 * ms, 16 * ms)}});
  record.ways[2] = way("threads", {{sample(75 * ms, 15 * ms)}});
  record.ways[3] = way("both", {{sample(20 * ms, 10 * ms)}, {sample(21 * ms, 10 * ms)}});
  return record;
}

TEST(WhyAttribution, TermsAndTheirPartsSumExactly) {
  const WhyRecord record = two_switches();
  const Why why = attribute(record);
  ASSERT_EQ(why.terms.size(), 2u);
  EXPECT_EQ(why.difference_ns(), 70'000'000);
  EXPECT_EQ(why.terms[0].ns, 40'000'000);
  EXPECT_EQ(why.terms[1].ns, 30'000'000);
  EXPECT_DOUBLE_EQ(why.terms[1].factor, 2.0);
  for (const WhyTerm& term : why.terms) {
    int64_t sum = 0;
    for (const auto& [part, ns] : term.parts) sum += ns;
    EXPECT_EQ(sum, term.ns) << term.turn.name;
  }
  EXPECT_EQ(by_kind(why.terms[0].parts).at("product"), 35'000'000);
  EXPECT_EQ(by_kind(why.terms[0].parts).at("outside"), 5'000'000);
  // Rounds: 80-45 and 82-45, widened as the terms are.
  EXPECT_EQ(why.terms[0].kinds.at("product").low_ns, 28'000'000);
  EXPECT_EQ(why.terms[0].kinds.at("product").high_ns, 44'000'000);
}

TEST(WhyAttribution, RangesSayWhereTheyComeFrom) {
  const WhyRecord record = two_switches();
  const Why why = attribute(record);
  // Rounds: 100-60 and 102-61, any against any, and 3.5 times that more as they are two; orders: 40 first, 90-30 = 60
  // behind threads.
  EXPECT_EQ(why.terms[0].samples_low_ns, 28'500'000);
  EXPECT_EQ(why.terms[0].samples_high_ns, 52'500'000);
  EXPECT_EQ(why.terms[0].orders_low_ns, 40'000'000);
  EXPECT_EQ(why.terms[0].orders_high_ns, 60'000'000);
  EXPECT_EQ(why.terms[0].low_ns, 28'500'000);
  EXPECT_EQ(why.terms[0].high_ns, 60'000'000);
  EXPECT_FALSE(why.terms[0].orders_decide) << "24 ms of samples, 20 of orders";
  EXPECT_EQ(why.terms[1].orders_low_ns, 10'000'000);
  EXPECT_EQ(why.terms[1].rounds, 2u);
  EXPECT_EQ(why.fastest, nullptr);
}

TEST(WhyAttribution, FiveRoundsAreTheirOwnRange) {
  WhyRecord record = two_switches();
  const auto five = [](int64_t base) {
    std::vector<std::vector<WaySample>> rounds;
    for (int64_t r = 0; r < 5; ++r) rounds.push_back({sample(base + (r % 2 == 0 ? r : -r) * 1000, 0)});
    return rounds;
  };
  record.ways[0] = way("slow", five(900'000)), record.ways[1] = way("blas", {5, {sample(400'000, 0)}});
  const Why why = attribute(record);
  const WhyTerm& term = why.terms[0];
  EXPECT_EQ(term.samples_low_ns, 497'000);
  EXPECT_EQ(term.samples_high_ns, 504'000);
}

TEST(WhyAttribution, AFasterWayThanTheEndIsNamed) {
  WhyRecord record = two_switches();
  record.ways[1] = way("blas", {{sample(10'000'000, 0)}, {sample(11'000'000, 0)}});
  const Why why = attribute(record);
  ASSERT_NE(why.fastest, nullptr) << "its slowest round is 11 ms, the end's fastest 30";
  EXPECT_EQ(why.fastest->label, "blas");
  EXPECT_EQ(why.terms[1].ns, -20'000'000) << "a switch may cost time; the terms still sum";
  EXPECT_EQ(why.terms[0].ns + why.terms[1].ns, why.difference_ns());
}

TEST(WhyAttribution, TextFitsTheTerminalAndJsonSumsToo) {
  const WhyRecord record = two_switches();
  const Why why = attribute(record);
  std::istringstream lines(render_text(why));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
  const Json json = to_json(why);
  EXPECT_EQ(json.begin().key(), "schema");
  int64_t terms = 0;
  for (const Json& term : json["terms"]) {
    terms += term["ns"].get<int64_t>();
    int64_t kinds = 0, operations = 0;
    for (const Json& kind : term["kinds"]) kinds += kind["ns"].get<int64_t>();
    for (const Json& operation : term["operations"]) operations += operation["ns"].get<int64_t>();
    EXPECT_EQ(kinds, term["ns"]);
    EXPECT_EQ(operations, term["ns"]);
  }
  EXPECT_EQ(terms, json["from"]["step_ns"].get<int64_t>() - json["to"]["step_ns"].get<int64_t>());
}

}  // namespace
}  // namespace tacho
