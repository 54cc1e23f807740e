#include <cstdio>
#include <memory>

#include "analysis/compare/render_compare.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "io/traces/read_trace.h"

namespace tacho {
namespace {

struct CompareFlags {
  CommonFlags common;
  std::string a, b, a_is, b_is;
  bool accept = false, fail_on_regression = false;
  double tolerance = 5;
  int64_t rows = 12;
};

/// Where the next NAME= begins behind `from`, so that values may have commas of their own.
size_t next_fact(const std::string& text, size_t from) {
  for (size_t comma = text.find(',', from); comma != std::string::npos; comma = text.find(',', comma + 1)) {
    const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz", comma + 1);
    if (end != std::string::npos && end > comma + 1 && text[end] == '=') return comma;
  }
  return text.size();
}

/// "threads=2,machine=AMD EPYC, 2 cores": what the file does not say. What it does say stands.
void fill_in(const char* flag, const std::string& text, StepProfile& profile) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = next_fact(text, begin), equals = text.find('=', begin);
    if (equals >= end) fail(flag, " expects NAME=VALUE,..., got '", text.substr(begin, end - begin), "'");
    const std::string name = text.substr(begin, equals - begin), value = text.substr(equals + 1, end - equals - 1);
    ProfileFacts& facts = profile.facts;
    const auto say = [&](auto& fact, auto&& said, bool unsaid) {
      if (!unsaid) fail(flag, ": ", profile.file, " says ", name, " itself");
      fact = said;
    };
    const auto number = [&] { return parse_integer(text_of(flag, " ", name), value, 1, 1 << 24); };
    if (name == "threads") say(facts.threads, number(), facts.threads < 0);
    else if (name == "batch") say(facts.batch, number(), facts.batch < 0);
    else if (name == "warmup") say(facts.warmup, number(), facts.warmup < 0);
    else if (name == "machine") say(facts.machine, value, facts.machine.empty());
    else if (name == "network") say(facts.network, value, facts.network.empty());
    else if (name == "dtype") say(facts.dtype, value, facts.dtype.empty());
    else fail(flag, " knows threads, batch, warmup, machine, network and dtype, not '", name, "'");
    begin = end + 1;
  }
}

int run(const CompareFlags& flags) {
  if (flags.a.empty() || flags.b.empty())
    fail("compare expects two files, for example: tacho compare before.json after.json");
  StepProfile a = read_trace(flags.a), b = read_trace(flags.b);
  fill_in("--a-is", flags.a_is, a), fill_in("--b-is", flags.b_is, b);
  const Comparison comparison = compare(std::move(a), std::move(b));
  CompareView view{flags.accept, nullptr, size_t(flags.rows)};
  Regression regression;
  if (flags.fail_on_regression) {
    regression = check_regression(comparison, {flags.tolerance / 100, flags.accept});
    view.regression = &regression;
  }
  const Paint paint{use_color(flags.common.color, 1)};
  if (flags.common.text_wanted() && !flags.common.quiet)
    std::fputs(render_compare_text(comparison, view, paint).c_str(), stdout);
  write_json(flags.common, compare_to_json(comparison, view).dump(1));
  if (!flags.fail_on_regression || regression.holds()) return 0;
  for (const std::string& reason : regression.reasons) std::fprintf(stderr, "tacho compare: %s\n", reason.c_str());
  return 1;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<CompareFlags>();
  set.heading("Results");
  set.bare("A", "a result or trace: the one to compare with", [&f = *flags](const std::string& t) { f.a = t; });
  set.bare("B", "a result or trace: the one in question", [&f = *flags](const std::string& t) { f.b = t; });
  set.text("--a-is", "NAME=VALUE,...", "what A's file does not say: threads, batch, warmup, machine, network, dtype",
           flags->a_is);
  set.text("--b-is", "NAME=VALUE,...", "the same of B's", flags->b_is);
  set.heading("Comparison");
  set.flag("--accept", "conclude also where threads, batch, dtype, machine, ... differ", flags->accept);
  set.flag("--fail-on-regression", "exit code 1 where B counts other work, or its steps are longer",
           flags->fail_on_regression);
  set.number("--tolerance", "by how many percent B's steps may be longer (5)", flags->tolerance, 0, 1000);
  set.integer("--rows", "operations printed (12)", flags->rows, 1, 10'000);
  add_common_flags(set, flags->common, kOutputFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_compare{
    .name = "compare",
    .alias = "",
    .summary = "why one step takes longer than another, in additive terms",
    .examples =
        "tacho compare before.json after.json      two results of analyze --json\n"
        "tacho compare ours.json theirs.pt.trace.json.gz --b-is threads=2\n"
        "tacho compare base.json head.json --fail-on-regression --tolerance 3\n",
    .declare = declare,
};

}  // namespace tacho
