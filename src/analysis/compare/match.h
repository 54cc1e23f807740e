#pragma once
// Which rows of two profiles do the same.
#include <string>
#include <vector>

#include "trace/step_profile.h"

namespace tacho {

/// A part of a row: indices into StepProfile::operations and ProfiledOperation::parts.
struct PartRef {
  size_t operation = 0, part = 0;
};

/// One part of A and one of B that are the same operation.
struct PartPair {
  PartRef a, b;
  bool same_shapes = false;  ///< with the batch left out: what they require differs by the batch at most
};

/// Rows of A and of B that belong together, because a row of one side does parts of several rows of the other. Every
/// row is in exactly one group; a group without a side is unmatched.
struct MatchedGroup {
  std::vector<size_t> a, b;  ///< indices into operations, ascending
  std::vector<PartPair> pairs;
  bool matched() const { return !a.empty() && !b.empty(); }
};

/// Pairs parts by their ids (two results of our own); then by kind, phase and shapes, with the batch left out, the k-th
/// of A with the k-th of B; then what is left of a kind and phase in order, where both sides have as many; then by
/// layer and phase, where both name them (a convolution lowered to other operations). All updates are one. Groups are
/// in the order of A's rows, those of B alone behind.
std::vector<MatchedGroup> match(const StepProfile& a, const StepProfile& b);

}  // namespace tacho
