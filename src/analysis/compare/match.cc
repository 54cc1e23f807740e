#include "analysis/compare/match.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tacho {
namespace {

const ProfiledPart& part_of(const StepProfile& profile, PartRef ref) {
  return profile.operations[ref.operation].parts[ref.part];
}

/// Shapes with the batch written as -1, so that another batch is the same operation with another count.
std::string shape_key(const ProfiledPart& part, int64_t batch) {
  std::string key;
  for (auto shape : part.shapes) {
    for (int64_t& extent : shape)
      if (batch > 1 && extent == batch) extent = -1;
    if (part.kind == "matmul") std::sort(shape.begin(), shape.end());
    for (int64_t extent : shape) key += std::to_string(extent) + ",";
    key += ';';
  }
  return key;
}

/// Rows of both sides as a forest; rows that share a part grow together.
class Rows {
 public:
  Rows(size_t a, size_t b) : a_(a), parent_(a + b) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }
  size_t of_a(size_t row) const { return row; }
  size_t of_b(size_t row) const { return a_ + row; }
  size_t root(size_t row) {
    while (parent_[row] != row) row = parent_[row] = parent_[parent_[row]];
    return row;
  }
  void join(size_t one, size_t other) {
    const size_t x = root(one), y = root(other);
    parent_[std::max(x, y)] = std::min(x, y);
  }

 private:
  size_t a_;
  std::vector<size_t> parent_;
};

class Matcher {
 public:
  Matcher(const StepProfile& a, const StepProfile& b) : a_(a), b_(b), rows_(a.operations.size(), b.operations.size()) {
    list(a, left_a_), list(b, left_b_);
  }

  std::vector<MatchedGroup> run() {
    join_helpers(a_, true), join_helpers(b_, false);
    pair_by(by_id, by_id, false);
    join_updates();
    pair_by(by_shapes, by_shapes, false);
    // Recorders that know no phase (a product in a log) are matched by their shapes alone.
    pair_by(without_phase, of_any_phase, false);
    pair_by(of_any_phase, without_phase, false);
    pair_by(by_order, by_order, true);
    join_layers();
    return groups();
  }

 private:
  // What parts are paired by; empty: not by this.
  using Key = std::string (*)(const StepProfile&, const ProfiledPart&);
  static std::string by_id(const StepProfile&, const ProfiledPart& p) {
    return p.id.empty() ? "" : p.kind + "|" + p.id;
  }
  static std::string by_shapes(const StepProfile& profile, const ProfiledPart& p) {
    return p.shapes.empty() ? "" : p.kind + "|" + p.phase + "|" + shape_key(p, profile.facts.batch);
  }
  static std::string of_any_phase(const StepProfile& profile, const ProfiledPart& p) {
    return p.shapes.empty() ? "" : p.kind + "|" + shape_key(p, profile.facts.batch);
  }
  static std::string without_phase(const StepProfile& profile, const ProfiledPart& p) {
    return p.phase == "none" ? of_any_phase(profile, p) : "";
  }
  static std::string by_order(const StepProfile&, const ProfiledPart& p) { return p.kind + "|" + p.phase; }

  static void list(const StepProfile& profile, std::vector<PartRef>& parts) {
    for (size_t o = 0; o < profile.operations.size(); ++o)
      for (size_t p = 0; p < profile.operations[o].parts.size(); ++p) parts.push_back({o, p});
  }

  /// Rows of the plan's own (pack, combine) carry the id of the operation that they serve.
  void join_helpers(const StepProfile& profile, bool is_a) {
    const auto row = [&](size_t r) { return is_a ? rows_.of_a(r) : rows_.of_b(r); };
    std::map<std::string, size_t> by_id;
    for (size_t o = 0; o < profile.operations.size(); ++o)
      for (const ProfiledPart& part : profile.operations[o].parts)
        if (!part.id.empty()) {
          const auto [found, is_new] = by_id.try_emplace(part.id, o);
          if (!is_new) rows_.join(row(found->second), row(o));
        }
  }

  void pair(PartRef a, PartRef b) {
    const bool same = shape_key(part_of(a_, a), a_.facts.batch) == shape_key(part_of(b_, b), b_.facts.batch) &&
                      !part_of(a_, a).shapes.empty();
    pairs_.push_back({a, b, same});
    rows_.join(rows_.of_a(a.operation), rows_.of_b(b.operation));
  }

