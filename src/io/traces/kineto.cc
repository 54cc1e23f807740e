// PyTorch's profiler: `torch.profiler` of any version that writes Kineto's JSON, and the plain list of the one before.
#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "io/traces/event_stream.h"
#include "io/traces/profile_builder.h"
#include "io/traces/pytorch_words.h"
#include "io/traces/read_trace.h"
#include "io/traces/timeline.h"

namespace tacho {
namespace {

struct Call {
  PyTorchCall call;
  std::string dtype;
  bool is_operation = true;
};

/// What the events say, before steps are cut.
struct Recording {
  std::vector<Call> calls;
  std::vector<Span> spans;  ///< one per call; `owner` is the call until owners are assigned
  std::map<std::pair<std::string, std::string>, int> threads;
  int64_t device_events = 0;
};

Extents extents_of(const TraceEvent& value) {
  Extents extents;
  if (!value.is_array()) return extents;
  for (const TraceEvent& extent : value) {
    // A list of tensors, or more dimensions than tensors have: nothing to match by.
    if (!extent.is_number_integer() || extents.size() == 16) return {};
    extents.push_back(extent.get<int64_t>());
  }
  return extents;
}

/// The arguments are optional, and older versions call the shapes "Input dims".
void read_arguments(const TraceEvent& event, Call& call) {
  const auto args = event.find("args");
  if (args == event.end() || !args->is_object()) return;
  constexpr size_t kMost = 64;
  for (const char* name : {"Input Dims", "Input dims"})
    if (const auto found = args->find(name); found != args->end() && found->is_array())
      for (size_t i = 0; i < std::min(found->size(), kMost); ++i) call.call.inputs.push_back(extents_of((*found)[i]));
  if (const auto found = args->find("Concrete Inputs"); found != args->end() && found->is_array())
    for (size_t i = 0; i < std::min(found->size(), kMost); ++i)
      call.call.concrete.push_back((*found)[i].is_string() ? (*found)[i].get<std::string>() : "");
  for (const char* name : {"Input type", "Input types"})
    if (const auto found = args->find(name);
        found != args->end() && found->is_array() && !found->empty() && (*found)[0].is_string())
      call.dtype = (*found)[0].get<std::string>();
}

void read_event(Recording& recording, const TraceEvent& event, const EventPlace& place) {
  if (text_of_member(event, "ph") != "X") return;
  const std::string category = text_of_member(event, "cat");
  static const char* kDevice[] = {"kernel", "gpu_memcpy", "gpu_memset", "gpu_user_annotation", "cuda_runtime"};
  for (const char* device : kDevice) recording.device_events += category == device;
  const bool operation = category.empty() || category == "cpu_op" || category == "Operator";
  if (!operation && category != "user_annotation") return;
  Call call;
  call.is_operation = operation;
  call.call.name = text_of_member(event, "name");
  if (call.call.name.empty()) fail(place, " has no name");
  read_arguments(event, call);
  const auto thread = recording.threads.try_emplace({text_of_member(event, "pid"), text_of_member(event, "tid")},
                                                    int(recording.threads.size()));
  Span span;
  span.begin = nanoseconds_of(event, "ts", place);
  const int64_t duration = nanoseconds_of(event, "dur", place);
  if (duration < 0) fail(place, " (", call.call.name.substr(0, 60), "): dur is negative");
  if (__builtin_add_overflow(span.begin, duration, &span.end)) fail(place, ": ts and dur are beyond any clock");
  span.thread = thread.first->second;
  span.owner = int(recording.calls.size());
  recording.calls.push_back(std::move(call));
  recording.spans.push_back(span);
}

/// Where the text is no JSON it is read again with its quotes repaired; what then still fails is told of the text as it
/// is.
Recording read_events(std::string_view text, const std::string& where, bool& repaired) {
  const auto read = [&](std::string_view from) {
    Recording recording;
    for_each_event(from, where,
                   [&](const TraceEvent& event, const EventPlace& place) { read_event(recording, event, place); });
    return recording;
  };
  try {
    return read(text);
  } catch (const Error& first) {
    const std::string escaped = with_quotes_escaped(text);
    if (escaped == text) throw;
    repaired = true;
    try {
      return read(escaped);
    } catch (const Error&) {
      throw first;
    }
  }
}

struct Window {
  int64_t begin, end;
};

std::vector<Window> windows_named(const Recording& recording, std::string_view prefix) {
  std::vector<Window> windows;
  for (const Span& span : recording.spans)
    if (const Call& call = recording.calls[size_t(span.owner)];
        !call.is_operation && call.call.name.starts_with(prefix))
      windows.push_back({span.begin, span.end});
  std::sort(windows.begin(), windows.end(), [](const Window& a, const Window& b) { return a.begin < b.begin; });
  return windows;
}

/// Steps, and how they were found.
std::vector<Window> steps_of(const Recording& recording, StepProfile& profile) {
  std::vector<Window> steps = windows_named(recording, "ProfilerStep#");
  if (!steps.empty()) {
    profile.notes.push_back(text_of(steps.size(), " steps by ProfilerStep#"));
  } else {
    // A step ends with its optimiser; whatever comes before the first one's is the first step.
    int64_t begin = INT64_MAX, end = INT64_MIN;
    for (const Span& span : recording.spans) begin = std::min(begin, span.begin), end = std::max(end, span.end);
    for (const Window& update : windows_named(recording, "Optimizer.step#")) {
      steps.push_back({begin, update.end});
      begin = update.end;
    }
    if (!steps.empty()) {
      profile.notes.push_back(text_of(steps.size(), " steps, each to the end of its Optimizer.step"));
    } else {
      steps.push_back({begin, end});
      profile.notes.push_back("no ProfilerStep# and no Optimizer.step: the whole trace is taken as one step");
    }
  }
  for (size_t s = 0; s < steps.size(); ++s) {
    if (s > 0) steps[s].begin = std::max(steps[s].begin, steps[s - 1].end);
    if (steps[s].end <= steps[s].begin) fail(profile.file, ": step ", s, " takes no time; the trace is damaged");
  }
  return steps;
}

/// Whom time belongs to: a row, or an account.
struct Owner {
  bool is_row = false;
  ProfiledOperation row;
  bool merged = false;  ///< all rows of this name in a step are one
  ProfiledAccount::Bucket bucket = ProfiledAccount::overhead;
  std::string account;
};

/// What a span hands down to those within it.
struct Context {
  int owner = -1;
  bool closed = false;  ///< everything within belongs to `owner`
  bool backward = false, update = false;
};

class Accounting {
 public:
  explicit Accounting(Recording& recording) : recording_(recording) {
    contexts_.resize(recording.spans.size());
    broken_ = visit_nested(recording.spans, [&](size_t span, int64_t parent) { visit(span, parent); });
    pieces_ = pieces_by_thread(recording.spans);
  }

