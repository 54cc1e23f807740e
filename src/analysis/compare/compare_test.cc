#include "analysis/compare/compare.h"

#include <gtest/gtest.h>

#include <sstream>

#include "analysis/compare/decompose.h"
#include "analysis/compare/rank_sum.h"
#include "analysis/compare/regression.h"
#include "analysis/compare/render_compare.h"
#include "base/random.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

/// Closed steps of random times: `operations` of kinds "op0", "op1", ... and one account of each bucket.
StepProfile random_profile(uint64_t seed, size_t operations, size_t steps, int64_t threads) {
  const Random random(seed);
  uint64_t draw = 0;
  StepProfile p;
  p.file = "profile " + std::to_string(seed), p.source = "test";
  p.facts = {"net", "float32", "machine", "sgd", "train", 8, threads, 1, {}, true};
  p.unit = threads;
  for (size_t o = 0; o < operations; ++o) {
    ProfiledPart part{"op" + std::to_string(o), "forward"};
    part.work = int64_t(random.below(draw++, 1000) + 1);
    p.operations.push_back({part.kind, {part}, -1, {}});
  }
  p.accounts = {{ProfiledAccount::waiting, "sync", {}},
                {ProfiledAccount::overhead, "dispatch", {}},
                {ProfiledAccount::idle, "idle", {}}};
  for (size_t s = 0; s < steps; ++s) {
    int64_t sum = 0;
    const auto add = [&](std::vector<int64_t>& samples) {
      samples.push_back(int64_t(random.below(draw++, 1'000'000) + 1));
      sum += samples.back();
    };
    for (ProfiledOperation& operation : p.operations) add(operation.samples_ns);
    for (ProfiledAccount& account : p.accounts) add(account.samples_ns);
    p.accounts[2].samples_ns.back() += (threads - sum % threads) % threads;
    p.steps_ns.push_back((sum + threads - 1) / threads);
    p.sampled.push_back(int64_t(s));
  }
  p.median = size_t(median_index(p.steps_ns));
  return p;
}

int64_t sum_of_terms(const Json& json) {
  int64_t sum = 0;
  for (const Json& term : json["terms"]) sum += term["ns"].get<int64_t>();
  return sum;
}

TEST(Compare, LibrariesThatDifferAreNamedOneByOne) {
  const auto versions = [](std::map<std::string, std::string> of_b, const char* source_b) {
    StepProfile a = random_profile(1, 2, 3, 1), b = a;
    a.facts.versions = {{"OpenBLAS", "0.3.21"}, {"gcc", "12.2.0"}, {"oneDNN", "2.6.3"}};
    b.facts.versions = std::move(of_b), b.source = source_b;
    std::vector<Confounder> found;
    for (const Confounder& row : confounders(a, b))
      if (row.what.find("version") != std::string::npos) found.push_back(row);
    return found;
  };
  const auto same = versions({{"OpenBLAS", "0.3.21"}, {"gcc", "12.2.0"}, {"oneDNN", "2.6.3"}}, "test");
  ASSERT_EQ(same.size(), 1u);
  EXPECT_EQ(same[0].state, Confounder::same);
  const auto other = versions({{"OpenBLAS", "0.3.21"}, {"clang", "19"}, {"oneDNN", "3.13"}}, "test");
  ASSERT_EQ(other.size(), 3u);
  EXPECT_EQ(other[0].what, "clang version");
  EXPECT_EQ(other[0].a, "not there");
  EXPECT_EQ(other[2].what, "oneDNN version");
  EXPECT_EQ(other[2].a, "2.6.3");
  EXPECT_EQ(other[2].b, "3.13");
  for (const Confounder& row : other) EXPECT_EQ(row.state, Confounder::differs);
  // Another program has other libraries by nature.
  const auto foreign = versions({{"oneDNN", "3.13"}}, "another program");
  ASSERT_EQ(foreign.size(), 1u);
  EXPECT_EQ(foreign[0].state, Confounder::unknown);
}

TEST(Compare, TermsSumToTheDifferenceAndTurnTheirSigns) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    // B has operations that A lacks, another number of threads, other counts.
    const StepProfile a = random_profile(2 * seed, 3 + seed % 4, 5, 1 + int64_t(seed % 3));
    const StepProfile b = random_profile(2 * seed + 1, 4 + seed % 3, 7, 1 + int64_t(seed % 2));
    const Comparison forth = compare(a, b), back = compare(b, a);
    const Json json = compare_to_json(forth, {.accept = true});
    EXPECT_EQ(json["difference_ns"].get<int64_t>(), b.step_ns() - a.step_ns());
    EXPECT_EQ(sum_of_terms(json), b.step_ns() - a.step_ns());
    EXPECT_EQ(forth.work.ns + forth.rate.ns + forth.parallelism.ns + forth.overhead.ns + forth.idle.ns +
                  forth.unmatched_sum.ns,
              forth.difference_ns);
    EXPECT_NEAR(double(forth.work.ns), double(-back.work.ns), 10);
    EXPECT_NEAR(double(forth.rate.ns), double(-back.rate.ns), 20);
    EXPECT_NEAR(double(forth.parallelism.ns), double(-back.parallelism.ns), 10);
    EXPECT_EQ(forth.idle.ns, -back.idle.ns);
    for (const ComparedGroup& group : forth.groups) {
      ASSERT_TRUE(group.rate.low_ns && group.rate.high_ns);
      EXPECT_LE(*group.rate.low_ns, group.rate.ns);
      EXPECT_GE(*group.rate.high_ns, group.rate.ns);
    }
  }
}

