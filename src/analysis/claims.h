#pragma once
// The documents' claims about complexity, each put to the counts of one network.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tacho {

struct DerivedLayer;

/// A claim at one layer (or of one product).
struct ClaimCase {
  std::string where;  ///< "conv2"
  int64_t times = 1;  ///< layers with the same derivation, this one included
  bool holds = false;
  double figure = 0;            ///< what the criterion looks at: a ratio
  int64_t left = 0, right = 0;  ///< the two numbers that it is the ratio of
  double expected = 0;          ///< what the claim expects of the figure; 0 where there is no such number
};

/// A claim with its verdict.
struct Claim {
  std::string id;         ///< "bottleneck"
  std::string document;   ///< "running-time document" or "system-design document"
  std::string text;       ///< what the document says, in a few words
  std::string criterion;  ///< when it counts as holding here; empty for a claim about time
  std::vector<ClaimCase> cases;
  std::string decided_by;  ///< for a claim about time: what to run

  /// Cases of the whole network, and those of them in which it holds.
  int64_t all() const;
  int64_t held() const;
  /// "holds", "does not hold", "holds in part", or "not decided by counts".
  std::string verdict() const;
};

/// Every claim. Of a claim about a convolution's blocks, fully connected layers are no case.
std::vector<Claim> check_claims(const std::vector<DerivedLayer>& layers);

}  // namespace tacho
