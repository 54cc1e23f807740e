#include "analysis/compare/render_compare.h"

namespace tacho {
namespace {

const char* state_name(Confounder::State state) {
  switch (state) {
    case Confounder::same:
      return "same";
    case Confounder::differs:
      return "differs";
    case Confounder::unknown:
      return "unknown";
  }
  return "unknown";
}

Json side_to_json(const StepProfile& p, double unmatched_share) {
  const auto number = [](int64_t n) { return n < 0 ? Json(nullptr) : Json(n); };
  Json versions = Json::object();
  for (const auto& [name, version] : p.facts.versions) versions[name] = version;
  return {{"file", p.file},
          {"source", p.source},
          {"way", p.way},
          {"step_ns", p.step_ns()},
          {"steps", p.steps_ns.size()},
          {"samples_ns", p.steps_ns},
          {"network", p.facts.network},
          {"step_kind", p.facts.step_kind},
          {"threads", number(p.facts.threads)},
          {"batch_size", number(p.facts.batch)},
          {"dtype", p.facts.dtype},
          {"machine", p.facts.machine},
          {"warmup", number(p.facts.warmup)},
          {"versions", versions},
          {"whole_step", p.facts.whole_step},
          {"unmatched_share", unmatched_share},
          {"notes", p.notes}};
}

void put_interval(Json& json, const TermValue& value) {
  json["ns"] = value.ns;
  json["low_ns"] = value.low_ns ? Json(*value.low_ns) : Json(nullptr);
  json["high_ns"] = value.high_ns ? Json(*value.high_ns) : Json(nullptr);
}

Json sum_to_json(const TermValue& value) {
  Json json;
  put_interval(json, value);
  return json;
}

Json terms_to_json(const Comparison& c) {
  Json terms = Json::array();
  const auto add = [&](const char* kind, const std::string& op, const std::string& phase, const TermValue& value) {
    if (value.ns == 0 && value.low_ns.value_or(0) == 0 && value.high_ns.value_or(0) == 0) return;
    Json term = {{"kind", kind}, {"op", op}, {"phase", phase}};
    put_interval(term, value);
    terms.push_back(std::move(term));
  };
  for (const ComparedGroup& group : c.groups) {
    add("work", group.name, group.phase, group.work);
    add("rate", group.name, group.phase, group.rate);
    add("parallelism", group.name, group.phase, group.parallelism);
  }
  for (const ComparedAccount& account : c.accounts)
    add(account.bucket == ProfiledAccount::waiting ? "parallelism"
        : account.bucket == ProfiledAccount::idle  ? "idle"
                                                   : "overhead",
        account.name, "none", account.difference);
  for (const UnmatchedRow& row : c.unmatched) add("unmatched", row.name, row.phase, row.difference);
  return terms;
}

}  // namespace

Json compare_to_json(const Comparison& c, const CompareView& view) {
  const bool withheld = c.confounded() && !view.accept;
  Json confounders = Json::array(), groups = Json::array(), unmatched = Json::array();
  for (const Confounder& row : c.confounders)
    confounders.push_back({{"what", row.what}, {"a", row.a}, {"b", row.b}, {"state", state_name(row.state)}});
  Json json = {{"schema", "tacho.compare"},
               {"schema_version", 1},
               {"a", side_to_json(c.a, c.a_unmatched_share)},
               {"b", side_to_json(c.b, c.b_unmatched_share)},
               {"difference_ns", c.difference_ns},
               {"confounders", confounders},
               {"concluded", !withheld},
               {"terms", Json::array()}};
  if (!withheld) {
    json["sums"] = {{"work", sum_to_json(c.work)},
                    {"rate", sum_to_json(c.rate)},
                    {"parallelism", sum_to_json(c.parallelism)},
                    {"overhead", sum_to_json(c.overhead)},
                    {"idle", sum_to_json(c.idle)},
                    {"unmatched", sum_to_json(c.unmatched_sum)}};
    json["terms"] = terms_to_json(c);
    for (const ComparedGroup& group : c.groups) {
      Json row = {{"op", group.name},
                  {"phase", group.phase},
                  {"a_ns", group.a_ns},
                  {"b_ns", group.b_ns},
                  {"a_rows", group.a_rows},
                  {"b_rows", group.b_rows},
                  {"work_basis", group.work_basis}};
      row["work_ratio"] = group.work_ratio ? Json(*group.work_ratio) : Json(nullptr);
      groups.push_back(std::move(row));
    }
    json["operations"] = groups;
  }
  for (const UnmatchedRow& row : c.unmatched)
    unmatched.push_back({{"side", row.in_b ? "b" : "a"},
                         {"op", row.name},
                         {"kind", row.kind},
                         {"phase", row.phase},
                         {"shapes", row.shapes},
                         {"ns", row.ns}});
  json["unmatched"] = unmatched;
  if (view.regression)
    json["regression"] = {{"holds", view.regression->holds()},
                          {"p_value", view.regression->p_value},
                          {"reasons", view.regression->reasons}};
  return json;
}

}  // namespace tacho
