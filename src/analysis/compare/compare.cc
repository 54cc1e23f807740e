#include "analysis/compare/compare.h"

#include <algorithm>
#include <map>
#include <set>

#include "analysis/close.h"
#include "analysis/compare/decompose.h"
#include "base/error.h"
#include "base/random.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

constexpr int kResamples = 400;

/// A side's rows and accounts as shares of its wall time, closed to the step in integers, sample by sample.
class WallShares {
 public:
  explicit WallShares(const StepProfile& profile) : profile_(profile), known_(profile.sampled.size()) {}
  /// Operations first, then accounts.
  const std::vector<int64_t>& at(size_t sample) {
    std::vector<int64_t>& shares = known_[sample];
    if (shares.empty()) {
      for (const ProfiledOperation& operation : profile_.operations) shares.push_back(operation.samples_ns[sample]);
      for (const ProfiledAccount& account : profile_.accounts) shares.push_back(account.samples_ns[sample]);
      shares = close_to(shares, profile_.steps_ns[size_t(profile_.sampled[sample])]);
    }
    return shares;
  }

 private:
  const StepProfile& profile_;
  std::vector<std::vector<int64_t>> known_;
};

/// What the two sides of a group count, in the same terms.
struct GroupWork {
  double a = 1, b = 1;
  std::string basis;
};

GroupWork work_of(const MatchedGroup& group, const StepProfile& a, const StepProfile& b) {
  // What the kernels executed, where both sides say: an algorithm with fewer products does less work.
  const auto executed = [](const StepProfile& p, const std::vector<size_t>& rows) {
    double sum = 0;
    for (size_t r : rows) {
      if (p.operations[r].executed_work < 0) return -1.0;
      sum += double(p.operations[r].executed_work);
    }
    return sum;
  };
  const double ea = executed(a, group.a), eb = executed(b, group.b);
  if (ea > 0 && eb > 0) return {ea, eb, "executed"};
  // Else what the paired parts require. Products come first: where they are known the rest, thousandths of them, may
  // not be.
  double ra = 0, rb = 0;
  bool same = !group.pairs.empty();
  for (const PartPair& pair : group.pairs) {
    const ProfiledPart& pa = a.operations[pair.a.operation].parts[pair.a.part];
    const ProfiledPart& pb = b.operations[pair.b.operation].parts[pair.b.part];
    if (pa.work > 0 && pb.work > 0) ra += double(pa.work), rb += double(pb.work);
    same = same && (pair.same_shapes || pa.shapes.empty() || pb.shapes.empty());
  }
  if (ra > 0 && rb > 0) return {ra, rb, "required"};
  // The same shapes of the same kind require the same, and in proportion to the batch.
  if (same && a.facts.batch > 0 && b.facts.batch > 0)
    return {double(a.facts.batch), double(b.facts.batch), "same shapes"};
  return {};
}

/// All terms of one pair of steps: three for each matched group, then accounts, then unmatched rows.
class TermSums {
 public:
  TermSums(Comparison& comparison, std::vector<MatchedGroup> groups)
      : c_(comparison), shares_a_(c_.a), shares_b_(c_.b), groups_(std::move(groups)) {
    for (const MatchedGroup& group : groups_) work_.push_back(work_of(group, c_.a, c_.b));
    // Without both numbers of threads nothing can be said of parallelism within an operation.
    if (c_.a.facts.threads > 0 && c_.b.facts.threads > 0)
      threads_a_ = double(c_.a.facts.threads), threads_b_ = double(c_.b.facts.threads);
    name_groups();
    name_accounts();
  }

