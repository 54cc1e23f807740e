#pragma once
#include <map>
#include <memory>

#include "train/session.h"

namespace tacho {

/// Loss and accuracy over examples.
struct Evaluation {
  double loss = 0;      ///< mean over the examples
  double accuracy = 0;  ///< share whose largest output (the first of equals) is the label's
  int64_t examples = 0;
};

/// Runs a network forward on any number of examples: full batches, then the remainder by a plan of its own. Reads the
/// variables as they are at each call; they must outlive this object.
class Evaluator {
 public:
  /// `options` as for training; only `kind` is replaced.
  Evaluator(StepOptions options, Pool& pool, VariableStore& variables);
  ~Evaluator();

  /// `x` float32 N x the network's input, `y` int64 N. Throws tacho::Error where shapes do not fit the network.
  Evaluation evaluate(const Tensor& x, const Tensor& y);
  /// The outputs, N x classes, of the run's dtype: probabilities for cross entropy, the network's own for squared
  /// error.
  Tensor outputs(const Tensor& x);

 private:
  template <class Visit>
  void for_each_batch(const Tensor& x, const Tensor& y, Visit&& visit);
  Session& session_for(int64_t batch);

  StepOptions options_;
  Pool& pool_;
  VariableStore& variables_;
  std::map<int64_t, std::unique_ptr<Session>> sessions_;  ///< by batch size
};

}  // namespace tacho