  /// The k-th part with a key in A with the k-th in B. `whole`: only where both sides have as many.
  void pair_by(Key key_a, Key key_b, bool whole) {
    std::map<std::string, std::vector<size_t>> in_a, in_b;
    for (size_t i = 0; i < left_a_.size(); ++i) in_a[key_a(a_, part_of(a_, left_a_[i]))].push_back(i);
    for (size_t i = 0; i < left_b_.size(); ++i) in_b[key_b(b_, part_of(b_, left_b_[i]))].push_back(i);
    std::vector<bool> used_a(left_a_.size()), used_b(left_b_.size());
    for (const auto& [name, as] : in_a) {
      const auto found = in_b.find(name);
      if (name.empty() || found == in_b.end() || (whole && as.size() != found->second.size())) continue;
      for (size_t i = 0; i < std::min(as.size(), found->second.size()); ++i) {
        const size_t x = as[i], y = found->second[i];
        used_a[x] = used_b[y] = true;
        pair(left_a_[x], left_b_[y]);
      }
    }
    drop(left_a_, used_a), drop(left_b_, used_b);
  }

  static void drop(std::vector<PartRef>& parts, const std::vector<bool>& used) {
    std::vector<PartRef> kept;
    for (size_t i = 0; i < parts.size(); ++i)
      if (!used[i]) kept.push_back(parts[i]);
    parts = std::move(kept);
  }

  /// One program updates parameter by parameter, another all at once.
  void join_updates() {
    const auto updates = [](const StepProfile& profile, const std::vector<PartRef>& parts) {
      std::vector<bool> is(parts.size());
      for (size_t i = 0; i < parts.size(); ++i) is[i] = part_of(profile, parts[i]).kind == "update";
      return is;
    };
    const std::vector<bool> in_a = updates(a_, left_a_), in_b = updates(b_, left_b_);
    const auto first = std::find(in_a.begin(), in_a.end(), true);
    const auto other = std::find(in_b.begin(), in_b.end(), true);
    if (first == in_a.end() || other == in_b.end()) return;
    const PartRef a = left_a_[size_t(first - in_a.begin())], b = left_b_[size_t(other - in_b.begin())];
    pair(a, b);
    for (size_t i = 0; i < in_a.size(); ++i)
      if (in_a[i]) rows_.join(rows_.of_a(left_a_[i].operation), rows_.of_a(a.operation));
    for (size_t i = 0; i < in_b.size(); ++i)
      if (in_b[i]) rows_.join(rows_.of_b(left_b_[i].operation), rows_.of_b(b.operation));
    drop(left_a_, in_a), drop(left_b_, in_b);
  }

  /// What is left of a layer and phase belongs to whatever the other side does there.
  void join_layers() {
    const auto place = [](const ProfiledPart& part) {
      return part.layer.empty() || part.phase == "none" ? "" : part.layer + "|" + part.phase;
    };
    std::map<std::string, size_t> rows_a, rows_b;
    const auto by_place = [&](const StepProfile& profile, std::map<std::string, size_t>& rows) {
      for (size_t o = 0; o < profile.operations.size(); ++o)
        for (const ProfiledPart& part : profile.operations[o].parts) rows.try_emplace(place(part), o);
    };
    by_place(a_, rows_a), by_place(b_, rows_b);
    for (PartRef part : left_a_)
      if (const std::string at = place(part_of(a_, part)); !at.empty() && rows_b.count(at))
        rows_.join(rows_.of_a(part.operation), rows_.of_b(rows_b.at(at)));
    for (PartRef part : left_b_)
      if (const std::string at = place(part_of(b_, part)); !at.empty() && rows_a.count(at))
        rows_.join(rows_.of_b(part.operation), rows_.of_a(rows_a.at(at)));
  }

  std::vector<MatchedGroup> groups() {
    std::vector<MatchedGroup> groups;
    std::map<size_t, size_t> by_root;
    const auto group_of = [&](size_t row) -> MatchedGroup& {
      const auto [found, is_new] = by_root.try_emplace(rows_.root(row), groups.size());
      if (is_new) groups.emplace_back();
      return groups[found->second];
    };
    for (size_t r = 0; r < a_.operations.size(); ++r) group_of(rows_.of_a(r)).a.push_back(r);
    for (size_t r = 0; r < b_.operations.size(); ++r) group_of(rows_.of_b(r)).b.push_back(r);
    for (const PartPair& pair : pairs_) group_of(rows_.of_a(pair.a.operation)).pairs.push_back(pair);
    return groups;
  }

  const StepProfile &a_, &b_;
  Rows rows_;
  std::vector<PartRef> left_a_, left_b_;
  std::vector<PartPair> pairs_;
};

}  // namespace

std::vector<MatchedGroup> match(const StepProfile& a, const StepProfile& b) { return Matcher(a, b).run(); }

}  // namespace tacho
