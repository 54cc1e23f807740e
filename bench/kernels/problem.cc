#include "bench/kernels/problem.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>

#include "base/error.h"
#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"
#include "tensor/tensor.h"
#ifdef TACHO_BENCH_ONEDNN
#include "backends/onednn/layouts.h"
#endif

namespace tacho::bench {
namespace {

/// Floating numbers near 1 in size, never denormal; zeros for labels; 3 for an update's step, which counts from 1.
void fill(void* data, size_t bytes, const TensorType& type) {
  if (type.dtype == DType::float32) {
    float* numbers = static_cast<float*>(data);
    for (size_t i = 0; i < bytes / sizeof(float); ++i) numbers[i] = float(int64_t(i * 2654435761u % 1021) + 10) / 1000;
  } else {
    std::memset(data, 0, bytes);
    if (type == TensorType{DType::int64, {}}) *static_cast<int64_t*>(data) = 3;
  }
}

/// Max pooling's gradient is told places within its windows and the image, as pooling finds its maxima, in no order.
/// `last`: they lie channels last.
void fill_places(const GroupMember& member, const View& places, const Shape& image, bool last) {
  const PoolGeometry g = pool_geometry(member.attributes.as<MaxPool2dBackwardAttributes>().pool, image);
  uint32_t drawn = 1;
  const auto within = [&](const WindowAxis& axis, int64_t window) {
    drawn = drawn * 1664525u + 1013904223u;
    const int64_t place = axis.place(window, 0), first = std::max<int64_t>(-place, 0);
    return first + int64_t(drawn >> 16) % (std::min(axis.kernel, axis.in - place) - first);
  };
  const Shape& shape = places.shape();
  const int64_t planes = last ? shape[0] : shape[0] * shape[1], side_by_side = last ? shape[1] : 1;
  with_max_pool2d_index(places, [&](auto* index) {
    for (int64_t plane = 0; plane < planes; ++plane)
      for (int64_t i = 0; i < shape[2]; ++i)
        for (int64_t j = 0; j < shape[3]; ++j)
          for (int64_t c = 0; c < side_by_side; ++c) {
            const int64_t row = within(g.rows, i);
            *index++ = std::remove_reference_t<decltype(*index)>(row * g.columns.kernel + within(g.columns, j));
          }
  });
}

/// Operands that several kernels read: by number.
using SharedOperands = std::map<int, View>;

/// What a kernel runs on; kept by the entry's function.
class Running {
 public:
  /// `numbers`, where not empty: which of the shared operands each input is; what is missing there is added, and lives
  /// as long as this does.
  Running(Offer offer, const Group& group, const std::vector<int>& numbers = {}, SharedOperands* shared = nullptr)
      : offer_(std::move(offer)) {
    for (size_t i = 0; i < group.inputs.size(); ++i) {
      const GroupOperand& input = group.operands[size_t(group.inputs[i])];
      if (numbers.empty()) inputs_.push_back(operand(input, offer_.input_layouts, i));
      else if (const auto found = shared->find(numbers[i]); found != shared->end()) inputs_.push_back(found->second);
      else inputs_.push_back(shared->emplace(numbers[i], operand(input, offer_.input_layouts, i)).first->second);
    }
    for (size_t i = 0; i < group.outputs.size(); ++i) {
      const GroupOperand& to = group.operands[size_t(group.outputs[i])];
      if (to.state.kind == SliceState::partial) outputs_.push_back({nullptr, {DType::boolean, {}}});
      else if (group.anchor_member().op->has(Trait::update) && !offer_.aliases.empty() && offer_.aliases[i] >= 0)
        outputs_.push_back(inputs_[size_t(offer_.aliases[i])]);  // in place, as a plan has it
      else outputs_.push_back(operand(to, offer_.output_layouts, i));
    }
    if (const GroupMember& anchor = group.anchor_member(); anchor.op->name == "max_pool2d_backward")
      fill_places(anchor, inputs_[1], outputs_[0].shape(),
                  !offer_.input_layouts.empty() && offer_.input_layouts[1].is_channels_last());
    if (group.has_partial()) {
      partial_ = memory(offer_.kernel->partial_bytes());
      offer_.kernel->begin(partial_);
    }
    for (size_t i = 0; i < offer_.packs.size(); ++i) {
      packed_.push_back(memory(offer_.packs[i].bytes));
      offer_.kernel->pack(i, inputs_[offer_.packs[i].input], const_cast<void*>(packed_.back()));
    }
    workspace_ = memory(offer_.workspace_bytes);
    const Shape& first = inputs_[0].shape();
    rows_ = first.empty() ? 1 : first[0];
  }

