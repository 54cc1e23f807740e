#include "analysis/sweep/sweep.h"

#include <algorithm>
#include <cmath>

#include "analysis/text.h"

namespace tacho {
namespace {

/// Exponents closer than this are called equal: a tenth of the time where the size doubles.
constexpr double kSame = 0.15;

/// The step's, or an operation's, at one visit.
struct Quantity {
  int64_t ns = 0, work = 0, bytes = 0;
  double outside = 0;  ///< share of the step outside kernels
};

class Fitter {
 public:
  Fitter(const SweepRecord& record, const SweptName& name, bool step) : record_(record), name_(name), step_(step) {
    for (const SweepPoint& point : record.points)
      if (!point.rounds.empty()) points_.push_back(&point);
  }

  SweepFit fit() const {
    SweepFit result;
    result.name = name_;
    std::vector<std::pair<double, double>> times, works;
    for (const SweepPoint* point : points_)
      for (const SweepVisit& visit : point->rounds) {
        const Quantity q = of(visit);
        if (q.ns > 0) times.emplace_back(point->value, double(q.ns));
        if (q.work > 0) works.emplace_back(point->value, double(q.work));
      }
    result.fit = fit_power(times);
    if (record_.over == "threads") {
      // Work does not depend on the threads: kernels together take the same time, the step its share.
      result.formula_exponent = result.formula_here = step_ ? -1 : 0;
    } else {
      result.formula_exponent = far_exponent();
      if (const auto here = fit_power(works); here && result.formula_exponent) result.formula_here = here->exponent;
    }
    if (result.formula_exponent) result.departures = departures();
    return result;
  }

 private:
  Quantity of(const SweepVisit& visit) const {
    const double outside = double(visit.outside_ns) / double(std::max<int64_t>(visit.step_ns, 1));
    if (step_) return {visit.step_ns, visit.work, 0, outside};
    const auto found = visit.operations.find(name_);
    if (found == visit.operations.end()) return {};
    return {found->second.ns, found->second.work, found->second.bytes, outside};
  }
  Quantity median_at(const SweepPoint& point) const {
    std::vector<int64_t> ns;
    for (const SweepVisit& visit : point.rounds) ns.push_back(of(visit).ns);
    return of(point.rounds[size_t(median_index(ns))]);
  }

  std::optional<double> far_exponent() const {
    int64_t work[2] = {0, 0};
    for (int i = 0; i < 2; ++i)
      for (const auto& [name, at] : record_.far_work[i])
        if (step_ || name == name_) work[i] += at;
    if (work[0] <= 0 || work[1] <= 0) return std::nullopt;
    const double exponent =
        slope_between({record_.far_value[0], double(work[0])}, {record_.far_value[1], double(work[1])});
    // Lower terms still show in the third place; a polynomial's degree is whole.
    return std::abs(exponent - std::round(exponent)) < 0.1 ? std::round(exponent) : exponent;
  }

  double theory_between(const SweepPoint& a, const SweepPoint& b) const {
    if (record_.over == "threads") return step_ ? -1 : 0;
    const int64_t from = median_at(a).work, to = median_at(b).work;
    if (from <= 0 || to <= 0) return 0;
    return slope_between({a.value, double(from)}, {b.value, double(to)});
  }

  /// Whether every pair of rounds agrees that the exponent between two values is on that side of the formula's.
  int side(const SweepPoint& a, const SweepPoint& b) const {
    const double theory = theory_between(a, b);
    bool above = true, below = true;
    for (const SweepVisit& x : a.rounds)
      for (const SweepVisit& y : b.rounds) {
        if (of(x).ns <= 0 || of(y).ns <= 0) return 0;
        const double slope = slope_between({a.value, double(of(x).ns)}, {b.value, double(of(y).ns)});
        above = above && slope > theory + kSame, below = below && slope < theory - kSame;
      }
    return above ? 1 : below ? -1 : 0;
  }

  std::vector<Departure> departures() const {
    std::vector<Departure> found;
    int last = 0;
    for (size_t i = 0; i + 1 < points_.size(); ++i) {
      const int now = side(*points_[i], *points_[i + 1]);
      if (now != 0 && now == last) found.back().to = points_[i + 1]->value;
      else if (now != 0) found.push_back({points_[i]->value, points_[i + 1]->value, 0, 0, ""});
      last = now;
    }
    for (Departure& d : found) describe(d);
    return found;
  }

