// Steps that leave a node out find its former results; steps that hold others compute the same.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/random.h"
#include "exec/graph_executor.h"
#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

/// A session on one batch that never changes.
class Fixed {
 public:
  Fixed(const std::string& network, int64_t batch, const std::vector<std::pair<std::string, std::string>>& switches)
      : options_(options_of(network, batch, switches)),
        variables_(initial_variables(options_, 5)),
        pool_(options_.way.threads),
        session_(options_, pool_, variables_),
        x_(batch_of(options_)),
        y_({DType::int64, {batch}}) {
    const Random random(3);
    for (int64_t i = 0; i < x_.elements(); ++i) x_.as<float>()[i] = float(random.normal(uint64_t(i)));
    for (int64_t i = 0; i < batch; ++i) y_.as<int64_t>()[i] = i % options_.network.classes;
  }
  double step(double learning_rate) {
    session_.run(x_.view(), y_.view(), learning_rate, ++steps_);
    return session_.loss();
  }
  PlanRunner& runner() { return dynamic_cast<GraphExecutor&>(session_.executor()).runner(); }
  const Plan& plan() { return *session_.executor().plan(); }
  Pool& pool() { return pool_; }
  std::map<std::string, Tensor> state() const {
    std::map<std::string, Tensor> copy;
    for (const auto& [name, tensor] : variables_) copy[name] = tensor.clone();
    return copy;
  }
  void set_state(const std::map<std::string, Tensor>& state) {
    for (auto& [name, tensor] : variables_)
      std::memcpy(tensor.view().data, state.at(name).view().data, size_t(tensor.bytes()));
  }

 private:
  static StepOptions options_of(const std::string& network, int64_t batch,
                                const std::vector<std::pair<std::string, std::string>>& switches) {
    StepOptions options;
    options.network = builtin_network(network);
    options.batch = batch;
    Switches set;
    for (const auto& [name, value] : switches) set_switch(set, name, value);
    options.way = resolve(set);
    return options;
  }
  static Tensor batch_of(const StepOptions& options) {
    Shape shape{options.batch};
    for (int64_t extent : options.network.input) shape.push_back(extent);
    return Tensor({DType::float32, shape});
  }
  StepOptions options_;
  VariableStore variables_;
  Pool pool_;
  Session session_;
  Tensor x_, y_;
  int64_t steps_ = 0;
};

void expect_same_values(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b,
                        const std::string& what) {
  for (const auto& [name, tensor] : a)
    EXPECT_EQ(std::memcmp(tensor.view().data, b.at(name).view().data, size_t(tensor.bytes())), 0)
        << what << " " << name;
}

// With one slice and one lane a node's results of a former step are those of this one, because the batch and the
// weights are: leaving it out must change nothing, wherever the plan put its results and whatever reuses that memory.
TEST(CausalRunsSchedule, AStepWithoutANodeFindsItsFormerResults) {
  for (const char* schedule : {"slices", "sequential", "operators"})
    for (const char* backend : {"reference", "simd,onednn,blas,reference"}) {
      Fixed fixed(std::string(backend) == "reference" ? "mlp" : "simplenn-4", 2,
                  {{"threads", "1"}, {"lanes", "1"}, {"schedule", schedule}, {"backend", backend}, {"tune", "off"}});
      ASSERT_EQ(fixed.plan().slices, 1);
      const auto start = fixed.state();
      const double plain = fixed.step(0);
      fixed.step(0);
      const auto after_two = fixed.state();
      for (int n = 0; n < int(fixed.plan().nodes.size()); ++n) {
        const PlannedNode& node = fixed.plan().nodes[size_t(n)];
        if (node.kind == PlannedNode::view) continue;
        const std::string what = std::string(schedule) + " " + backend + " " + node.path;
        fixed.runner().keep_results_of(n);
        fixed.set_state(start);
        EXPECT_EQ(fixed.step(0), plain) << what;
        const auto after_one = fixed.state();
        fixed.runner().skip(true);
        EXPECT_EQ(fixed.step(0), plain) << what;
        fixed.runner().skip(false);
        // A left out update (or what only it reads) leaves a variable as it was; everything else moved on.
        if (node.place.phase != Phase::update) expect_same_values(fixed.state(), after_two, what);
        fixed.runner().keep_results_of(-1);
      }
    }
}

TEST(CausalRunsThreads, TrainingGoesOnAsIfNothingHadBeenLeftOut) {
  const std::vector<std::pair<std::string, std::string>> switches{{"threads", "2"}, {"lanes", "2"}, {"tune", "off"}};
  Fixed disturbed("simplenn-4", 8, switches), quiet("simplenn-4", 8, switches);
  for (Fixed* fixed : {&disturbed, &quiet}) fixed->step(0.01);
  const auto before = disturbed.state();
  for (int n = 0; n < int(disturbed.plan().nodes.size()); n += 3) {
    disturbed.runner().keep_results_of(n);
    disturbed.step(0);
    disturbed.runner().skip(true);
    EXPECT_TRUE(std::isfinite(disturbed.step(0)));
    Holding holding(n, 1.0, 2, int(disturbed.plan().stages.size()));
    disturbed.runner().skip(false);
    disturbed.runner().hold(&holding);
    disturbed.step(0);
    disturbed.runner().hold(nullptr);
  }
  disturbed.runner().keep_results_of(-1);
  disturbed.set_state(before);
  for (int s = 0; s < 3; ++s) EXPECT_EQ(disturbed.step(0.01), quiet.step(0.01));
  expect_same_values(disturbed.state(), quiet.state(), "after three steps");
}

TEST(CausalRunsThreads, EveryThreadIsHeldForWhatTheNodeTook) {
  for (const char* threads : {"1", "2", "3"})
    for (const char* schedule : {"slices", "sequential"}) {
      Fixed fixed("simplenn-4", 16, {{"threads", threads}, {"lanes", "4"}, {"schedule", schedule}, {"tune", "off"}});
      const double plain = fixed.step(0);
      int64_t held = 0;
      for (int n = 0; n < int(fixed.plan().nodes.size()); n += 4) {
        if (fixed.plan().nodes[size_t(n)].kind == PlannedNode::view) continue;
        Holding holding(n, 1.0, fixed.pool().threads(), int(fixed.plan().stages.size()));
        fixed.runner().hold(&holding);
        const int64_t begin = now_ns();
        EXPECT_EQ(fixed.step(0), plain) << "holding changes no result";
        const int64_t wall = now_ns() - begin;
        fixed.runner().hold(nullptr);
        EXPECT_GT(holding.owed_ns(), 0) << fixed.plan().nodes[size_t(n)].path;
        // Whoever ran it saved it, whoever did not waited for it: no thread was through in less.
        EXPECT_GE(wall, holding.owed_ns());
        held += holding.owed_ns();
        holding.begin_step();
        EXPECT_EQ(holding.owed_ns(), 0);
      }
      EXPECT_GT(held, 0);
    }
}

TEST(CausalRunsSchedule, NothingIsLeftOutUnlessItsResultsAreKept) {
  Fixed fixed("mlp", 4, {{"threads", "1"}, {"tune", "off"}});
  EXPECT_THROW(fixed.runner().skip(true), Error);
  fixed.runner().skip(false);
  EXPECT_TRUE(std::isfinite(fixed.step(0.01)));
}

}  // namespace
}  // namespace tacho
