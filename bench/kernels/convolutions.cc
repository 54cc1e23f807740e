// Convolutions of this repository's backends side by side: forward with bias and relu, and both gradients, one slice on
// one thread, in alternation.
// Usage: bench_convolutions [part of a layer's name] [backend...]; default: every layer, simd and onednn. simd:bfloat16
// is simd with products in bfloat16.
// Times are the processor's for this thread, so that others on the machine disturb less.
// Prints milliseconds (median) and, for each backend, the rate at which direct convolution would have had to run.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "base/clock.h"
#include "op/backend.h"
#include "ops/bias_add.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/conv_geometry.h"

namespace tacho {
namespace {

struct Layer {
  const char* name;
  int64_t images, channels, filters, size, kernel, stride, padding;
};

/// The reference networks' layers, then what deep ones are made of; images: one slice.
constexpr Layer kLayers[] = {
    {"lenet5.conv1", 64, 1, 6, 28, 5, 1, 2},
    {"lenet5.conv2", 64, 6, 16, 14, 5, 1, 0},
    {"mnist.conv1", 64, 1, 32, 28, 5, 1, 2},
    {"mnist.conv2", 64, 32, 64, 14, 3, 1, 1},
    {"mnist.conv3", 64, 64, 64, 7, 3, 1, 1},
    {"cifar.conv1", 64, 3, 32, 32, 3, 1, 1},
    {"cifar.conv2", 64, 32, 64, 16, 3, 1, 1},
    {"cifar.conv3", 64, 64, 64, 8, 3, 1, 1},
    {"64@32", 32, 64, 64, 32, 3, 1, 1},
    {"128@16", 32, 128, 128, 16, 3, 1, 1},
    {"256@8", 32, 256, 256, 8, 3, 1, 1},
    {"512@4", 32, 512, 512, 4, 3, 1, 1},
    {"512@2", 32, 512, 512, 2, 3, 1, 1},
    {"3->64@32", 32, 3, 64, 32, 3, 1, 1},
    {"64->128@32/2", 32, 64, 128, 32, 3, 2, 1},
    {"256->64@56 1x1", 4, 256, 64, 56, 1, 1, 0},
    {"512->1024@28/2 1x1", 4, 512, 1024, 28, 1, 2, 0},
    {"3->64@224 7x7/2", 1, 3, 64, 224, 7, 2, 3},
};

const OpDef& op(const char* name) { return op_named(name); }

/// A group of one chain over the given operands; the first `inputs` are external, the last is the result.
struct Problem {
  Group group;
  std::string pass;
};

Problem problem_of(const Layer& l, const char* pass) {
  const Shape x{l.images, l.channels, l.size, l.size}, w{l.filters, l.channels, l.kernel, l.kernel};
  const Conv2dAttributes conv{{l.stride, l.stride}, {l.padding, l.padding, l.padding, l.padding}};
  const Shape y = conv_geometry(conv, x, w).output_shape();
  const auto images = [](const Shape& shape) {
    return GroupOperand{{DType::float32, shape}, SliceState::Sliced(0), {}};
  };
  const auto whole = [](const Shape& shape) { return GroupOperand{{DType::float32, shape}, SliceState::Whole(), {}}; };
  Problem p;
  p.pass = pass;
  Group& g = p.group;
  if (p.pass == "forward") {
    g.operands = {images(x), whole(w), whole({l.filters}), images(y), images(y), images(y)};
    g.members = {{&op("conv2d"), conv, {0, 1}, {3}},
                 {&op("bias_add"), BiasAddAttributes{1}, {3, 2}, {4}},
                 {&op("relu"), {}, {4}, {5}}};
    g.inputs = {0, 1, 2}, g.outputs = {5};
  } else if (p.pass == "backward data") {
    g.operands = {images(y), whole(w), images(x)};
    g.members = {{&op("conv2d_backward_data"), Conv2dBackwardDataAttributes{conv, {l.size, l.size}}, {0, 1}, {2}}};
    g.inputs = {0, 1}, g.outputs = {2};
  } else {
    g.operands = {images(y), images(x), {{DType::float32, w}, SliceState::Partial(PartialKind::sum), {}}};
    g.members = {
        {&op("conv2d_backward_weights"), Conv2dBackwardWeightsAttributes{conv, {l.kernel, l.kernel}}, {0, 1}, {2}}};
    g.inputs = {0, 1}, g.outputs = {2};
  }
  return p;
}

int64_t thread_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

struct Rival {
  const Backend* backend;
  bool bfloat16 = false;
};

Rival rival_named(const std::string& name) {
  const size_t colon = name.find(':');
  const Rival rival{&backend_named(name.substr(0, colon)), colon != std::string::npos};
  if (rival.bfloat16 && !(rival.backend->multiplies_in_bfloat16 && rival.backend->multiplies_in_bfloat16()))
    fail(name, ": no products in bfloat16 on this machine");
  return rival;
}

/// One backend's kernel with memory of its own for every operand.
class Contender {
 public:
  Contender(const Rival& rival, const Group& group) : name_(rival.backend->name) {
    OfferContext context{this_cpu(), ""};
    context.bfloat16 = rival.bfloat16;
    if (rival.bfloat16) name_ += ":bfloat16";
    OfferResult result = rival.backend->offer(group, context);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      kernel_name_ = refusal->reason;
      return;
    }
    offer_ = std::move(std::get<Offer>(result));
    kernel_name_ = offer_.name;
    for (size_t i = 0; i < group.inputs.size(); ++i)
      inputs_.push_back(operand(group.operands[size_t(group.inputs[i])], offer_.input_layouts, i));
    for (size_t i = 0; i < group.outputs.size(); ++i)
      outputs_.push_back(operand(group.operands[size_t(group.outputs[i])], offer_.output_layouts, i));
    if (group.has_partial()) {
      partial_ = memory(offer_.kernel->partial_bytes());
      offer_.kernel->begin(partial_);
      outputs_[0].data = nullptr;
    }
    for (size_t i = 0; i < offer_.packs.size(); ++i) {
      packed_.push_back(memory(offer_.packs[i].bytes));
      offer_.kernel->pack(i, inputs_[offer_.packs[i].input], const_cast<void*>(packed_.back()));
    }
    workspace_ = memory(offer_.workspace_bytes);
  }

