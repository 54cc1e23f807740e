#include "io/traces/profile_builder.h"

#include "base/error.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

std::string key_of(const ProfiledOperation& row) {
  std::string key = row.name;
  for (const ProfiledPart& part : row.parts) {
    key += "|" + part.kind + "/" + part.phase + "/" + part.layer;
    for (const auto& shape : part.shapes) {
      key += ';';
      for (int64_t extent : shape) key += std::to_string(extent) + "x";
    }
  }
  return key;
}

/// The sample of the last step; steps that the row was not in have 0.
int64_t& last_of(std::vector<int64_t>& samples, size_t steps) {
  samples.resize(steps, 0);
  return samples.back();
}

}  // namespace

size_t ProfileBuilder::begin_step(int64_t ns) {
  steps_.push_back(ns);
  seen_.clear();
  return steps_.size() - 1;
}

size_t ProfileBuilder::row(const ProfiledOperation& row) {
  const std::string key = key_of(row);
  const auto [found, is_new] = row_index_.try_emplace({key, seen_[key]++}, rows_.size());
  if (is_new) {
    rows_.push_back(row);
    rows_.back().samples_ns.clear();
  }
  return found->second;
}

void ProfileBuilder::add(size_t row, int64_t ns) { last_of(rows_[row].samples_ns, steps_.size()) += ns; }

void ProfileBuilder::add_account(ProfiledAccount::Bucket bucket, const std::string& name, int64_t ns) {
  const auto [found, is_new] = account_index_.try_emplace(name, accounts_.size());
  if (is_new) accounts_.push_back({bucket, name, {}});
  last_of(accounts_[found->second].samples_ns, steps_.size()) += ns;
}

void ProfileBuilder::finish(StepProfile& profile) {
  for (ProfiledOperation& row : rows_) row.samples_ns.resize(steps_.size(), 0);
  for (ProfiledAccount& account : accounts_) account.samples_ns.resize(steps_.size(), 0);
  profile.median = size_t(std::max<int64_t>(median_index(steps_), 0));
  profile.steps_ns = std::move(steps_);
  for (size_t s = 0; s < profile.steps_ns.size(); ++s) profile.sampled.push_back(int64_t(s));
  profile.operations = std::move(rows_);
  profile.accounts = std::move(accounts_);
}

ProfiledOperation single_part_row(std::string name, ProfiledPart part) {
  return {std::move(name), {std::move(part)}, -1, {}};
}

}  // namespace tacho