  /// The terms of A's sample and B's sample, in the order of `values`.
  std::vector<int64_t> evaluate(size_t sample_a, size_t sample_b) {
    const std::vector<int64_t>&a = shares_a_.at(sample_a), &b = shares_b_.at(sample_b);
    std::vector<int64_t> terms;
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (!groups_[g].matched()) continue;
      const GroupDifference d = decompose({sum_of(groups_[g].a, a), work_[g].a, threads_a_},
                                          {sum_of(groups_[g].b, b), work_[g].b, threads_b_});
      terms.insert(terms.end(), {d.work_ns, d.rate_ns, d.parallelism_ns});
    }
    for (const auto& [ia, ib] : account_rows_)
      terms.push_back((ib < 0 ? 0 : b[size_t(ib)]) - (ia < 0 ? 0 : a[size_t(ia)]));
    for (const MatchedGroup& group : groups_) {
      if (group.matched()) continue;
      for (size_t r : group.a) terms.push_back(-a[r]);
      for (size_t r : group.b) terms.push_back(b[r]);
    }
    return terms;
  }

  /// Where each term goes, in the order of evaluate.
  std::vector<TermValue*> values() {
    std::vector<TermValue*> values;
    for (ComparedGroup& group : c_.groups) values.insert(values.end(), {&group.work, &group.rate, &group.parallelism});
    for (ComparedAccount& account : c_.accounts) values.push_back(&account.difference);
    for (UnmatchedRow& row : c_.unmatched) values.push_back(&row.difference);
    return values;
  }

  /// Which of the six sums each term belongs to.
  std::vector<TermValue*> sums() {
    std::vector<TermValue*> sums;
    for (size_t g = 0; g < c_.groups.size(); ++g) sums.insert(sums.end(), {&c_.work, &c_.rate, &c_.parallelism});
    for (const ComparedAccount& account : c_.accounts)
      sums.push_back(account.bucket == ProfiledAccount::waiting ? &c_.parallelism
                     : account.bucket == ProfiledAccount::idle  ? &c_.idle
                                                                : &c_.overhead);
    sums.insert(sums.end(), c_.unmatched.size(), &c_.unmatched_sum);
    return sums;
  }

 private:
  static int64_t sum_of(const std::vector<size_t>& rows, const std::vector<int64_t>& shares) {
    int64_t sum = 0;
    for (size_t r : rows) sum += shares[r];
    return sum;
  }

  /// Rows of the plan's own, which only serve another one.
  static bool is_helper(const ProfiledOperation& operation) {
    const std::string& kind = operation.parts.front().kind;
    return kind == "pack" || kind == "combine" || kind == "commit";
  }

  /// "conv2 backward" where several rows of a layer are one group, else the largest row's name.
  static std::string name_of(const StepProfile& p, const std::vector<size_t>& rows,
                             const std::vector<int64_t>& shares) {
    const size_t largest =
        *std::max_element(rows.begin(), rows.end(), [&](size_t x, size_t y) { return shares[x] < shares[y]; });
    const auto own = std::count_if(rows.begin(), rows.end(), [&](size_t r) { return !is_helper(p.operations[r]); });
    if (own <= 1) {
      const auto main = std::find_if(rows.begin(), rows.end(), [&](size_t r) { return !is_helper(p.operations[r]); });
      return p.operations[main == rows.end() ? largest : *main].name;
    }
    std::set<std::string> layers, phases, kinds;
    for (size_t r : rows)
      for (const ProfiledPart& part : p.operations[r].parts)
        layers.insert(part.layer), phases.insert(part.phase), kinds.insert(part.kind);
    if (kinds == std::set<std::string>{"update"}) return "update";
    if (layers.size() == 1 && phases.size() == 1 && !layers.begin()->empty())
      return *layers.begin() + " " + *phases.begin();
    return p.operations[largest].name + " +" + std::to_string(own - 1);
  }

  void name_groups() {
    const std::vector<int64_t>&a = shares_a_.at(c_.a.median), &b = shares_b_.at(c_.b.median);
    // Our own labels name layers; other programs' names only functions.
    const auto named = [](const StepProfile& p) {
      for (const ProfiledOperation& operation : p.operations)
        for (const ProfiledPart& part : operation.parts)
          if (!part.layer.empty()) return true;
      return false;
    };
    const bool by_b = !named(c_.a) && named(c_.b);
    std::map<std::string, int> used;
    for (size_t g = 0; g < groups_.size(); ++g) {
      const MatchedGroup& group = groups_[g];
      if (!group.matched()) continue;
      ComparedGroup row;
      row.name = by_b ? name_of(c_.b, group.b, b) : name_of(c_.a, group.a, a);
      if (const int times = ++used[row.name]; times > 1) row.name += " :" + std::to_string(times);
      row.phase = c_.a.operations[group.a.front()].parts.front().phase;
      row.a_rows = group.a.size(), row.b_rows = group.b.size();
      row.a_ns = sum_of(group.a, a), row.b_ns = sum_of(group.b, b);
      row.work_basis = work_[g].basis;
      if (!row.work_basis.empty()) row.work_ratio = work_[g].b / work_[g].a;
      c_.groups.push_back(std::move(row));
    }
    for (const MatchedGroup& group : groups_) {
      if (group.matched()) continue;
      for (size_t r : group.a) add_unmatched(c_.a, r, a[r], false);
      for (size_t r : group.b) add_unmatched(c_.b, r, b[r], true);
    }
  }

  void add_unmatched(const StepProfile& p, size_t r, int64_t ns, bool in_b) {
    const ProfiledOperation& operation = p.operations[r];
    const ProfiledPart& part = operation.parts.front();
    c_.unmatched.push_back({in_b, operation.name, part.phase, part.kind, part.shapes, ns, {}});
  }

  void name_accounts() {
    const std::vector<int64_t>&a = shares_a_.at(c_.a.median), &b = shares_b_.at(c_.b.median);
    std::map<std::string, size_t> rows;
    const auto add = [&](const StepProfile& p, const std::vector<int64_t>& shares, bool in_b) {
      for (size_t i = 0; i < p.accounts.size(); ++i) {
        const auto [found, is_new] = rows.try_emplace(p.accounts[i].name, c_.accounts.size());
        if (is_new) {
          c_.accounts.push_back({p.accounts[i].name, p.accounts[i].bucket});
          account_rows_.emplace_back(-1, -1);
        }
        const size_t index = p.operations.size() + i;
        (in_b ? account_rows_[found->second].second : account_rows_[found->second].first) = int64_t(index);
        (in_b ? c_.accounts[found->second].b_ns : c_.accounts[found->second].a_ns) = shares[index];
      }
    };
    add(c_.a, a, false), add(c_.b, b, true);
  }

  Comparison& c_;
  WallShares shares_a_, shares_b_;
  std::vector<MatchedGroup> groups_;
  std::vector<GroupWork> work_;
  std::vector<std::pair<int64_t, int64_t>> account_rows_;  ///< indices into A's and B's shares; -1: absent
  double threads_a_ = 1, threads_b_ = 1;
};