TEST(Compare, PlantedTimeComesBackInItsTerm) {
  constexpr int64_t kPlanted = 1'000'000;
  const StepProfile base = random_profile(5, 4, 9, 1);
  const auto planted = [&](auto&& where) {
    StepProfile p = base;
    for (int64_t& ns : where(p)) ns += kPlanted;
    for (int64_t& ns : p.steps_ns) ns += kPlanted;
    return compare(base, p);
  };
  const Comparison kernel = planted([](StepProfile & p) -> auto& { return p.operations[2].samples_ns; });
  EXPECT_EQ(kernel.difference_ns, kPlanted);
  for (const ComparedGroup& group : kernel.groups)
    EXPECT_EQ(group.rate.ns, group.name == "op2" ? kPlanted : 0) << group.name;
  EXPECT_EQ(planted([](StepProfile & p) -> auto& { return p.accounts[0].samples_ns; }).parallelism.ns, kPlanted);
  EXPECT_EQ(planted([](StepProfile & p) -> auto& { return p.accounts[1].samples_ns; }).overhead.ns, kPlanted);
  EXPECT_EQ(planted([](StepProfile & p) -> auto& { return p.accounts[2].samples_ns; }).idle.ns, kPlanted);
}

TEST(Compare, EqualProfilesHaveNoDifferenceInAnyTerm) {
  const StepProfile p = random_profile(3, 5, 9, 2);
  const Comparison c = compare(p, p);
  EXPECT_EQ(c.difference_ns, 0);
  for (const ComparedGroup& group : c.groups) EXPECT_EQ(group.rate.ns, 0) << group.name;
  EXPECT_TRUE(c.unmatched.empty());
}

TEST(Compare, AFewStepsGiveNoInterval) {
  const Comparison c = compare(random_profile(1, 3, 2, 1), random_profile(2, 3, 5, 1));
  EXPECT_FALSE(c.rate.low_ns);
  EXPECT_TRUE(compare_to_json(c, {})["sums"]["rate"]["low_ns"].is_null());
}

TEST(Compare, WithholdsItsTermsWhereSomethingElseDiffers) {
  StepProfile a = random_profile(1, 3, 5, 1), b = random_profile(2, 3, 5, 1);
  b.facts.batch = 16;
  const Comparison c = compare(a, b);
  EXPECT_TRUE(c.confounded());
  const Json withheld = compare_to_json(c, {}), accepted = compare_to_json(c, {.accept = true});
  EXPECT_FALSE(withheld["concluded"]);
  EXPECT_TRUE(withheld["terms"].empty());
  EXPECT_EQ(sum_of_terms(accepted), c.difference_ns);
  EXPECT_NE(render_compare_text(c, {}).find("NO CONCLUSION"), std::string::npos);
  EXPECT_EQ(render_compare_text(c, {.accept = true}).find("NO CONCLUSION"), std::string::npos);
}

TEST(Compare, AnUnknownFactIsNoDifference) {
  StepProfile a = random_profile(1, 3, 5, 1), b = random_profile(2, 3, 5, 1);
  b.facts.machine = "", b.facts.threads = -1;
  const Comparison c = compare(a, b);
  EXPECT_FALSE(c.confounded());
  EXPECT_NE(render_compare_text(c, {}).find("not recorded"), std::string::npos);
}

