// Who is told first, what is said of the rest, and the report in one sentence.
#include "analysis/findings/groups.h"

#include "tests/support/rule_case.h"

namespace tacho {
namespace {

Finding priced(const char* rule, Gain gain) {
  Finding f{rule, "A sentence. Another."};
  f.change = text_of("turn ", rule), f.command = text_of("run ", rule), f.turn = rule, f.value = "on", f.gain = gain;
  return f;
}
Finding bounded(const char* rule, int64_t ns) {
  Finding f{rule, "A sentence. Another."};
  f.change = text_of("write ", rule), f.at_most_ns = ns;
  return f;
}

/// A step of 1 ms.
struct GroupCase : RuleCase {
  explicit GroupCase(std::vector<Finding> findings) {
    report.record = &record;
    report.findings = std::move(findings);
    group_findings(report.findings, report.step);
  }
  std::string order() const {
    static constexpr const char* kNames[] = {"change", "right", "alone"};
    std::string text;
    for (const Finding& f : report.findings) text += f.rule + ":" + kNames[int(f.group)] + " ";
    return text;
  }
};

TEST(FindingGroups, WhatSavesThenBoundsThenTheUnknownThenWhatIsRightThenTheRest) {
  const GroupCase c({{"leave_alone", ""},
                     bounded("tiny", 9'000),
                     priced("costs", {-90'000, -80'000, -70'000}),
                     priced("small", {10'000, 20'000, 30'000}),
                     bounded("half", 500'000),
                     priced("unsure", {-5'000, 50'000, 105'000}),
                     {"unknown", ""},
                     bounded("tenth", 100'000),
                     priced("large", {100'000, 200'000, 300'000})});
  EXPECT_EQ(c.order(),
            "large:change small:change half:change tenth:change unknown:change unsure:right costs:right tiny:alone "
            "leave_alone:alone ");
}

TEST(FindingGroups, ABoundOfAPricedSwitchDoesNotMakeItAChange) {
  Finding both = priced("costs", {-90'000, -80'000, -70'000});
  both.at_most_ns = 400'000;
  EXPECT_EQ(GroupCase({both}).order(), "costs:right ");
}

TEST(FindingGroups, GainsAreSaidWithTheirBasis) {
  GroupCase c({priced("large", {100'000, 200'000, 300'000}), bounded("half", 500'000)});
  EXPECT_EQ(gain_text(c.report.findings[0], c.report), "-0.200 ± 0.100 ms a step (-20 %)");
  EXPECT_EQ(gain_text(c.report.findings[1], c.report), "at most -0.500 ms a step (-50 %)");
  EXPECT_EQ(gain_text(priced("costs", {-90'000, -80'000, -70'000}), c.report),
            "+0.080 ± 0.010 ms a step (+8.0 %): slower");
  EXPECT_NE(gain_text(priced("unsure", {-5'000, 5'000, 15'000}), c.report).find("no difference"), std::string::npos);
  Finding batch = priced("batch", {100'000, 200'000, 300'000});
  batch.turn.clear(), batch.batch = 256;
  EXPECT_EQ(gain_text(batch, c.report), "-0.200 ± 0.100 ms for 64 examples (-20 %)");
  EXPECT_EQ(gain_text({"unknown", ""}, c.report), "");
}

TEST(FindingGroups, TheAdviceIsTheBestChangeAndElseWhatIsLeft) {
  const GroupCase saving({priced("large", {100'000, 200'000, 300'000}), bounded("half", 500'000)});
  EXPECT_EQ(advice_of(saving.report).text, "What saves most: turn large: -0.200 ± 0.100 ms a step (-20 %).");
  EXPECT_EQ(advice_of(saving.report).command, "run large");
  const GroupCase left({priced("costs", {-90'000, -80'000, -70'000}), bounded("half", 500'000)});
  EXPECT_EQ(
      advice_of(left.report).text,
      "The one alternative that was priced saves nothing. What is left: write half: at most -0.500 ms a step (-50 %).");
  const GroupCase nothing({priced("costs", {-90'000, -80'000, -70'000}), bounded("tiny", 9'000)});
  EXPECT_NE(advice_of(nothing.report).text.find("Nothing that this run shows"), std::string::npos);
}

TEST(FindingGroups, SameChangesAndFirstSentences) {
  const Finding a = priced("a", {1, 2, 3}), b = priced("b", {1, 2, 3});
  EXPECT_TRUE(same_change(a, a));
  EXPECT_FALSE(same_change(a, b));
  EXPECT_FALSE(same_change(bounded("x", 1), bounded("x", 1))) << "they turn nothing";
  EXPECT_EQ(first_sentence("Pooling takes 5.4 % of it. The rest follows."), "Pooling takes 5.4 % of it.");
  EXPECT_EQ(first_sentence("One alone."), "One alone.");
}

}  // namespace
}  // namespace tacho
