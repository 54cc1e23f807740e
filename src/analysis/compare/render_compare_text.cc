#include <algorithm>
#include <cmath>

#include "analysis/compare/render_compare.h"
#include "base/error.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

constexpr size_t kPageWidth = 80, kName = 30, kColumn = 8;

/// Milliseconds with the places that steps of this length deserve.
class SignedMilliseconds {
 public:
  explicit SignedMilliseconds(const Comparison& c) {
    // Seven digits fit a column.
    const int64_t longest = std::max(c.a.step_ns(), c.b.step_ns());
    places_ = longest >= 10'000'000'000 ? 0 : longest >= 1'000'000'000 ? 1 : ms_places(longest);
  }
  std::string plain(int64_t ns) const { return fixed(double(ns) / 1e6, places_); }
  std::string with_sign(int64_t ns) const {
    const std::string text = plain(ns);
    // What rounds to zero has no sign.
    if (text.find_first_not_of("-0.") == std::string::npos) return "0";
    return ns > 0 ? "+" + text : text;
  }

 private:
  int places_ = 2;
};

std::string row_of(const std::string& name, const std::vector<std::string>& cells) {
  std::string line = "  " + left(name, kName);
  for (const std::string& cell : cells) line += right(cell, kColumn);
  return line + "\n";
}

std::string side_text(const char* name, const StepProfile& p) {
  // Of a long path its end.
  constexpr size_t kFile = 70;
  const std::string file = p.file.size() <= kFile ? p.file : "…" + p.file.substr(p.file.size() - kFile);
  std::string text = text_of("  ", name, "  ", file, ": ", p.source);
  if (!p.facts.network.empty()) text += ", " + p.facts.network;
  std::string out = wrap(text, kPageWidth, 5);
  if (!p.way.empty()) out += wrap("     " + p.way, kPageWidth, 5);
  for (const std::string& note : p.notes) out += wrap("     " + note, kPageWidth, 5);
  return out;
}

std::string steps_text(const Comparison& c, const SignedMilliseconds& ms) {
  const auto side = [&](const char* name, const StepProfile& p) {
    const Summary s = summarize(p.steps_ns);
    return text_of("  ", name, "  ", right(ms.plain(p.step_ns()), 9), " ms  median of ", s.samples,
                   s.samples == 1 ? " step" : " steps", "; 5-95 %: ", ms.plain(s.p05), "-", ms.plain(s.p95), "\n");
  };
  const double ratio = double(c.b.step_ns()) / double(c.a.step_ns());
  std::string text = side("A", c.a) + side("B", c.b);
  text += text_of("  B - A ", ms.with_sign(c.difference_ns), " ms: ",
                  ratio >= 1 ? text_of("B takes ", fixed(ratio, 2), " times as long as A")
                             : text_of("A takes ", fixed(1 / ratio, 2), " times as long as B"),
                  "\n");
  return text;
}

std::string confounders_text(const Comparison& c, const Paint& paint) {
  std::string text = paint.bold("CONFOUNDERS") + "  = same  ! differs  ? not known on both sides\n";
  for (const Confounder& row : c.confounders) {
    const char mark = row.state == Confounder::same ? '=' : row.state == Confounder::differs ? '!' : '?';
    const std::string line = text_of("  ", mark, ' ', left(row.what, 17), left(row.a, 29), ' ', row.b);
    text += row.state == Confounder::differs ? paint.in(left(line, kPageWidth), 31) : left(line, kPageWidth);
    while (text.ends_with(' ')) text.pop_back();
    text += "\n";
  }
  return text;
}

const char* bucket_name(ProfiledAccount::Bucket bucket) {
  switch (bucket) {
    case ProfiledAccount::waiting:
      return "waiting: ";
    case ProfiledAccount::overhead:
      return "overhead: ";
    case ProfiledAccount::idle:
      return "idle: ";
  }
  return "";
}

int64_t difference_of(const ComparedGroup& group) { return group.b_ns - group.a_ns; }

