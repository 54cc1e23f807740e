#include "train/switches.h"

#include <algorithm>
#include <cstdlib>

#include "op/backend.h"
#include "ops/conv2d.h"
#include "plan/ceiling_times.h"
#include "plan/tuning.h"

namespace tacho {
namespace {

/// Values that exist, and values that will, with the reason why they are refused today.
struct SwitchValues {
  std::vector<std::string> known;
  std::vector<std::pair<std::string, std::string>> refused;
};

const std::map<std::string, SwitchValues>& table() {
  static const std::map<std::string, SwitchValues> kTable = {
      {"execution", {{"graph", "procedural"}, {}}},
      {"convolution", {{"auto", "gather", "im2col", "direct", "winograd", std::string(kAccurateWinograd)}, {}}},
      {"gemm", {{"auto", "reference", "blas", "onednn", "simd"}, {}}},
      {"fusion", {{"on", "off"}, {}}},
      {"memory-plan", {{"on", "off"}, {}}},
      {"layout", {{"auto", "nchw", "nhwc", "blocked"}, {}}},
      {"schedule", {{"slices", "operators", "sequential"}, {}}},
      {"tune", {{"auto", "on", "off", "order"}, {}}},
      {"dtype", {{"float32", "float64", "bfloat16"}, {}}},
  };
  return kTable;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

int positive(const std::string& name, const std::string& value) {
  char* end = nullptr;
  const long number = std::strtol(value.c_str(), &end, 10);
  if (value.empty() || *end || number < 1 || number > 1024)
    fail("--", name, " expects a number from 1 to 1024, got '", value, "'");
  return int(number);
}

void check_backends(const std::string& value) {
  for (const std::string& name : split(value)) {
    if (name == "cuda") fail("--backend cuda: this version has no cuda backend");
    const Backend& backend = backend_named(name);
    if (const char* reason = backend.unavailable ? backend.unavailable() : nullptr)
      fail("--backend ", name, ": ", reason);
  }
}

/// Whether --convolution names what conv2d is emitted as, and no algorithm of its kernels.
bool is_lowering(const std::string& convolution) {
  return convolution == "auto" || convolution == "gather" || convolution == "im2col";
}

std::string value_of(const Switches& switches, const std::string& name, const std::string& otherwise) {
  const auto found = switches.set.find(name);
  return found == switches.set.end() ? otherwise : found->second;
}

/// Every backend that takes part unasked and can run here, best first.
std::string default_backends() {
  std::vector<const Backend*> order;
  for (const Backend* backend : all_backends())
    if (backend->preference > 0 && !(backend->unavailable && backend->unavailable())) order.push_back(backend);
  std::stable_sort(order.begin(), order.end(),
                   [](const Backend* a, const Backend* b) { return a->preference > b->preference; });
  std::string names;
  for (const Backend* backend : order) names += (names.empty() ? "" : ",") + std::string(backend->name);
  return names;
}

/// Throws where nobody multiplies in bfloat16 on this machine. Where somebody does, every list of backends will do: the
/// others' kernels are more exact, which the attribute permits.
void check_bfloat16() {
  for (const Backend* backend : all_backends())
    if (backend->multiplies_in_bfloat16 && backend->multiplies_in_bfloat16()) return;
  fail(
      "--dtype bfloat16: this machine, or the target that TACHO_SIMD_TARGET names, has no instructions for such "
      "products "
      "(AVX-512 BF16); use float32");
}

/// Throws where no backend of the way has kernels for such images.
ImageLayout image_layout(const std::string& name, const Way& way) {
  if (name == "auto") return ImageLayout::automatic;
  if (name == "nchw") return ImageLayout::nchw;
  const bool last = name == "nhwc";
  if (way.procedural)
    fail("--execution procedural with --layout ", name,
         ": statement by statement every result is row-major; leave --layout out or use --execution graph");
  std::string able;
  for (const Backend* backend : all_backends()) {
    if (!(last ? backend->channels_last : backend->blocked)) continue;
    if (std::find(way.backends.begin(), way.backends.end(), backend->name) != way.backends.end())
      return last ? ImageLayout::nhwc : ImageLayout::blocked;
    able += (able.empty() ? "" : " or ") + std::string(backend->name);
  }
  fail("--layout ", name, ": none of ", list(way.backends), " has kernels for images ",
       last ? "channels-last" : "in blocks of channels", "; ",
       able.empty() ? "use nchw" : "use nchw, or --backend " + able + ",reference");
}

}  // namespace

const std::vector<SwitchInfo>& all_switches() {
  static const std::vector<SwitchInfo> kSwitches = {
      {"execution", "graph, procedural (or eager)", "graph", "building a graph first, against statement by statement"},
      {"convolution", "auto, gather, im2col, direct, winograd, winograd-2x2", "auto",
       "index manipulation against products (winograd-2x2: only F(2x2, 3x3), 1.8 times the products of F(4x4, 3x3) "
       "and a tenth of its error)"},
      {"gemm", "auto, reference, blas, onednn, simd", "auto", "optimised libraries: who runs matrix products"},
      {"fusion", "on, off", "on", "groups of operations in one kernel"},
      {"memory-plan", "on, off", "on", "memory reused by lifetime and overwritten in place"},
      {"layout", "auto, nchw, nhwc, blocked", "auto", "how images lie in memory"},
      {"schedule", "slices, operators, sequential", "slices",
       "slices of the batch depth-first, against ready nodes in parallel, against one node at a time"},
      {"lanes", "a number", "the machine's cores", "how many partial sums a reduction over the batch has"},
      {"tune", "auto, on, off, order", "auto",
       "kernels chosen by measuring all who offer (on), by the cost model alone (off) or by the order of --backend "
       "(auto: by order where --backend is given or nothing is planned, else on)"},
      {"backend", "a list of names", "all, best first", "which kernels are preferred"},
      {"threads", "a number", "all cores", "threads in all, the caller included"},
      {"dtype", "float32, float64, bfloat16", "float32",
       "precision: bfloat16 rounds what is multiplied, values and sums stay float32"},
  };
  return kSwitches;
}

void set_switch(Switches& switches, const std::string& name, const std::string& given) {
  std::string value = given;
  if (name == "execution" && value == "eager") value = "procedural";
  if (name == "dtype" && value == "bfloat16") check_bfloat16();
  if (name == "lanes" || name == "threads") positive(name, value);
  else if (name == "backend") check_backends(value);
  else {
    const auto row = table().find(name);
    if (row == table().end()) {
      std::string known;
      for (const SwitchInfo& info : all_switches()) known += (known.empty() ? "" : ", ") + info.name;
      fail("unknown switch '", name, "'; known: ", known);
    }
    for (const auto& [refused, reason] : row->second.refused)
      if (value == refused) fail("--", name, " ", value, ": ", reason);
    if (std::find(row->second.known.begin(), row->second.known.end(), value) == row->second.known.end())
      fail("--", name, " expects ", list(row->second.known), "; got '", value, "'");
  }
  switches.set[name] = value;
}

Way resolve(const Switches& switches) {
  Way way;
  way.procedural = value_of(switches, "execution", "graph") == "procedural";
  way.convolution = value_of(switches, "convolution", "auto");
  way.gemm = value_of(switches, "gemm", "auto");
  way.fusion = value_of(switches, "fusion", way.procedural ? "off" : "on") == "on";
  way.memory_plan = value_of(switches, "memory-plan", way.procedural ? "off" : "on") == "on";
  const std::string schedule = value_of(switches, "schedule", way.procedural ? "sequential" : "slices");
  way.schedule = schedule == "slices"      ? Schedule::slices
                 : schedule == "operators" ? Schedule::operators
                                           : Schedule::sequential;
  const std::string tune = value_of(switches, "tune", "auto");
  way.tune = tune == "auto" ? !way.procedural && !switches.set.count("backend") : tune == "on";
  way.model = tune == "off";
  const std::string layout = value_of(switches, "layout", "auto");
  if (way.procedural) {
    const std::string why = ": procedural execution runs statement by statement, so there is nothing to ";
    if (way.fusion)
      fail("--execution procedural with --fusion on", why, "fuse; leave --fusion out or use --execution graph");
    if (way.tune)
      fail(
          "--execution procedural with --tune on: kernels are measured when a graph is planned; leave --tune out or "
          "use "
          "--execution graph");
    if (way.memory_plan)
      fail("--execution procedural with --memory-plan on", why,
           "plan; leave --memory-plan out or use --execution graph");
    if (schedule != "sequential")
      fail("--execution procedural with --schedule ", schedule, why,
           "schedule; leave --schedule out or use --execution graph");
  }
  const int cores = this_cpu().cores;
  const char* from_environment = std::getenv("TACHO_THREADS");
  const std::string threads =
      value_of(switches, "threads", from_environment ? from_environment : std::to_string(cores));
  way.threads = positive(
      switches.set.count("threads") || !from_environment ? "threads" : "threads (from TACHO_THREADS)", threads);
  way.lanes = switches.set.count("lanes") ? positive("lanes", switches.set.at("lanes")) : cores;
  const std::string dtype = value_of(switches, "dtype", "float32");
  if (dtype == "bfloat16") way.products = Products::bfloat16;
  else way.dtype = dtype_of(dtype);
  const std::string order = value_of(switches, "backend", default_backends());
  way.backends = split(order);
  if (std::find(way.backends.begin(), way.backends.end(), "reference") == way.backends.end())
    way.backends.push_back("reference");
  way.images = image_layout(layout, way);
  if (way.gemm != "auto") check_backends(way.gemm);
  if (way.convolution == "winograd" || way.convolution == kAccurateWinograd) {
    if (way.dtype != DType::float32)
      fail("--convolution ", way.convolution, " computes in float32; leave --dtype out or use --convolution direct");
    if (std::find(way.backends.begin(), way.backends.end(), "simd") == way.backends.end())
      fail("--convolution ", way.convolution, ": only the backend simd has Winograd's algorithm, and it is not among ",
           list(way.backends), "; add it to --backend");
  }
  for (const SwitchInfo& info : all_switches()) {
    std::string value = value_of(switches, info.name, "");
    if (info.name == "execution") value = way.procedural ? "procedural" : "graph";
    if (info.name == "convolution") value = way.convolution;
    if (info.name == "gemm") value = way.gemm;
    if (info.name == "fusion") value = way.fusion ? "on" : "off";
    if (info.name == "memory-plan") value = way.memory_plan ? "on" : "off";
    if (info.name == "layout") value = layout;
    if (info.name == "schedule") value = schedule;
    if (info.name == "lanes") value = std::to_string(way.lanes);
    if (info.name == "tune") value = way.tune ? "on" : way.model ? "off" : "order";
    if (info.name == "backend") value = list(way.backends);
    if (info.name == "threads") value = std::to_string(way.threads);
    if (info.name == "dtype") value = dtype;
    way.switches.emplace_back(info.name, value);
  }
  return way;
}

std::string dtype_name(const Way& way) {
  return way.products == Products::bfloat16 ? "bfloat16" : std::string(name_of(way.dtype));
}

std::string convolution_of(const Way& way) {
  if (way.convolution != "auto") return way.convolution;
  const TensorTypes smallest{{way.dtype, {1, 1, 1, 1}}, {way.dtype, {1, 1, 1, 1}}};
  for (const Backend* backend : plan_options(way).backends)
    if (backend->supports && backend->supports(op_named("conv2d"), Conv2dAttributes{}, smallest)) return "direct";
  return "im2col";
}

std::string to_string(const Way& way) {
  const std::string products = way.gemm == "auto" ? way.backends.front() : way.gemm;
  std::string text = way.procedural ? "procedural" : "graph";
  const std::string convolution = convolution_of(way);
  // Left to choose, kernels may use Winograd's algorithm: another way than --convolution direct.
  const bool winograd = way.convolution == "auto" && convolution == "direct" && way.dtype == DType::float32 &&
                        std::count(way.backends.begin(), way.backends.end(), "simd") > 0;
  text += ", " + convolution + (winograd ? "/Winograd" : "") + " convolution, " + products;
  if (!way.procedural) text += std::string(", fusion ") + (way.fusion ? "on" : "off");
  return text;
}

PlanOptions plan_options(const Way& way) {
  PlanOptions options;
  for (const std::string& name : way.backends) options.backends.push_back(&backend_named(name));
  if (way.gemm != "auto") options.gemm_backends = {&backend_named(way.gemm), &backend_named("reference")};
  if (!is_lowering(way.convolution)) options.algorithm = way.convolution;
  if (way.tune) options.tuning = &this_machine_tuning();
  if (way.model) options.times = &this_machine_times();
  options.images = way.images;
  options.schedule = way.schedule;
  options.memory_plan = way.memory_plan;
  options.lanes = way.lanes;
  return options;
}

}  // namespace tacho
