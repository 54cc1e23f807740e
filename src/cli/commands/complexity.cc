#include "analysis/complexity.h"

#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/common_flags.h"
#include "nn/parameters.h"

namespace tacho {
namespace {

int run(const CommonFlags& flags) {
  const StepOptions step = step_from(flags);
  ComplexityInput input;
  input.network = step.network.name;
  input.input_shape = step.network.input;
  input.input_shape.insert(0, step.batch);
  input.batch = step.batch;
  input.parameters = parameter_count(parameters_of(step.network, step.way.dtype));
  input.dtype = step.way.dtype;
  input.optimizer = name_of(step.optimizer.kind);
  input.switches = step.way.switches;
  const Complexity complexity = complexity_of(source_graph(step, true), std::move(input));
  if (flags.text_wanted()) std::fputs(render_text(complexity, {use_color(flags.color, 1)}).c_str(), stdout);
  if (flags.json) write_json(flags, to_json(complexity).dump(1));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<CommonFlags>();
  add_common_flags(set, *flags, kAllFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_complexity{
    .name = "complexity",
    .alias = "",
    .summary = "what every operation of a step requires, without running",
    .examples =
        "tacho complexity                        the reference experiment\n"
        "tacho complexity --convolution gather   pad, phi, W phi: the documents' formulas\n",
    .declare = declare,
};

}  // namespace tacho
