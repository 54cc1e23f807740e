#include "nn/inspect.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/network_toml.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct InspectFlags {
  CommonFlags common;
  bool toml = false;
};

std::vector<int64_t> extents(const Shape& shape) { return {shape.begin(), shape.end()}; }

/// 1234567 as "1,234,567".
std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (int64_t at = int64_t(text.size()) - 3; at > 0; at -= 3) text.insert(size_t(at), 1, ',');
  return text;
}

std::string as_json(const NetworkInspection& network, const StepOptions& step) {
  Json layers = Json::array(), parameters = Json::array(), state = Json::array();
  for (const InspectedLayer& layer : network.layers)
    layers.push_back({{"name", layer.name},
                      {"kind", layer.kind},
                      {"output_shape", extents(layer.output)},
                      {"parameters", layer.parameters}});
  const auto variable = [](const std::string& name, const TensorType& type) {
    return Json{{"name", name}, {"shape", extents(type.shape)}, {"dtype", std::string(name_of(type.dtype))}};
  };
  for (const ParameterInfo& info : network.parameters) parameters.push_back(variable(info.name, info.type));
  for (const StateInfo& info : network.state) state.push_back(variable(info.name, info.type));
  return Json{{"schema", "tacho.inspect"},
              {"schema_version", 1},
              {"network", network.name},
              {"input_shape", extents(step.network.input)},
              {"classes", step.network.classes},
              {"batch_size", step.batch},
              {"dtype", dtype_name(step.way)},
              {"total_parameters", network.total_parameters},
              {"layers", layers},
              {"parameters", parameters},
              {"state", state}}
      .dump(2);
}

void print(const NetworkInspection& network) {
  std::printf("%s  input %s, %s\n\n", network.name.c_str(), to_string(network.input).c_str(),
              std::string(name_of(network.dtype)).c_str());
  size_t name = 14, kind = 12;  // the columns of small networks; deep ones have longer names
  for (const InspectedLayer& layer : network.layers) {
    name = std::max(name, layer.name.size());
    kind = std::max(kind, layer.kind.size());
  }
  const auto row = [&](const std::string& a, const std::string& b, const std::string& c, const std::string& d) {
    std::printf("  %-*s %-*s %-20s %14s\n", int(name), a.c_str(), int(kind), b.c_str(), c.c_str(), d.c_str());
  };
  row("LAYER", "KIND", "OUTPUT", "PARAMETERS");
  for (const InspectedLayer& layer : network.layers)
    row(layer.name, layer.kind, to_string(layer.output), layer.parameters ? grouped(layer.parameters) : "-");
  row("in all", "", "", grouped(network.total_parameters));
  std::printf("\n");
  std::printf("  %-28s %-24s %10s\n", "PARAMETER", "SHAPE", "ELEMENTS");
  for (const ParameterInfo& info : network.parameters)
    std::printf("  %-28s %-24s %10s\n", info.name.c_str(), to_string(info.type.shape).c_str(),
                grouped(element_count(info.type.shape)).c_str());
  if (network.state.empty()) return;
  std::printf("\n  %-28s %-24s %10s\n", "RUNNING STATISTIC", "SHAPE", "ELEMENTS");
  for (const StateInfo& info : network.state)
    std::printf("  %-28s %-24s %10s\n", info.name.c_str(), to_string(info.type.shape).c_str(),
                grouped(element_count(info.type.shape)).c_str());
}

int run(const InspectFlags& flags) {
  const StepOptions step = step_from(flags.common);
  const NetworkInspection network = inspect_network(step.network, step.batch, step.way.dtype);
  if (flags.toml) std::fputs(network_toml(step.network).c_str(), stdout);
  else if (flags.common.text_wanted()) print(network);
  write_json(flags.common, as_json(network, step));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<InspectFlags>();
  set.heading("Inspect");
  set.flag("--toml", "print the network as a TOML file", flags->toml);
  add_common_flags(set, flags->common, kNetworkFlags | kDataFlags | kBatchFlags | kSwitchFlags | kOutputFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_inspect;
const Command command_inspect = {"inspect", "summary", "the network: layers, shapes, parameters",
                                 "tacho inspect simplenn-4               layers, shapes, parameters\n"
                                 "tacho inspect mlp --image 3x32x32 --json -     names, shapes and dtypes as JSON\n"
                                 "tacho inspect simplenn-7 --toml        the file that would build it",
                                 declare};

}  // namespace tacho
