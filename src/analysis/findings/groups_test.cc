// Who is told first, what is said of the rest, and the report in one sentence.
#include "analysis/findings/groups.h"

#include <sstream>

#include "analysis/bound.h"
#include "analysis/render_json.h"
#include "analysis/render_text.h"
#include "tests/support/made_up_run.h"
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
    static constexpr const char* kNames[] = {"change", "kernels", "right", "alone"};
    std::string text;
    for (const Finding& f : report.findings) text += f.rule + ":" + kNames[int(f.group)] + " ";
    return text;
  }
};

Finding of(Asks asks, Finding f) {
  f.asks = asks;
  return f;
}

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

TEST(FindingGroups, WhatAReaderCannotChangeNeverComesFirst) {
  const GroupCase c({of(Asks::kernels, bounded("loops", 600'000)),
                     of(Asks::network, bounded("pad", 500'000)),
                     bounded("quiet", 100'000),
                     {"sureness", ""},
                     {.rule = "unknown", .turn = "fusion", .value = "off", .unpriced = "too long"},
                     priced("saves", {10'000, 20'000, 30'000}),
                     priced("costs", {-90'000, -80'000, -70'000}),
                     of(Asks::kernels, bounded("little", 9'000))});
  EXPECT_EQ(c.order(),
            "saves:change quiet:change unknown:change pad:change sureness:change loops:kernels costs:right "
            "little:alone ");
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
  // Lopsided: half the width would reach 0, the interval does not.
  EXPECT_EQ(gain_text(priced("lopsided", {10'000, 50'000, 250'000}), c.report),
            "-0.050 (-0.250 to -0.010) ms a step (-5.0 %)");
  Finding batch = priced("batch", {100'000, 200'000, 300'000});
  batch.turn.clear(), batch.batch = 256;
  EXPECT_EQ(gain_text(batch, c.report), "-0.200 ± 0.100 ms for 64 examples (-20 %)");
  EXPECT_EQ(gain_text({"unknown", ""}, c.report), "");
}

TEST(FindingGroups, TheAdviceIsTheBestChangeAndElseWhatIsLeft) {
  const GroupCase saving({priced("large", {100'000, 200'000, 300'000}), bounded("half", 500'000)});
  EXPECT_EQ(advice_of(saving.report).text, "What saves most: turn large: -0.200 ± 0.100 ms a step (-20 %).");
  EXPECT_EQ(advice_of(saving.report).command, "run large");
  const Finding costs = priced("costs", {-90'000, -80'000, -70'000});
  const GroupCase left({costs, bounded("half", 500'000)});
  EXPECT_EQ(advice_of(left.report).text,
            "Nothing you can switch saves time here: the one alternative that was priced does not. "
            "Still to try: write half: at most -0.500 ms a step (-50 %).");
  EXPECT_EQ(advice_of(left.report).kernels_ns, std::nullopt);
  const GroupCase nothing({bounded("tiny", 9'000)});
  EXPECT_EQ(advice_of(nothing.report).text, "This run names no switch that would save time.");
}

TEST(FindingGroups, TheAdviceSaysApartWhatIsAnotherNetworkAndWhatIsKernels) {
  Finding batch = priced("batch", {-9'000, -8'000, 7'000});
  batch.turn.clear(), batch.batch = 256;
  const Finding costs = priced("costs", {-90'000, -80'000, -70'000});
  GroupCase c({costs, costs, batch, of(Asks::network, bounded("pad", 200'000)),
               of(Asks::kernels, bounded("loops", 300'000)), of(Asks::kernels, bounded("chains", 100'000))});
  Advice advice = advice_of(c.report);
  EXPECT_EQ(advice.text,
            "Nothing you can switch saves time here: none of the 2 alternatives that were priced does, a batch of 256 "
            "among them. Another network, with other results, could: write pad: at most -0.200 ms a step (-20 %). "
            "The rest is kernels: only faster ones would give more, at most -0.300 ms a step (-30 %).");
  EXPECT_EQ(advice.command, "");
  EXPECT_EQ(advice.kernels_ns, 300'000) << "without floors the largest bound";
  // With floors: all kernels at theirs. Without a schedule the thread that saves most counts: a's 550 us.
  c.record.profile = made_up_profile();
  c.a().floor_ns = 50'000, c.b().floor_ns = 390'000;
  EXPECT_EQ(advice_of(c.report).kernels_ns, saved_ns(c.report, {50'000, 390'000}));
  EXPECT_GT(*advice_of(c.report).kernels_ns, 300'000);
  c.report.findings.push_back(priced("large", {100'000, 200'000, 300'000}));
  group_findings(c.report.findings, c.report.step);
  EXPECT_EQ(advice_of(c.report).text.find("What saves most: turn large"), 0u);
  EXPECT_NE(advice_of(c.report).text.find("The rest is kernels"), std::string::npos);
}

TEST(FindingGroups, SameChangesAndFirstSentences) {
  const Finding a = priced("a", {1, 2, 3}), b = priced("b", {1, 2, 3});
  EXPECT_TRUE(same_change(a, a));
  EXPECT_FALSE(same_change(a, b));
  EXPECT_FALSE(same_change(bounded("x", 1), bounded("x", 1))) << "they turn nothing";
  EXPECT_EQ(first_sentence("Pooling takes 5.4 % of it. The rest follows."), "Pooling takes 5.4 % of it.");
  EXPECT_EQ(first_sentence("One alone."), "One alone.");
}

/// Of a real step: its findings are replaced.
struct RenderedCase {
  RunRecord record = made_up_run(5);
  Report report = make_report(record);
  explicit RenderedCase(std::vector<Finding> findings) {
    report.findings = std::move(findings);
    group_findings(report.findings, report.step);
  }
};

TEST(FindingGroups, TheTextHasThemInThreePartsWithWhatToDo) {
  Finding batch = priced("batch", {100, 200, 300}), again = batch;
  batch.turn.clear(), batch.batch = 64, again = batch;
  const RenderedCase c({priced("costs", {-900, -800, -700}),
                        bounded("half", 2'000),
                        {"leave_alone", "Leave alone: x."},
                        batch,
                        again,
                        of(Asks::network, bounded("pad", 1'000)),
                        of(Asks::kernels, bounded("loops", 1'500)),
                        bounded("tiny", 1)});
  const std::string text = render_findings(c.report, {});
  size_t at = 0;
  for (const char* part : {"FINDINGS: what you can change",
                           "1 A sentence. Another.",
                           "Change: turn batch.",
                           "run batch",
                           "measured -0.000",
                           "for 4 examples",
                           "2 A sentence.",
                           "Change: as 1.",
                           "3 A sentence.",
                           "Change: write half.",
                           "at most -0.002 ms a step",
                           "4 A sentence.",
                           "Change the network, and its results: write pad.",
                           "updates less often",
                           "do not add up",
                           "ONLY FASTER KERNELS",
                           "at most -0.00",
                           "For authors of kernels: write loops",
                           "ALREADY RIGHT",
                           "costs=on  +0.001",
                           "slower",
                           "Too small to look at: A sentence. (at most",
                           "Leave alone: x.",
                           "Trust:"}) {
    const size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << " behind\n" << text.substr(0, at) << "\nin\n" << text;
    at = found;
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
  const RenderedCase quiet(std::vector<Finding>(1, Finding{"leave_alone", "Leave alone: x."}));
  EXPECT_NE(render_findings(quiet.report, {}).find("nothing that this run shows"), std::string::npos);
}

TEST(FindingGroups, TheJsonSaysGroupBasisAndBound) {
  Finding batch = priced("batch", {100, 200, 300}), unknown = priced("unknown", {});
  batch.turn.clear(), batch.batch = 64;
  unknown.gain.reset(), unknown.unpriced = "too long", unknown.at_most_ns = 2'000;
  const RenderedCase c({priced("costs", {-900, -800, -700}), bounded("half", 3'000), batch, unknown});
  const Json findings = Json::parse(to_json(c.report).dump())["findings"];
  ASSERT_EQ(findings.size(), 4u);
  EXPECT_EQ(findings[0]["group"], "change");
  EXPECT_EQ(findings[0]["gain_basis"], "run");
  EXPECT_EQ(findings[0]["batch_size"], 64);
  EXPECT_EQ(findings[0]["estimated_gain_ns"]["median"], 200);
  EXPECT_FALSE(findings[0].contains("at_most_ns"));
  EXPECT_EQ(findings[1]["gain_basis"], "bound");
  EXPECT_EQ(findings[1]["estimated_gain_ns"], (Json{{"low", 0}, {"high", 3'000}}));
  EXPECT_EQ(findings[1]["change"], "write half");
  EXPECT_EQ(findings[1]["asks"], "setting");
  EXPECT_EQ(findings[2]["no_estimate"], "too long");
  EXPECT_EQ(findings[2]["gain_basis"], "bound") << "what could not be priced still has its bound";
  EXPECT_EQ(findings[3]["group"], "right");
  EXPECT_EQ(findings[3]["gain_basis"], "switch");
  EXPECT_EQ(findings[3]["switch"]["name"], "costs");
}

}  // namespace
}  // namespace tacho