  const SweepPoint& at(double value) const {
    return **std::find_if(points_.begin(), points_.end(), [&](const SweepPoint* p) { return p->value == value; });
  }

  void describe(Departure& d) const {
    const Quantity from = median_at(at(d.from)), to = median_at(at(d.to));
    d.measured = slope_between({d.from, double(from.ns)}, {d.to, double(to.ns)});
    d.theory = theory_between(at(d.from), at(d.to));
    const bool slower = d.measured > d.theory;
    const auto percent = [](double share) { return text_of(int(std::lround(share * 100)), " %"); };
    const auto passes = [&](int64_t level) { return from.bytes <= level && to.bytes > level; };
    if (step_ && !slower && from.outside > 0.15 && from.outside > to.outside)
      d.reason = text_of("dispatch and waiting, ", percent(from.outside), " of the step at ", value_text(d.from));
    else if (step_ && slower && to.outside > 0.15 && to.outside > from.outside)
      d.reason = text_of("dispatch and waiting grow to ", percent(to.outside), " of the step");
    else if (slower && passes(record_.l2_bytes)) d.reason = "its operands outgrow L2";
    else if (slower && record_.l3_bytes > 0 && passes(record_.l3_bytes)) d.reason = "its operands outgrow L3";
    else if (from.work > 0)
      d.reason =
          text_of(slower ? "less" : "more", " done a nanosecond: ", short_number(double(from.work) / double(from.ns)),
                  " to ", short_number(double(to.work) / double(to.ns)), " operations");
  }

  const SweepRecord& record_;
  SweptName name_;
  bool step_;
  std::vector<const SweepPoint*> points_;
};

template <class Of>
int64_t median_over(const std::vector<SweepVisit>& rounds, Of&& of) {
  std::vector<int64_t> ns;
  for (const SweepVisit& visit : rounds) ns.push_back(of(visit));
  return ns.empty() ? 0 : ns[size_t(median_index(ns))];
}

}  // namespace

SweepVisit sweep_visit(const Report& report) {
  SweepVisit visit;
  visit.step_ns = report.step.median_ns;
  visit.steps = report.step.repetitions;
  visit.work = report.step.work;
  visit.outside_ns = (report.step_thread_ns() - report.account_step_ns(Account::kernel)) / report.threads();
  for (const Operation& operation : report.operations) {
    SweptTime& sum = visit.operations[{operation.op, name_of(operation.phase)}];
    sum.ns += operation.median_ns;
    sum.work += operation.work;
    sum.bytes = std::max(sum.bytes, operation.bytes_read + operation.bytes_written);
  }
  return visit;
}

int64_t SweepPoint::step_ns() const {
  return median_over(rounds, [](const SweepVisit& visit) { return visit.step_ns; });
}

int64_t SweepPoint::ns(const SweptName& name) const {
  return median_over(rounds, [&](const SweepVisit& visit) {
    const auto found = visit.operations.find(name);
    return found == visit.operations.end() ? int64_t{0} : found->second.ns;
  });
}

Sweep fit_sweep(const SweepRecord& record) {
  Sweep sweep;
  sweep.record = &record;
  sweep.step = Fitter(record, {"step", "all"}, true).fit();
  sweep.step.share = 1;
  std::map<SweptName, int64_t> names;
  int64_t all = 0;
  for (const SweepPoint& point : record.points)
    if (!point.rounds.empty()) {
      for (auto& [name, ns] : names) ns = 0;
      all = 0;
      for (const SweepVisit& visit : point.rounds)
        for (const auto& [name, time] : visit.operations) names.emplace(name, 0);
      for (auto& [name, ns] : names) ns = point.ns(name), all += ns;
    }
  for (const auto& [name, ns] : names) {
    SweepFit fit = Fitter(record, name, false).fit();
    fit.share = all > 0 ? double(ns) / double(all) : 0;
    sweep.operations.push_back(std::move(fit));
  }
  std::stable_sort(sweep.operations.begin(), sweep.operations.end(),
                   [](const SweepFit& a, const SweepFit& b) { return a.share > b.share; });
  return sweep;
}

std::string value_text(double value) { return value == std::floor(value) ? fixed(value, 0) : short_number(value); }

}  // namespace tacho