/// The median step of as many steps drawn with replacement: index into `sampled`.
size_t resampled_median(const StepProfile& profile, const Random& random, uint64_t& draw) {
  std::vector<std::pair<int64_t, size_t>> drawn;
  for (size_t i = 0; i < profile.sampled.size(); ++i) {
    const size_t s = size_t(random.below(draw++, profile.sampled.size()));
    drawn.emplace_back(profile.steps_ns[size_t(profile.sampled[s])], s);
  }
  const auto middle = drawn.begin() + std::ptrdiff_t((drawn.size() - 1) / 2);
  std::nth_element(drawn.begin(), middle, drawn.end());
  return middle->second;
}

void set_interval(TermValue& value, const std::vector<int64_t>& resampled) {
  value.low_ns = std::min(value.ns, quantile(resampled, 0.05));
  value.high_ns = std::max(value.ns, quantile(resampled, 0.95));
}

void add_intervals(Comparison& c, TermSums& terms) {
  constexpr size_t kFewest = 3;
  if (c.a.sampled.size() < kFewest || c.b.sampled.size() < kFewest) return;
  const std::vector<TermValue*> values = terms.values(), sums = terms.sums();
  std::vector<std::vector<int64_t>> of_term(values.size());
  std::map<TermValue*, std::vector<int64_t>> of_sum;
  const Random random(0, 0x636f6d70);
  uint64_t draw = 0;
  for (int r = 0; r < kResamples; ++r) {
    const size_t a = resampled_median(c.a, random, draw), b = resampled_median(c.b, random, draw);
    const std::vector<int64_t> resampled = terms.evaluate(a, b);
    std::map<TermValue*, int64_t> sum;
    for (size_t t = 0; t < resampled.size(); ++t) of_term[t].push_back(resampled[t]), sum[sums[t]] += resampled[t];
    for (const auto& [to, ns] : sum) of_sum[to].push_back(ns);
  }
  for (size_t t = 0; t < values.size(); ++t) set_interval(*values[t], of_term[t]);
  for (const auto& [to, resampled] : of_sum) set_interval(*to, resampled);
}

}  // namespace

bool Comparison::confounded() const {
  return std::any_of(confounders.begin(), confounders.end(),
                     [](const Confounder& row) { return row.state == Confounder::differs; });
}

Comparison compare(StepProfile a, StepProfile b) {
  Comparison c;
  c.a = std::move(a), c.b = std::move(b);
  check_closed(c.a, c.a.file), check_closed(c.b, c.b.file);
  c.difference_ns = c.b.step_ns() - c.a.step_ns();
  c.confounders = confounders(c.a, c.b);
  TermSums terms(c, match(c.a, c.b));
  const std::vector<int64_t> point = terms.evaluate(c.a.median, c.b.median);
  const std::vector<TermValue*> values = terms.values(), sums = terms.sums();
  int64_t total = 0;
  for (size_t t = 0; t < point.size(); ++t) values[t]->ns = point[t], sums[t]->ns += point[t], total += point[t];
  TACHO_CHECK(total == c.difference_ns, "terms sum to ", total, ", the difference is ", c.difference_ns);
  add_intervals(c, terms);
  for (const UnmatchedRow& row : c.unmatched)
    (row.in_b ? c.b_unmatched_share : c.a_unmatched_share) +=
        double(row.ns) / double(row.in_b ? c.b.step_ns() : c.a.step_ns());
  return c;
}

}  // namespace tacho