  void run() const {
    const KernelRun run{inputs_, outputs_, {0, rows_, rows_}, workspace_, packed_};
    if (partial_) offer_.kernel->accumulate(run, partial_);
    else offer_.kernel->run(run);
  }

 private:
  void* memory(size_t bytes) {
    memory_.push_back(std::make_unique<Buffer>(std::max<size_t>(bytes, 1)));
    std::memset(memory_.back()->data(), 0, bytes);
    return memory_.back()->data();
  }
  View operand(const GroupOperand& from, const std::vector<Layout>& layouts, size_t index) {
    const bool opaque = !layouts.empty() && layouts[index].kind == Layout::opaque;
    const size_t bytes = size_t(opaque ? layouts[index].bytes : byte_count(from.type.shape, from.type.dtype));
    void* data = memory(bytes);
    fill(data, bytes, from.type);
    return {data, from.type};
  }

  Offer offer_;
  std::vector<std::unique_ptr<Buffer>> memory_;
  std::vector<View> inputs_, outputs_;
  std::vector<const void*> packed_;
  void *partial_ = nullptr, *workspace_ = nullptr;
  int64_t rows_ = 1;
};

Entry entry_of(const std::string& name, Offer offer, const Group& group, bool products) {
  Entry entry;
  entry.name = name;
  entry.kernel = offer.name;
  if (products) entry.executed_flop = 2 * double(offer.executed.tally.mul);
  const auto running = std::make_shared<const Running>(std::move(offer), group);
  entry.run = [running] { running->run(); };
  return entry;
}

/// A way in which images may arrive.
using Arrival = std::function<Layout(const TensorType&)>;

std::vector<Arrival> arrivals_for(const Rival& rival) {
  std::vector<Arrival> all{[](const TensorType&) { return channels_last(); },
                           [](const TensorType&) { return Layout{}; }};
#ifdef TACHO_BENCH_ONEDNN
  if (rival.backend->name == "onednn")
    all.push_back([](const TensorType& type) {
      const auto block = onednn::preferred_block(type.shape[1]);
      return block ? onednn::layout_of(type, *block) : Layout{};
    });
#endif
  static_cast<void>(rival);
  return all;
}

/// How a kernel reads its images: " nhwc", " nchw", " blocked"; nothing where it reads none.
std::string layout_name(const Offer& offer, const Group& group) {
  for (size_t i = 0; i < group.inputs.size(); ++i) {
    if (group.operands[size_t(group.inputs[i])].state.kind != SliceState::sliced) continue;
    const Layout layout = offer.input_layouts.empty() ? Layout{} : offer.input_layouts[i];
    return layout.is_channels_last() ? " nhwc" : layout.is_row_major() ? " nchw" : " blocked";
  }
  return "";
}

}  // namespace

Rival rival_named(const std::string& name) {
  const size_t colon = name.find(':');
  const Rival rival{&backend_named(name.substr(0, colon)), colon != std::string::npos};
  if (rival.bfloat16 && !(rival.backend->multiplies_in_bfloat16 && rival.backend->multiplies_in_bfloat16()))
    fail(name, ": no products in bfloat16 on this machine");
  return rival;
}

External images(const Shape& shape, DType dtype) { return {{dtype, shape}, true}; }
External whole(const Shape& shape) { return {{DType::float32, shape}, false}; }

Group group_of(const std::vector<External>& externals, const std::vector<Link>& chain) {
  Group group;
  for (const External& external : externals) {
    group.inputs.push_back(int(group.operands.size()));
    group.operands.push_back({external.type, external.sliced ? SliceState::Sliced(0) : SliceState::Whole(), {}});
  }
  for (const Link& link : chain) {
    GroupMember member{&op_named(link.op), link.attributes, {}, {}};
    TensorTypes inputs;
    SliceStates states;
    for (int input : link.inputs) {
      member.inputs.push_back(input);
      inputs.push_back(group.operands[size_t(input)].type);
      states.push_back(group.operands[size_t(input)].state);
    }
    const TensorTypes outputs = types_of(*member.op, member.attributes, inputs);
    const SliceStates results = member.op->slice({member.attributes, inputs, outputs}, states);
    group.outputs.clear();
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (results[i].kind == SliceState::refused) fail(link.op, ": ", results[i].reason);
      group.outputs.push_back(int(group.operands.size()));
      member.outputs.push_back(int(group.operands.size()));
      group.operands.push_back({outputs[i], results[i], {}});
    }
    group.members.push_back(std::move(member));
  }
  return group;
}