std::string operations_text(const Comparison& c, const CompareView& view, const SignedMilliseconds& ms,
                            const Paint& paint) {
  std::vector<const ComparedGroup*> groups;
  for (const ComparedGroup& group : c.groups) groups.push_back(&group);
  std::stable_sort(groups.begin(), groups.end(), [](const ComparedGroup* x, const ComparedGroup* y) {
    return std::llabs(difference_of(*x)) > std::llabs(difference_of(*y));
  });
  std::string text = paint.bold(left("TERMS  ms of wall time", kName + 2));
  for (const char* head : {"A", "B", "work", "rate", "threads", "B - A"}) text += right(head, kColumn);
  text += "\n";
  const auto add = [&](const std::string& name, int64_t a, int64_t b, int64_t work, int64_t rate, int64_t parallel) {
    text += row_of(name, {ms.plain(a), ms.plain(b), ms.with_sign(work), ms.with_sign(rate), ms.with_sign(parallel),
                          ms.with_sign(b - a)});
  };
  ComparedGroup rest;
  size_t others = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    const ComparedGroup& g = *groups[i];
    if (i < view.rows || groups.size() == view.rows + 1) {
      add(g.name, g.a_ns, g.b_ns, g.work.ns, g.rate.ns, g.parallelism.ns);
      continue;
    }
    ++others;
    rest.a_ns += g.a_ns, rest.b_ns += g.b_ns;
    rest.work.ns += g.work.ns, rest.rate.ns += g.rate.ns, rest.parallelism.ns += g.parallelism.ns;
  }
  if (others > 0) add(text_of(others, " more"), rest.a_ns, rest.b_ns, rest.work.ns, rest.rate.ns, rest.parallelism.ns);
  for (const ComparedAccount& account : c.accounts)
    if (ms.with_sign(account.a_ns) != "0" || ms.with_sign(account.b_ns) != "0")
      text += row_of(bucket_name(account.bucket) + account.name,
                     {ms.plain(account.a_ns), ms.plain(account.b_ns), "", "", "", ms.with_sign(account.difference.ns)});
  int64_t a = 0, b = 0;
  for (const UnmatchedRow& row : c.unmatched) (row.in_b ? b : a) += row.ns;
  text += row_of("unmatched", {ms.plain(a), ms.plain(b), "", "", "", ms.with_sign(b - a)});
  text +=
      row_of("the step", {ms.plain(c.a.step_ns()), ms.plain(c.b.step_ns()), "", "", "", ms.with_sign(c.difference_ns)});
  return text;
}

std::string sums_text(const Comparison& c, const SignedMilliseconds& ms, const Paint& paint) {
  std::string text = paint.bold("BY KIND") + "  ms, with 5-95 % over resampled steps\n";
  const auto add = [&](const char* name, const TermValue& value, const char* meaning) {
    std::string interval;
    if (value.low_ns) interval = ms.with_sign(*value.low_ns) + " to " + ms.with_sign(*value.high_ns);
    text +=
        text_of("  ", left(name, 13), right(ms.with_sign(value.ns), 9), "  ", left(interval, 20), "  ", meaning, "\n");
  };
  add("work", c.work, "counts differ");
  add("rate", c.rate, "same work, other efficiency");
  add("parallelism", c.parallelism, "threads, and waiting for them");
  add("overhead", c.overhead, "outside operations");
  add("idle", c.idle, "nothing to do, or no data");
  add("unmatched", c.unmatched_sum, "only one side has it");
  return text;
}

std::string unmatched_text(const Comparison& c, const SignedMilliseconds& ms, const Paint& paint) {
  const auto percent_of = [](double share) { return fixed(share * 100, 1) + " %"; };
  std::string text = paint.bold("UNMATCHED") + text_of("  ", percent_of(c.a_unmatched_share), " of A's step, ",
                                                       percent_of(c.b_unmatched_share), " of B's\n");
  std::vector<const UnmatchedRow*> rows;
  for (const UnmatchedRow& row : c.unmatched)
    if (row.ns > 0) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const UnmatchedRow* x, const UnmatchedRow* y) { return x->ns > y->ns; });
  constexpr size_t kMost = 6;
  for (size_t i = 0; i < std::min(rows.size(), kMost); ++i) {
    std::string shape;
    for (const auto& extents : rows[i]->shapes) {
      std::string one;
      for (int64_t extent : extents) one += (one.empty() ? "" : "x") + std::to_string(extent);
      shape += (shape.empty() ? " " : ", ") + one;
    }
    const std::string name = text_of(rows[i]->in_b ? "B" : "A", "  ", rows[i]->name, " (", rows[i]->phase, ")", shape);
    text += text_of("  ", left(name, 66), right(ms.plain(rows[i]->ns), 9), "\n");
  }
  if (rows.size() > kMost) text += text_of("  ", rows.size() - kMost, " more in --json\n");
  return text;
}

}  // namespace

std::string render_compare_text(const Comparison& c, const CompareView& view, const Paint& paint) {
  const SignedMilliseconds ms(c);
  std::string text = paint.bold("tacho compare") + "  where the difference of two steps goes\n";
  text += side_text("A", c.a) + side_text("B", c.b);
  text += "\n" + paint.bold("STEP") + "\n" + steps_text(c, ms);
  text += "\n" + confounders_text(c, paint);
  if (c.confounded() && !view.accept) {
    text += "\n" + wrap(paint.bold("NO CONCLUSION") +
                            ": more than what is compared differs (marked !). Make them alike, "
                            "or say --accept to split the difference all the same.",
                        kPageWidth, 2);
  } else {
    text += "\n" + operations_text(c, view, ms, paint);
    text += "\n" + sums_text(c, ms, paint);
    text += "\n" + unmatched_text(c, ms, paint);
  }
  if (view.regression) {
    text += "\n" + paint.bold("REGRESSION") +
            (view.regression->holds() ? "  none: counts are equal, B's steps are not longer\n" : "\n");
    for (const std::string& reason : view.regression->reasons) text += wrap("  " + reason, kPageWidth, 4);
  }
  return text;
}

}  // namespace tacho
