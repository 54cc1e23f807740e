#include "train/session.h"

#include "autodiff/gradients.h"
#include "base/clock.h"
#include "exec/graph_executor.h"
#include "exec/procedural.h"
#include "lower/lower.h"
#include "op/backend.h"
#include "passes/pipeline.h"
#include "plan/tuning.h"

namespace tacho {
namespace {

/// --convolution auto: conv2d where an optimised backend says yes, else im2col.
class AutoLowering : public EmitterDecorator {
 public:
  AutoLowering(Emitter& inner, std::vector<const Backend*> backends)
      : EmitterDecorator(inner), backends_(std::move(backends)), im2col_(im2col_lowering(inner)) {}

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override {
    if (op.name != "conv2d") return im2col_->emit(op, attributes, inputs);
    TensorTypes types;
    for (Value input : inputs) types.push_back(type(input));
    for (const Backend* backend : backends_)
      if (backend->supports && backend->supports(op, attributes, types)) return inner_.emit(op, attributes, inputs);
    return im2col_->emit(op, attributes, inputs);
  }

 private:
  std::vector<const Backend*> backends_;
  std::unique_ptr<Emitter> im2col_;
};

std::unique_ptr<Emitter> lowering_for(const Way& way, Emitter& inner) {
  if (way.convolution == "gather") return gather_lowering(inner);
  if (way.convolution == "im2col") return im2col_lowering(inner);
  if (way.convolution != "auto") return std::make_unique<EmitterDecorator>(inner);
  return std::make_unique<AutoLowering>(inner, plan_options(way).backends);
}

void emit_step(Emitter& emitter, const Tape& tape, const StepOptions& options) {
  const DType dtype = options.way.dtype;
  emitter.set_place({"input", Phase::none});
  const Value x = network_input(emitter, options.network, options.batch, dtype);
  const bool trains = options.kind == StepKind::train;
  RandomSource random;
  if (trains && draws_random_numbers(options.network))
    random = {emitter.constant(Tensor::of<int64_t>({}, {int64_t(options.seed)})),
              emitter.input("step", {DType::int64, {}}, InputKind::scalar)};
  const BuiltNetwork network = build_network(emitter, options.network, x, trains, random);
  if (options.kind == StepKind::inference) return emitter.output("outputs", network.logits);
  const Value y = emitter.input("y", {DType::int64, {options.batch}}, InputKind::batch);
  const Objective objective = emit_loss(emitter, options.loss, network.logits, y);
  emitter.output("loss", objective.loss);
  if (options.kind == StepKind::evaluate) return emitter.output("outputs", objective.outputs);
  const Value learning_rate = emitter.input("learning_rate", {dtype, {}}, InputKind::scalar);
  const Value step = random.step ? random.step : emitter.input("step", {DType::int64, {}}, InputKind::scalar);
  const std::vector<Value> gradient =
      clip_gradients(emitter, options.optimizer, gradients(emitter, tape, objective.loss, network.parameters));
  for (size_t i = 0; i < network.parameters.size(); ++i)
    if (gradient[i])
      emit_update(emitter, options.optimizer, network.parameter_infos[i], network.parameters[i], gradient[i],
                  learning_rate, step);
}

}  // namespace

StepFunction step_function(const StepOptions& options) {
  // A lowering keeps tables (index vectors) from step to step, so there is one for each emitter that the function is
  // called with.
  auto lowerings = std::make_shared<std::map<Emitter*, std::unique_ptr<Emitter>>>();
  return [options, lowerings](Emitter& emitter, const Tape& tape) {
    std::unique_ptr<Emitter>& lowering = (*lowerings)[&emitter];
    if (!lowering) lowering = lowering_for(options.way, emitter);
    if (options.way.products != Products::bfloat16) return emit_step(*lowering, tape, options);
    const std::unique_ptr<Emitter> rounding = bfloat16_products(*lowering);
    emit_step(*rounding, tape, options);
  };
}

Graph source_graph(const StepOptions& options, bool complexity) {
  StepOptions own = options;
  if (complexity && own.way.convolution == "auto") own.way.convolution = "direct";
  Graph graph;
  step_function(own)(graph, graph);
  return graph;
}

VariableStore initial_variables(const StepOptions& options, uint64_t seed) {
  VariableStore store;
  const std::vector<ParameterInfo> parameters = parameters_of(options.network, options.way.dtype);
  for (const ParameterInfo& info : parameters) store[info.name] = initial_value(info, seed);
  for (const StateInfo& info : state_of(options.network, options.way.dtype)) store[info.name] = initial_value(info);
  if (options.kind == StepKind::train)
    for (const StateInfo& info : optimizer_state(options.optimizer, parameters)) store[info.name] = initial_value(info);
  return store;
}

std::unique_ptr<Plan> plan_of(const StepOptions& options, Graph* source, int64_t* built_ns) {
  Graph graph = source_graph(options);
  if (source) *source = graph;
  if (options.way.fusion) fold_normalization(graph);
  run_pipeline(graph);
  std::vector<std::vector<int>> groups;
  if (options.way.fusion)
    for (GroupProposal& proposal : propose_groups(graph)) groups.push_back(std::move(proposal.nodes));
  if (built_ns) *built_ns = now_ns();
  PlanOptions plan = plan_options(options.way);
  plan.choices = options.choices;
  if (options.times) plan.times = options.times;
  auto planned = make_plan(std::move(graph), groups, plan);
  if (plan.tuning && !plan.times) plan.tuning->save();
  return planned;
}

Session::Session(const StepOptions& options, Pool& pool, VariableStore& variables) : options_(options) {
  if (options.batch < 1) fail("--batch-size must be at least 1, got ", options.batch);
  learning_rate_ = Tensor({options.way.dtype, {}});
  step_ = Tensor({DType::int64, {}});
  if (options.way.procedural) {
    PlanOptions plan = plan_options(options.way);
    plan.choices = options.choices;
    executor_ = std::make_unique<ProceduralExecutor>(step_function(options), plan, pool, variables);
    return;
  }
  const int64_t begin = now_ns();
  Graph source;
  int64_t built = 0;
  auto planned = plan_of(options, &source, &built);
  executor_ = std::make_unique<GraphExecutor>(std::move(source), std::move(planned), pool, variables);
  build_ns_ = built - begin;
  plan_ns_ = now_ns() - built;
}

Session::~Session() = default;

void Session::run(const View& x, const View& y, double learning_rate, int64_t step) {
  if (options_.way.dtype == DType::float64) *learning_rate_.as<double>() = learning_rate;
  else *learning_rate_.as<float>() = float(learning_rate);
  *step_.as<int64_t>() = step;
  executor_->bind("x", x);
  if (options_.kind != StepKind::inference) executor_->bind("y", y);
  if (options_.kind == StepKind::train) {
    executor_->bind("learning_rate", learning_rate_.view());
    executor_->bind("step", step_.view());
  }
  executor_->step();
}

double Session::loss() const {
  const Tensor loss = executor_->output("loss").cast(DType::float64);
  return *loss.as<double>();
}

}  // namespace tacho
