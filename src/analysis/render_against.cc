// Two runs that differ by one switch, side by side.
#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/findings/finding.h"
#include "analysis/render_text.h"

namespace tacho {
namespace {

std::string row(const std::string& name, double a, double b) {
  const std::string factor = a > 0 && b > 0 ? fixed(b / a, b / a >= 10 ? 0 : 2) + " x" : "-";
  return "  " + left(name, 34) + right(fixed(a, 2), 11) + right(fixed(b, 2), 11) +
         right((b >= a ? "+" : "") + fixed(b - a, 2), 11) + right(factor, 9) + "\n";
}

/// Per thread and phase of a layer, in milliseconds: what stays comparable when the operations differ.
std::map<std::pair<std::string, Phase>, double> by_layer(const Report& report) {
  std::map<std::pair<std::string, Phase>, double> sums;
  for (const Operation& o : report.operations)
    sums[{o.phase == Phase::update ? "all layers" : o.layer, o.phase}] += double(o.step_ns) / 1e6 / report.threads();
  return sums;
}

}  // namespace

std::string render_against(const Report& base, const Report& other, const std::string& name, const std::string& value,
                           const Paint& paint) {
  const auto ms = [](const Report& r, int64_t ns) { return double(ns) / 1e6 / r.threads(); };
  std::string text = paint.bold("AGAINST " + name + "=" + value) +
                     "  ms per thread of the median step; everything else alike\n" + std::string(36, ' ') +
                     right(switch_of(*base.record, name), 11) + right(value, 11) + right("difference", 11) + "\n";
  text += paint.bold(row("step", double(base.step.median_ns) / 1e6, double(other.step.median_ns) / 1e6));
  const auto phase = [&](const Report& r, Phase p) {
    const auto found = r.phases.find(p);
    return found == r.phases.end() ? 0.0 : ms(r, found->second.step_ns);
  };
  for (const Phase p : {Phase::forward, Phase::backward, Phase::update})
    if (base.phases.count(p) || other.phases.count(p))
      text += row(text_of(name_of(p), " kernels"), phase(base, p), phase(other, p));
  const auto outside = [&](const Report& r) { return ms(r, r.step_thread_ns() - r.account_step_ns(Account::kernel)); };
  text += row("outside kernels", outside(base), outside(other));
  const auto products = [&](const Report& r) {
    return ms(r, share_of(r, [](const Operation&, NodeKind kind) { return kind == NodeKind::product; }).step_ns);
  };
  text += row("matrix products, both phases", products(base), products(other));

  const auto a = by_layer(base), b = by_layer(other);
  std::vector<std::pair<double, std::pair<std::string, Phase>>> differences;
  auto keys = a;
  keys.insert(b.begin(), b.end());
  const auto at = [](const auto& sums, const auto& key) { return sums.count(key) ? sums.at(key) : 0.0; };
  for (const auto& [key, unused] : keys) differences.push_back({-std::abs(at(b, key) - at(a, key)), key});
  std::sort(differences.begin(), differences.end());
  constexpr size_t kShown = 8;
  text += "  the largest differences, by layer and phase\n";
  for (size_t i = 0; i < std::min(kShown, differences.size()); ++i) {
    const auto& key = differences[i].second;
    text += row(text_of("  ", key.first, " ", name_of(key.second)), at(a, key), at(b, key));
  }
  return text;
}

}  // namespace tacho
