#include "analysis/compare/regression.h"

#include <cmath>
#include <map>

#include "analysis/compare/rank_sum.h"
#include "analysis/text.h"
#include "base/error.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

/// Required work by kind of operation, of parts that say it.
std::map<std::string, int64_t> counts_of(const StepProfile& p) {
  std::map<std::string, int64_t> counts;
  for (const ProfiledOperation& operation : p.operations)
    for (const ProfiledPart& part : operation.parts)
      if (part.work > 0) counts[part.kind + " " + part.phase] += part.work;
  return counts;
}

void check_counts(const Comparison& c, std::vector<std::string>& reasons) {
  const auto a = counts_of(c.a), b = counts_of(c.b);
  // A side that counts nothing, or only some kinds, has nothing to say about the others.
  const bool complete = c.a.source == c.b.source;
  std::string text;
  int more = 0;
  const auto differ = [&](const std::string& kind, int64_t x, int64_t y) {
    if (text.size() > 160) ++more;
    else text += (text.empty() ? "" : "; ") + kind + " " + grouped(x) + " in A, " + grouped(y) + " in B";
  };
  for (const auto& [kind, work] : a) {
    const auto other = b.find(kind);
    if (other != b.end() ? other->second != work : complete) differ(kind, work, other == b.end() ? 0 : other->second);
  }
  for (const auto& [kind, work] : b)
    if (complete && !a.count(kind)) differ(kind, 0, work);
  if (more > 0) text += text_of("; ", more, " more");
  if (!text.empty()) reasons.push_back("counts differ: " + text);
}

/// The smallest p-value that so many samples can give.
double smallest_p(size_t n, size_t m) {
  return std::exp(std::lgamma(double(n) + 1) + std::lgamma(double(m) + 1) - std::lgamma(double(n + m) + 1));
}

}  // namespace

Regression check_regression(const Comparison& c, const RegressionOptions& options) {
  Regression result;
  if (!options.accept)
    for (const Confounder& row : c.confounders)
      if (row.state == Confounder::differs)
        result.reasons.push_back(text_of(row.what, " differs (", row.a, " in A, ", row.b,
                                         " in B): nothing can be concluded; --accept concludes all the same"));
  check_counts(c, result.reasons);
  if (smallest_p(c.a.steps_ns.size(), c.b.steps_ns.size()) > kRegressionLevel) {
    result.reasons.push_back(text_of("too few steps to tell: ", c.a.steps_ns.size(), " and ", c.b.steps_ns.size(),
                                     "; measure at least 5 each"));
    return result;
  }
  std::vector<int64_t> allowed;
  for (int64_t ns : c.a.steps_ns) allowed.push_back(int64_t(std::llround(double(ns) * (1 + options.tolerance))));
  result.p_value = rank_sum_above(allowed, c.b.steps_ns);
  if (result.p_value < kRegressionLevel) {
    const double a = double(summarize(c.a.steps_ns).median), b = double(summarize(c.b.steps_ns).median);
    result.reasons.push_back(text_of("B's steps are longer: median ", fixed(b / 1e6, 3), " ms against ",
                                     fixed(a / 1e6, 3), " ms (", b >= a ? "+" : "", fixed((b / a - 1) * 100, 1),
                                     " %), more than the tolerance of ", short_number(options.tolerance * 100),
                                     " % (p ", result.p_value < 1e-4 ? "< 0.0001" : "= " + fixed(result.p_value, 4),
                                     ")"));
  }
  return result;
}

}  // namespace tacho
