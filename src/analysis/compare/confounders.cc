#include "analysis/compare/confounders.h"

#include "base/error.h"

namespace tacho {
namespace {

constexpr const char* kNotRecorded = "not recorded";

Confounder compare_words(const char* what, const std::string& a, const std::string& b) {
  Confounder row{Confounder::unknown, what, a.empty() ? kNotRecorded : a, b.empty() ? kNotRecorded : b};
  if (!a.empty() && !b.empty()) row.state = a == b ? Confounder::same : Confounder::differs;
  return row;
}

Confounder compare_numbers(const char* what, int64_t a, int64_t b) {
  const auto words = [](int64_t n) { return n < 0 ? std::string() : std::to_string(n); };
  return compare_words(what, words(a), words(b));
}

/// The first steps of a process are slower. They are out where the recorder says so, or where the median of several
/// steps leaves them out.
Confounder compare_warmup(const StepProfile& a, const StepProfile& b) {
  constexpr size_t kEnough = 3;
  const auto words = [](const StepProfile& p) {
    if (p.facts.warmup > 0) return text_of(p.facts.warmup, p.facts.warmup == 1 ? " step" : " steps", " left out");
    return p.steps_ns.size() >= kEnough ? text_of("median of ", p.steps_ns.size()) : std::string();
  };
  Confounder row = compare_words("warm-up", words(a), words(b));
  if (row.state == Confounder::differs) row.state = Confounder::same;  // both without it, each in its way
  return row;
}

std::string words_of(const std::map<std::string, std::string>& versions) {
  std::string text;
  for (const auto& [name, version] : versions) text += (text.empty() ? "" : ", ") + name + " " + version;
  return text;
}

/// Two programs have libraries of their own; their versions are a confounder only within one program. Those that differ
/// get a row each, so that none is lost among those that do not.
std::vector<Confounder> compare_versions(const StepProfile& a, const StepProfile& b) {
  const auto &of_a = a.facts.versions, &of_b = b.facts.versions;
  Confounder all = compare_words("library versions", words_of(of_a), words_of(of_b));
  if (a.source != b.source) all.state = Confounder::unknown;
  if (all.state != Confounder::differs) return {all};
  std::map<std::string, std::string> names = of_a;
  names.insert(of_b.begin(), of_b.end());
  std::vector<Confounder> rows;
  for (const auto& [name, version] : names) {
    const auto said = [&name = name](const auto& versions) {
      const auto found = versions.find(name);
      return found == versions.end() ? std::string("not there") : found->second;
    };
    if (said(of_a) != said(of_b)) rows.push_back({Confounder::differs, name + " version", said(of_a), said(of_b)});
  }
  return rows;
}

}  // namespace

std::vector<Confounder> confounders(const StepProfile& a, const StepProfile& b) {
  std::vector<Confounder> rows;
  rows.push_back(compare_words("network", a.facts.network, b.facts.network));
  rows.push_back(compare_words("kind of step", a.facts.step_kind, b.facts.step_kind));
  rows.push_back(compare_numbers("threads", a.facts.threads, b.facts.threads));
  rows.push_back(compare_numbers("batch", a.facts.batch, b.facts.batch));
  rows.push_back(compare_words("dtype", a.facts.dtype, b.facts.dtype));
  rows.push_back(compare_warmup(a, b));
  rows.push_back(compare_words("machine", a.facts.machine, b.facts.machine));
  for (Confounder& row : compare_versions(a, b)) rows.push_back(std::move(row));
  const auto recorded = [](const StepProfile& p) {
    return std::string(p.facts.whole_step ? "whole steps" : "operations only");
  };
  rows.push_back(compare_words("recorded", recorded(a), recorded(b)));
  return rows;
}

}  // namespace tacho
