// What is no product: activations, updates, reductions and row-wise operations by every backend that takes them, on one
// thread, in alternation.
// Usage: bench_operations [part of an operation's name] [backend...]; default: all, simd, onednn and reference.
// Times are the processor's for this thread, so that others on the machine disturb less.
// Prints nanoseconds per element of the first operand (median of the rounds) and how many times simd's the others take.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "op/backend.h"
#include "ops/normalize_rows.h"
#include "ops/softmax.h"
#include "ops/sum.h"
#include "tensor/tensor.h"

namespace tacho {
namespace {

constexpr int kRounds = 15;
constexpr double kRoundNs = 4e6;

struct Call {
  const OpDef* op;
  Attributes attributes;
  std::vector<TensorType> inputs;
};

/// Operand shapes of the operation's first sample, those of its elements replaced by `shape`.
Call as_in_sample(const OpDef& op, const Shape& shape) {
  Call call{&op, op.samples[0].attributes, op.samples[0].inputs};
  for (TensorType& type : call.inputs)
    if (type.shape == op.samples[0].inputs[0].shape) type.shape = shape;
  return call;
}

std::vector<Call> calls() {
  std::vector<Call> list;
  for (const OpDef* op : all_ops()) {
    if (op->has(Trait::update)) {
      list.push_back(as_in_sample(*op, {1 << 16}));
      list.push_back(as_in_sample(*op, {512 * 512 * 9}));
    } else if (op->has(Trait::elementwise)) {
      const Sample& sample = op->samples[0];
      const auto alike = [&](const TensorType& type) { return type == sample.inputs[0]; };
      if (std::all_of(sample.inputs.begin(), sample.inputs.end(), alike) &&
          types_of(*op, sample.attributes, sample.inputs)[0] == sample.inputs[0])
        list.push_back(as_in_sample(*op, {1 << 14}));
    }
  }
  const auto rows = [&](const char* op, const Attributes& attributes, size_t operands, const Shape& shape) {
    list.push_back({&op_named(op), attributes, std::vector<TensorType>(operands, {DType::float32, shape})});
  };
  for (const Shape& shape : {Shape{128, 10}, {64, 1000}, {512, 128}}) {
    for (const char* op : {"softmax", "log_softmax"}) rows(op, AxisAttributes{1}, 1, shape);
    for (const char* op : {"softmax_backward", "log_softmax_backward"}) rows(op, AxisAttributes{1}, 2, shape);
    rows("softmax_cross_entropy", {}, 1, shape);
    list.back().inputs.push_back({DType::int64, {shape[0]}});
    rows("softmax_cross_entropy_backward", {}, 1, shape);
    list.back().inputs.push_back({DType::int64, {shape[0]}});
    list.back().inputs.push_back({DType::float32, {shape[0]}});
  }
  for (const Shape& shape : {Shape{128, 64}, {256, 768}, {64, 4096}})
    for (const bool center : {true, false}) {
      const NormalizeRowsAttributes attributes{1, 1e-5, center};
      rows("normalize_rows", attributes, 1, shape);
      rows("normalize_rows_backward", attributes, 2, shape);
      list.back().inputs.push_back({DType::float32, {shape[0], 1}});
    }
  for (const char* op : {"sum", "max"})
    for (const std::vector<int64_t>& axes : {std::vector<int64_t>{0}, {1}, {}})
      rows(op, ReductionAttributes{axes}, 1, {128, 512});
  return list;
}

double thread_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e9 * double(t.tv_sec) + double(t.tv_nsec);
}

/// One backend's kernel with operands of its own.
struct Candidate {
  std::string backend;
  Offer offer;
  std::vector<Tensor> operands;
  std::vector<View> inputs, outputs;
  std::unique_ptr<Buffer> workspace;
  int64_t repeats = 1;
  std::vector<double> ns;

  double round() {
    const double begin = thread_ns();
    for (int64_t i = 0; i < repeats; ++i) offer.kernel->run({inputs, outputs, {0, 1, 1}, workspace->data(), {}});
    return (thread_ns() - begin) / double(repeats);
  }
};

Group group_of(const Call& call, const TensorTypes& outputs) {
  Group group;
  GroupMember member{call.op, call.attributes, {}, {}};
  for (const TensorType& type : call.inputs) {
    group.inputs.push_back(int(group.operands.size()));
    member.inputs.push_back(int(group.operands.size()));
    group.operands.push_back({type, {}, {}});
  }
  for (const TensorType& type : outputs) {
    group.outputs.push_back(int(group.operands.size()));
    member.outputs.push_back(int(group.operands.size()));
    group.operands.push_back({type, {}, {}});
  }
  group.members.push_back(std::move(member));
  return group;
}

/// Positive numbers around 0.5, labels 0, a step number of 3.
Tensor operand_of(const TensorType& type) {
  Tensor tensor(type);
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    if (type.dtype == DType::float32) tensor.as<float>()[i] = 0.1f + 0.01f * float(i % 83);
    else if (type.dtype == DType::int64) tensor.as<int64_t>()[i] = type.shape.empty() ? 3 : 0;
  }
  return tensor;
}

void measure(const Call& call, const std::vector<std::string>& backends) {
  const TensorTypes outputs = types_of(*call.op, call.attributes, call.inputs);
  const Group group = group_of(call, outputs);
  std::vector<Candidate> candidates;
  for (const std::string& name : backends) {
    OfferResult result = backend_named(name).offer(group, {this_cpu(), ""});
    if (!std::holds_alternative<Offer>(result)) continue;
    Offer& offer = std::get<Offer>(result);
    Candidate candidate;
    candidate.backend = name;
    candidate.workspace = std::make_unique<Buffer>(std::max<size_t>(offer.workspace_bytes, 1));
    candidate.offer = std::move(offer);
    for (const TensorType& type : call.inputs) candidate.operands.push_back(operand_of(type));
    for (const TensorType& type : outputs) candidate.operands.emplace_back(type);
    for (size_t i = 0; i < candidate.operands.size(); ++i)
      (i < call.inputs.size() ? candidate.inputs : candidate.outputs).push_back(candidate.operands[i].view());
    candidate.repeats = std::max<int64_t>(1, int64_t(kRoundNs / std::max(1.0, candidate.round())));
    candidates.push_back(std::move(candidate));
  }
  if (candidates.empty() || candidates[0].backend != backends[0]) return;
  for (int round = 0; round < kRounds; ++round)
    for (Candidate& candidate : candidates) candidate.ns.push_back(candidate.round());
  std::printf("%-32s %-16s", std::string(call.op->name).c_str(), to_string(call.inputs[0]).c_str());
  double first = 0;
  for (Candidate& candidate : candidates) {
    std::nth_element(candidate.ns.begin(), candidate.ns.begin() + kRounds / 2, candidate.ns.end());
    const double ns = candidate.ns[kRounds / 2];
    if (first == 0) first = ns;
    std::printf("  %s %.3f (%.2f)", candidate.backend.c_str(), ns / double(element_count(call.inputs[0].shape)),
                ns / first);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace
}  // namespace tacho

int main(int argc, char** argv) {
  const std::string part = argc > 1 ? argv[1] : "";
  std::vector<std::string> backends(argv + std::min(argc, 2), argv + argc);
  if (backends.empty()) backends = {"simd", "onednn", "reference"};
  for (const tacho::Call& call : tacho::calls())
    if (call.op->name.find(part) != std::string_view::npos) tacho::measure(call, backends);
  return 0;
}