Group group_of(const OpDef& op, const Attributes& attributes, const std::vector<TensorType>& inputs) {
  std::vector<int> all;
  std::vector<External> externals;
  for (const TensorType& type : inputs) {
    all.push_back(int(externals.size()));
    externals.push_back({type, type.shape.size() == 4});
  }
  return group_of(externals, {{op.name.data(), attributes, all}});
}

namespace {

int64_t bytes_of(const Group& group, const std::vector<int>& operands) {
  int64_t bytes = 0;
  for (int operand : operands) {
    const TensorType& type = group.operands[size_t(operand)].type;
    bytes += byte_count(type.shape, type.dtype);
  }
  return bytes;
}

}  // namespace

int64_t bytes_of(const Group& group) { return bytes_of(group, group.inputs) + bytes_of(group, group.outputs); }
int64_t input_bytes_of(const Group& group) { return bytes_of(group, group.inputs); }

void add_entries(Contest& contest, const Rival& rival, const Group& group) {
  const std::string name = std::string(rival.backend->name) + (rival.bfloat16 ? ":bfloat16" : "");
  const char* unavailable = rival.backend->unavailable ? rival.backend->unavailable() : nullptr;
  if (unavailable) return contest.refusals.push_back({name, unavailable});
  std::string reasons;
  std::vector<std::pair<std::vector<Layout>, std::vector<Layout>>> known;
  const bool ours = contest.entries.empty();
  for (const Arrival& arrival : arrivals_for(rival)) {
    Group arriving = group;
    for (int input : arriving.inputs) {
      GroupOperand& operand = arriving.operands[size_t(input)];
      if (operand.state.kind == SliceState::sliced) operand.layout = arrival(operand.type);
    }
    OfferContext context{this_cpu(), ""};
    context.bfloat16 = rival.bfloat16;
    OfferResult result = rival.backend->offer(arriving, context);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      if (reasons.find(refusal->reason) == std::string::npos)
        reasons += (reasons.empty() ? "" : "; ") + refusal->reason;
      continue;
    }
    Offer& offer = std::get<Offer>(result);
    const std::pair layouts{offer.input_layouts, offer.output_layouts};
    if (std::find(known.begin(), known.end(), layouts) != known.end()) continue;
    known.push_back(layouts);
    std::string label = name + (ours ? "" : layout_name(offer, arriving));
    const auto taken = [&](const Entry& entry) { return entry.name == label; };
    while (std::any_of(contest.entries.begin(), contest.entries.end(), taken)) label += "'";
    contest.entries.push_back(entry_of(label, std::move(offer), arriving, contest.flop > 0));
    if (ours) return;
  }
  if (known.empty()) contest.refusals.push_back({name, reasons});
}

namespace {

/// The backend's answer, where images arrive channels last or row-major, and the group as it arrived.
std::pair<Offer, Group> offer_of(const Backend& backend, const Group& group, bool last) {
  Group arriving = group;
  for (int input : arriving.inputs)
    if (GroupOperand& operand = arriving.operands[size_t(input)]; last && operand.state.kind == SliceState::sliced)
      operand.layout = channels_last();
  OfferResult result = backend.offer(arriving, {this_cpu(), ""});
  if (const auto* refusal = std::get_if<Refusal>(&result)) fail(backend.name, ": ", refusal->reason);
  return {std::move(std::get<Offer>(result)), std::move(arriving)};
}

}  // namespace

Entry entry_of(const Backend& backend, const Group& group, bool last) {
  auto [offer, arriving] = offer_of(backend, group, last);
  return entry_of(std::string(backend.name), std::move(offer), arriving, false);
}

Entry entry_of(const Backend& backend, const std::vector<WorkPart>& parts, bool last) {
  std::vector<std::shared_ptr<const Running>> all;
  SharedOperands shared;
  Entry entry;
  entry.name = std::string(backend.name);
  for (const WorkPart& part : parts) {
    auto [offer, arriving] = offer_of(backend, part.group, last);
    entry.kernel += (entry.kernel.empty() ? "" : ", ") + offer.name;
    all.push_back(std::make_shared<const Running>(std::move(offer), arriving, part.operands, &shared));
  }
  entry.run = [all] {
    for (const auto& running : all) running->run();
  };
  return entry;
}

}  // namespace tacho::bench