  int64_t broken() const { return broken_; }
  bool saw_backward() const { return saw_backward_; }

  void add_step(ProfileBuilder& builder, const Window& window) const {
    builder.begin_step(window.end - window.begin);
    std::map<std::string, size_t> merged;
    const auto rank = [&](int owner) { return owners_[size_t(owner)].is_row ? 0 : 1; };
    for (const auto& [index, ns] : share_window(pieces_, window.begin, window.end, rank)) {
      if (index < 0) {
        builder.add_account(ProfiledAccount::overhead, "between operators", ns);
        continue;
      }
      const Owner& owner = owners_[size_t(index)];
      if (!owner.is_row) {
        builder.add_account(owner.bucket, owner.account, ns);
      } else if (!owner.merged) {
        builder.add(builder.row(owner.row), ns);
      } else {
        const auto found = merged.find(owner.row.name);
        const size_t row = found != merged.end() ? found->second : builder.row(owner.row);
        merged.emplace(owner.row.name, row);
        builder.add(row, ns);
      }
    }
  }

 private:
  int account(ProfiledAccount::Bucket bucket, const std::string& name) {
    const auto [found, is_new] = accounts_.try_emplace(name, int(owners_.size()));
    if (is_new) {
      owners_.emplace_back();
      owners_.back().bucket = bucket;
      owners_.back().account = name;
    }
    return found->second;
  }

  int row(const PyTorchCall& call, const Context& context) {
    Owner owner;
    owner.is_row = true;
    if (context.update) {
      // What an optimiser calls depends on its version: a loop of operators, or one for all parameters.
      owner.row = single_part_row("optimizer update", simple_part("update", "update"));
      owner.merged = true;
    } else {
      owner.row.name = call.name.starts_with("aten::") ? call.name.substr(6) : call.name;
      owner.row.parts = parts_of(call, context.backward ? "backward" : "forward");
      if (owner.row.parts.front().kind.starts_with("softmax_cross_entropy")) {
        owner.merged = true;
        owner.row.name = context.backward ? "cross entropy backward" : "cross entropy";
      }
    }
    owners_.push_back(std::move(owner));
    return int(owners_.size()) - 1;
  }

