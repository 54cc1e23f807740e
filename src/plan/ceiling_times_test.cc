#include "plan/ceiling_times.h"

#include <gtest/gtest.h>

#include "machine/nominal.h"
#include "nn/builtin.h"
#include "op/emitter.h"
#include "ops/conv2d.h"
#include "ops/matmul.h"
#include "tests/support/groups.h"
#include "train/session.h"

namespace tacho {
namespace {

/// 10 multiply-adds a nanosecond in float32, 20 in bfloat16; 100 bytes a nanosecond from 1000 bytes, 10 from more.
MachineProfile round_numbers() {
  MachineProfile profile;
  profile.l1_bytes = 1000;
  profile.l2_bytes = profile.l3_bytes = 0;
  profile.compute = {{"float32", "avx2", 1, 20e9, 0}, {"bfloat16", "avx512", 1, 40e9, 0}};
  profile.bandwidth = {{"L1", "read", 1, 0, 100e9, 0}, {"memory", "read", 1, 0, 10e9, 0}};
  return profile;
}

class DoesNothing final : public Kernel {
 public:
  RunStatus run(const KernelRun&) const override { return {}; }
};

/// Of a product of 2 x 3 and 3 x 4 (so says its type) that executes `tally`.
struct MadeUpCall {
  support::Chain chain = support::single_group(op_named("matmul"), MatmulAttributes{},
                                               {{DType::float32, {2, 3}}, {DType::float32, {3, 4}}});
  Group group = chain.group({0, 1, 1});
  DoesNothing kernel;
  Offer offer;
  KernelCall call{KernelCall::run, kernel, "none", &offer, &group, {0, 1, 1}, 0, {}, {}, {}};
};

TEST(CeilingTimes, TheLargerOfArithmeticAndBytesAndTheCallItself) {
  CeilingTimes times(round_numbers());
  MadeUpCall made;
  const int64_t call_ns = times.ns({KernelCall::reorder, made.kernel, "none"}, "");
  EXPECT_EQ(call_ns, 200);
  made.offer.executed.tally = {.mul = 5000, .add = 4000};
  EXPECT_EQ(times.ns(made.call, "") - call_ns, 500);
  made.offer.bfloat16 = true;
  EXPECT_EQ(times.ns(made.call, "") - call_ns, 250);
  made.offer.bfloat16 = false;
  made.offer.efficiency = 0.25;
  EXPECT_EQ(times.ns(made.call, "") - call_ns, 2000);
  made.call.slice = {0, 3, 8};
  made.call.offered = 4;
  EXPECT_EQ(times.ns(made.call, "") - call_ns, 1500) << "three quarters of the slice that was offered";
  made.offer.executed.tally = {.mul = 10};
  made.offer.packs = {{1, 952}};
  EXPECT_EQ(times.ns(made.call, "") - call_ns, 101) << "24 bytes in, 32 out and 952 packed do not fit 1000";
  made.offer.packs = {{1, 944}};
  EXPECT_EQ(times.ns(made.call, "") - call_ns, 10);
  EXPECT_EQ(
      times.ns({KernelCall::pack, made.kernel, "none", &made.offer, &made.group, {}, 0, {DType::float32, {3, 4}}}, "") -
          call_ns,
      20)
      << "944 and 48 bytes at half of the bandwidth";
}

TEST(CeilingTimes, NominalCeilingsKnowTheInstructionSets) {
  CpuInfo cpu;
  EXPECT_EQ(nominal_profile(cpu).flop_per_s("float32", 1), 24e9);
  cpu.instruction_sets = {"avx2", "fma"};
  EXPECT_EQ(nominal_profile(cpu).flop_per_s("float32", 1), 96e9);
  EXPECT_EQ(nominal_profile(cpu).flop_per_s("float64", 1), 48e9);
  EXPECT_EQ(nominal_profile(cpu).flop_per_s("bfloat16", 1), 0);
  EXPECT_EQ(nominal_profile(cpu).level_of(16 << 10, 1).bytes_per_s, 96e9);
  EXPECT_EQ(nominal_profile(cpu).level_of(64 << 20, 1).bytes_per_s, 12e9);
  cpu.instruction_sets = {"avx2", "fma", "avx512f", "avx512_bf16"};
  EXPECT_EQ(nominal_profile(cpu).flop_per_s("float32", 1), 192e9);
  EXPECT_EQ(nominal_profile(cpu).flop_per_s("bfloat16", 1), 384e9);
}

OfferResult offer_as(const char* algorithm, const Group& group, const OfferContext& context) {
  OfferContext own = context;
  own.algorithm = algorithm;
  return backend_named("simd").offer(group, own);
}

/// simd's convolutions by one algorithm, as a backend.
Backend of_one_algorithm(std::string_view name, OfferResult (*offer)(const Group&, const OfferContext&)) {
  Backend backend = backend_named("simd");
  backend.name = name;
  backend.offer = offer;
  return backend;
}

std::map<std::string, std::string> chosen_by_ceilings(const std::vector<const Backend*>& backends, std::string* text) {
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = 16;
  Switches switches;
  set_switch(switches, "tune", "off");
  set_switch(switches, "convolution", "direct");  // not lowered
  options.way = resolve(switches);
  PlanOptions plan = plan_options(options.way);
  EXPECT_EQ(plan.tuning, nullptr);
  EXPECT_EQ(plan.times, &this_machine_times());
  CeilingTimes times(nominal_profile(this_cpu()));  // whatever this machine's profile says
  plan.times = &times;
  plan.backends = backends;
  plan.algorithm.clear();
  const auto made = make_plan(source_graph(options), {}, plan);
  const auto again = make_plan(source_graph(options), {}, plan);
  EXPECT_EQ(fingerprint_of(*made), fingerprint_of(*again));
  if (text) *text = to_text(*made);
  std::map<std::string, std::string> kernels;
  for (const PlannedNode& node : made->nodes) kernels[node.path] = node.backend + " " + node.kernel_name;
  return kernels;
}

TEST(CeilingTimes, WinogradIsChosenWhereItsProductsAreFewer) {
  if (const char* reason = backend_named("simd").unavailable()) GTEST_SKIP() << reason;
  const Backend direct =
      of_one_algorithm("many", [](const Group& g, const OfferContext& c) { return offer_as("direct", g, c); });
  const Backend winograd =
      of_one_algorithm("few", [](const Group& g, const OfferContext& c) { return offer_as("winograd", g, c); });
  for (const auto& order : {std::pair(&direct, &winograd), std::pair(&winograd, &direct)}) {
    std::string text;
    auto kernels = chosen_by_ceilings({order.first, order.second, &backend_named("reference")}, &text);
    for (const char* layer : {"conv2", "conv3"})
      for (const char* what :
           {"/conv2d/forward", "/conv2d_backward_weights/backward", "/conv2d_backward_data/backward"})
        EXPECT_EQ(kernels.at(std::string(layer) + what).substr(0, 12), "few winograd") << layer << what << "\n" << text;
    EXPECT_EQ(kernels.at("conv1/conv2d/forward"), "many direct conv2d")
        << "5 x 5 filters of one channel: a tile's 36 products and their transforms take as many additions as 100";
    EXPECT_NE(text.find("(estimated: "), std::string::npos) << text;
    EXPECT_NE(text.find("not many: estimated slower here: "), std::string::npos) << text;
    EXPECT_EQ(text.find("measured"), std::string::npos) << text;
  }
}

TEST(CeilingTimes, ProductsGoToVectorsAndNotToPlainLoops) {
  if (const char* reason = backend_named("simd").unavailable()) GTEST_SKIP() << reason;
  const auto kernels =
      chosen_by_ceilings({&backend_named("stub"), &backend_named("simd"), &backend_named("reference")}, nullptr);
  EXPECT_EQ(kernels.at("fc/matmul/forward").substr(0, 5), "simd ") << "the template stands first, with plain loops";
  const support::Chain chain = support::single_group(op_named("matmul"), MatmulAttributes{},
                                                     {{DType::float32, {64, 96}}, {DType::float32, {96, 32}}});
  const Group group = chain.group({0, 1, 1});
  CeilingTimes times(nominal_profile(this_cpu()));
  std::map<std::string, int64_t> ns;
  for (const char* name : {"simd", "reference"}) {
    OfferResult result = backend_named(name).offer(group, {this_cpu(), ""});
    Offer& offer = std::get<Offer>(result);
    ns[name] = times.ns({KernelCall::run, *offer.kernel, name, &offer, &group, {0, 1, 1}}, "");
  }
  EXPECT_LT(4 * ns.at("simd"), ns.at("reference"));
}

}  // namespace
}  // namespace tacho