TEST(Compare, TextFitsEightyColumns) {
  StepProfile a = random_profile(1, 40, 5, 2), b = random_profile(2, 44, 5, 2);
  a.file = std::string(200, 'x') + "/b", a.operations[3].name = std::string(100, 'n');
  for (size_t s = 0; s < b.steps_ns.size(); ++s)
    b.steps_ns[s] += 100'000'000'000, b.accounts[2].samples_ns[s] += 200'000'000'000;
  std::istringstream lines(render_compare_text(compare(a, b), {}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
}

TEST(Decompose, OneFactorTakesTheWholeDifference) {
  const GroupDifference work = decompose({1000, 10, 2}, {3000, 30, 2});
  EXPECT_EQ(work.work_ns, 2000);
  EXPECT_EQ(work.rate_ns, 0);
  EXPECT_EQ(work.parallelism_ns, 0);
  const GroupDifference rate = decompose({1000, 10, 2}, {1500, 10, 2});
  EXPECT_EQ(rate.rate_ns, 500);
  // Half the threads at the same cost of each operation: twice as long.
  const GroupDifference threads = decompose({1000, 10, 2}, {2000, 10, 1});
  EXPECT_EQ(threads.parallelism_ns, 1000);
  EXPECT_EQ(threads.rate_ns, 0);
}

TEST(Decompose, ByHand) {
  // Work 1 -> 2, cost 3 -> 5: 3 -> 10. Averaged over both orders: work (2-1)(3+5)/2 = 4, rate (5-3)(1+2)/2 = 3.
  const GroupDifference d = decompose({3, 1, 1}, {10, 2, 1});
  EXPECT_EQ(d.work_ns, 4);
  EXPECT_EQ(d.rate_ns, 3);
}

TEST(RankSum, KnownProbabilities) {
  // Four above four: 1 of 70 ways to mix them.
  EXPECT_NEAR(rank_sum_above({1, 2, 3, 4}, {5, 6, 7, 8}), 1.0 / 70, 1e-12);
  EXPECT_NEAR(rank_sum_above({5, 6, 7, 8}, {1, 2, 3, 4}), 1, 1e-12);
  // Seven of nine pairs have b above; of the 20 ways to mix them those with 7, 8 and 9 such pairs are 2, 1 and 1.
  EXPECT_NEAR(rank_sum_above({1, 3, 4}, {2, 5, 6}), 4.0 / 20, 1e-12);
  EXPECT_EQ(rank_sum_above({}, {1}), 1);
}

TEST(RankSum, TheApproximationMeetsTheExactOne) {
  // 20 x 20 is exact, 21 x 20 approximated: about the same shift, about the same probability.
  std::vector<int64_t> a, b;
  for (int64_t i = 0; i < 20; ++i) a.push_back(10 * i), b.push_back(10 * i + 25);
  const double exact = rank_sum_above(a, b);
  a.push_back(101);
  const double near = rank_sum_above(a, b);
  EXPECT_GT(exact, 0.05);
  EXPECT_NEAR(exact, near, 0.04);
  EXPECT_EQ(rank_sum_above(std::vector<int64_t>(30, 7), std::vector<int64_t>(30, 7)), 1);
}

StepProfile with_steps(std::vector<int64_t> steps) {
  StepProfile p = random_profile(1, 2, steps.size(), 1);
  for (size_t s = 0; s < steps.size(); ++s) {
    int64_t sum = 0;
    for (ProfiledOperation& operation : p.operations) sum += operation.samples_ns[s] = steps[s] / 8;
    for (ProfiledAccount& account : p.accounts) sum += account.samples_ns[s] = steps[s] / 8;
    p.accounts[2].samples_ns[s] += steps[s] - sum;
  }
  p.steps_ns = std::move(steps);
  p.median = size_t(median_index(p.steps_ns));
  return p;
}

TEST(Regression, LongerStepsBeyondTheTolerance) {
  const std::vector<int64_t> base = {1000, 1010, 990, 1005, 995, 1002};
  std::vector<int64_t> little = base, much = base;
  for (int64_t& ns : little) ns += 30;
  for (int64_t& ns : much) ns += 200;
  const auto check = [&](const std::vector<int64_t>& steps) {
    return check_regression(compare(with_steps(base), with_steps(steps)), {});
  };
  EXPECT_TRUE(check(base).holds());
  EXPECT_TRUE(check(little).holds()) << "3 % is within the tolerance of 5 %";
  const Regression found = check(much);
  ASSERT_EQ(found.reasons.size(), 1u);
  EXPECT_NE(found.reasons[0].find("longer"), std::string::npos);
  EXPECT_LT(found.p_value, kRegressionLevel);
}

TEST(Regression, CountsAreExact) {
  StepProfile a = with_steps({100, 100, 100, 100, 100}), b = a;
  ++b.operations[0].parts[0].work;
  const Regression found = check_regression(compare(a, b), {});
  ASSERT_EQ(found.reasons.size(), 1u);
  EXPECT_NE(found.reasons[0].find("counts differ"), std::string::npos) << found.reasons[0];
}

TEST(Regression, ACheckThatCannotBeMadeDoesNotHold) {
  const StepProfile a = with_steps({100, 101, 102}), b = with_steps({100, 101, 102});
  EXPECT_FALSE(check_regression(compare(a, b), {}).holds()) << "three steps can never reach the level";
  StepProfile c = with_steps({100, 101, 102, 103, 104, 105}), d = c;
  d.facts.threads = 2, d.unit = 1;
  EXPECT_FALSE(check_regression(compare(c, d), {}).holds());
  EXPECT_TRUE(check_regression(compare(c, d), {.accept = true}).holds());
}

}  // namespace
}  // namespace tacho