  bool takes_part() const { return offer_.kernel != nullptr; }
  const std::string& name() const { return name_; }
  const std::string& kernel_name() const { return kernel_name_; }
  void run_once() {
    const int64_t images = inputs_[0].shape()[0];
    const KernelRun run{inputs_, outputs_, {0, images, images}, workspace_, packed_};
    const int64_t begin = thread_ns();
    if (partial_) offer_.kernel->accumulate(run, partial_);
    else offer_.kernel->run(run);
    times_.push_back(thread_ns() - begin);
  }
  double median_ms() {
    std::sort(times_.begin(), times_.end());
    return double(times_[times_.size() / 2]) / 1e6;
  }
  double least_ms() { return double(*std::min_element(times_.begin(), times_.end())) / 1e6; }
  size_t runs() const { return times_.size(); }

 private:
  void* memory(size_t bytes) {
    memory_.push_back(std::make_unique<Buffer>(bytes));
    std::memset(memory_.back()->data(), 0, bytes);
    return memory_.back()->data();
  }
  View operand(const GroupOperand& from, const std::vector<Layout>& layouts, size_t index) {
    const bool opaque = !layouts.empty() && layouts[index].kind == Layout::opaque;
    const size_t bytes = size_t(opaque ? layouts[index].bytes : byte_count(from.type.shape, from.type.dtype));
    float* data = static_cast<float*>(memory(bytes));
    for (size_t i = 0; i < bytes / sizeof(float); ++i) data[i] = float(int64_t(i * 2654435761u % 1021) - 510) / 500;
    return {data, from.type};
  }

  std::string name_, kernel_name_;
  Offer offer_;
  std::vector<std::unique_ptr<Buffer>> memory_;
  std::vector<View> inputs_, outputs_;
  std::vector<const void*> packed_;
  void *partial_ = nullptr, *workspace_ = nullptr;
  std::vector<int64_t> times_;
};

void compare(const Layer& layer, const char* pass, const std::vector<Rival>& rivals) {
  const Problem problem = problem_of(layer, pass);
  const GroupMember& conv = problem.group.members[0];
  const TensorTypes in = problem.group.input_types(conv), out = problem.group.output_types(conv);
  const double flops = 2 * double(tally_of(*conv.op, {conv.attributes, in, out}).mul);
  std::vector<std::unique_ptr<Contender>> contenders;
  for (const Rival& rival : rivals) contenders.push_back(std::make_unique<Contender>(rival, problem.group));
  const int64_t end = now_ns() + 400'000'000;
  for (int round = 0; round < 9 || (now_ns() < end && round < 400); ++round)
    for (auto& contender : contenders)
      if (contender->takes_part()) contender->run_once();
  std::printf("%-20s %-17s", layer.name, pass);
  double first = 0;
  for (auto& contender : contenders) {
    if (!contender->takes_part()) {
      std::printf(" | %s: no (%s)", contender->name().c_str(), contender->kernel_name().c_str());
      continue;
    }
    const double median = contender->median_ms();
    if (first == 0) first = median;
    std::printf(" | %s %8.3f (least %8.3f) ms %6.0f GFLOP/s %5.2fx", contender->name().c_str(), median,
                contender->least_ms(), flops / median / 1e6, median / first);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace
}  // namespace tacho

int main(int argc, char** argv) {
  using namespace tacho;
  try {
    std::vector<Rival> rivals;
    for (int i = 2; i < argc; ++i) rivals.push_back(rival_named(argv[i]));
    if (rivals.empty()) rivals = {rival_named("simd"), rival_named("onednn")};
    for (const Layer& layer : kLayers) {
      if (argc > 1 && !std::strstr(layer.name, argv[1])) continue;
      for (const char* pass : {"forward", "backward data", "backward weights"})
        if (layer.channels > 3 || std::strcmp(pass, "backward data") != 0) compare(layer, pass, rivals);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_convolutions: %s\n", error.what());
    return 2;
  }
  return 0;
}
