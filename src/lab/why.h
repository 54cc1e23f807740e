#pragma once
// From one way to execute a step to another, one switch at a time: the measurements behind `tacho why`.
#include <functional>
#include <optional>

#include "analysis/why/attribution.h"
#include "data/dataset.h"
#include "pool/plant.h"
#include "train/session.h"

namespace tacho {

class Feed;

/// A delay as a turn of its own: it is planted in every way in which the turn was not made. For the analyser's check of
/// itself.
struct PlantedTurn {
  std::string name, where;
  std::function<Plant(Feed&)> plant;  ///< called for each session, behind its first step
};

struct WhyOptions {
  Switches from, to;
  std::vector<std::string> order;  ///< switches in the order wished; those left out follow in the default order
  int other_orders = 3;            ///< measured for the ranges
  int rounds = 5;                  ///< on the main order's ways; at most 2 on the others'
  double learning_rate = 0.001;
  uint64_t seed = 0;
  std::optional<PlantedTurn> planted;  ///< turned last
  /// Before each visit: what is measured, which share of all visits is over, and the seconds left (below 0: unknown).
  std::function<void(const std::string& what, double share, double seconds_left)> progress;
};

/// Every switch of a resolved way, at its value.
Switches switches_of(const Way& way);

/// The slowest way: procedural, gather, every kernel and product by the reference, row-major images, one thread; dtype
/// and lanes as in `to`.
Switches slowest_way(const Switches& to);

/// Measures every way on the orders, in rounds. `step.way` is ignored: `options` says both ends. Throws tacho::Error
/// where the ends are the same way, an end or every order is impossible, or `order` names no switch.
WhyRecord measure_why(const StepOptions& step, const Dataset& data, const WhyOptions& options);

}  // namespace tacho