  void visit(size_t index, int64_t parent) {
    Span& span = recording_.spans[index];
    const Call& call = recording_.calls[size_t(span.owner)];
    Context context = parent >= 0 ? contexts_[size_t(parent)] : Context{};
    if (!context.closed) {
      switch (role_of(call.call.name, call.is_operation)) {
        case PyTorchRole::operation:
          context.owner = row(call.call, context);
          context.closed = true;
          break;
        case PyTorchRole::engine:
          context.owner = account(ProfiledAccount::overhead, "autograd engine");
          context.backward = saw_backward_ = true;
          break;
        case PyTorchRole::bookkeeping:
          context.owner = account(ProfiledAccount::overhead, "views and allocation");
          break;
        case PyTorchRole::optimizer:
          context.owner = account(ProfiledAccount::overhead, "optimizer's loop");
          context.update = true;
          break;
        case PyTorchRole::input:
          context.owner = account(ProfiledAccount::idle, "input");
          context.closed = true;
          break;
        case PyTorchRole::other:
          if (context.owner < 0) context.owner = account(ProfiledAccount::overhead, "between operators");
          break;
      }
    }
    contexts_[index] = context;
    span.owner = context.owner;
  }

  Recording& recording_;
  std::vector<Context> contexts_;  ///< by span
  std::vector<Owner> owners_;
  std::map<std::string, int> accounts_;
  std::vector<std::vector<Piece>> pieces_;
  int64_t broken_ = 0;
  bool saw_backward_ = false;
};

/// Batch and dtype are those of the first convolution or product.
void read_facts(const Recording& recording, ProfileFacts& facts) {
  std::vector<size_t> order(recording.spans.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return recording.spans[a].begin < recording.spans[b].begin; });
  for (size_t i : order) {
    const Call& call = recording.calls[size_t(recording.spans[i].owner)];
    if (call.call.inputs.empty() || role_of(call.call.name, call.is_operation) != PyTorchRole::operation) continue;
    const std::string kind = parts_of(call.call, "forward").front().kind;
    if (kind != "conv2d" && kind != "matmul") continue;
    const Extents& first = call.call.inputs[call.call.name == "aten::addmm" && call.call.inputs.size() > 1 ? 1 : 0];
    if (!first.empty()) facts.batch = first[0];
    static const std::map<std::string, std::string> kTypes = {
        {"float", "float32"}, {"double", "float64"}, {"c10::BFloat16", "bfloat16"}, {"c10::Half", "float16"}};
    if (const auto known = kTypes.find(call.dtype); known != kTypes.end()) facts.dtype = known->second;
    return;
  }
}

}  // namespace

StepProfile parse_kineto(std::string_view text, const std::string& where) {
  bool repaired = false;
  Recording recording = read_events(text, where, repaired);
  if (recording.spans.empty()) fail(where, " has no operators: was the profiler's activity CPU left out?");
  StepProfile profile;
  profile.file = where;
  profile.source = "PyTorch profiler (Kineto)";
  const std::vector<Window> steps = steps_of(recording, profile);
  read_facts(recording, profile.facts);
  for (const Call& call : recording.calls)
    if (call.call.name.starts_with("ProfilerStep#")) {
      const Extents number = parse_extents("[" + call.call.name.substr(13) + "]");
      if (!number.empty()) profile.facts.warmup = number[0];  // the schedule's own steps before the recorded ones
      break;
    }

  const Accounting accounting(recording);
  profile.facts.step_kind = accounting.saw_backward() ? "train" : "inference";
  ProfileBuilder builder;
  for (const Window& step : steps) accounting.add_step(builder, step);
  builder.finish(profile);
  if (repaired) profile.notes.push_back("names with quotes that were not escaped were repaired");
  if (accounting.broken() > 0)
    profile.notes.push_back(text_of(accounting.broken(),
                                    " spans outlast the one they began in: each moment is given to "
                                    "the span that began last"));
  if (recording.device_events > 0)
    profile.notes.push_back(text_of(recording.device_events, " events of a device are left out: times are the host's"));
  check_closed(profile, where);
  return profile;
}

}  // namespace tacho
