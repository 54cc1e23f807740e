#pragma once
// Lines up the rows of one step with those of the others, whatever a recorder calls them.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trace/step_profile.h"

namespace tacho {

class ProfileBuilder {
 public:
  /// Steps in order; each is known by its duration. Returns its index.
  size_t begin_step(int64_t ns);
  /// The row of the current step for `row`: the k-th of a name and parts is the k-th of every step. The result stays
  /// good.
  size_t row(const ProfiledOperation& row);
  void add(size_t row, int64_t ns);
  void add_account(ProfiledAccount::Bucket bucket, const std::string& name, int64_t ns);

  /// Moves the rows into `profile`, whose median step becomes the median of all; steps without a row have 0 there.
  void finish(StepProfile& profile);

 private:
  std::vector<int64_t> steps_;
  std::vector<ProfiledOperation> rows_;
  std::vector<ProfiledAccount> accounts_;
  std::map<std::pair<std::string, int>, size_t> row_index_;  ///< name and shapes, which one of its step
  std::map<std::string, int> seen_;                          ///< in the current step
  std::map<std::string, size_t> account_index_;
};

/// A row with one part, as most recorders have them.
ProfiledOperation single_part_row(std::string name, ProfiledPart part);

}  // namespace tacho
