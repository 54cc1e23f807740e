#include "analysis/complexity.h"

#include <cstdio>
#include <memory>

#include "analysis/derive.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "lab/counted.h"
#include "nn/parameters.h"

namespace tacho {
namespace {

struct ComplexityFlags {
  CommonFlags common;
  bool derive = false, latex = false, count_all = false;
  std::string layers;
};

Complexity complexity_for(const StepOptions& step) {
  ComplexityInput input;
  input.network = step.network.name;
  input.input_shape = step.network.input;
  input.input_shape.insert(0, step.batch);
  input.batch = step.batch;
  input.parameters = parameter_count(parameters_of(step.network, step.way.dtype));
  input.dtype = dtype_name(step.way);
  input.optimizer = name_of(step.optimizer.kind);
  input.switches = step.way.switches;
  return complexity_of(source_graph(step, true), std::move(input));
}

/// What --network and its companions take for this step, for the commands that a derivation names.
std::string network_argument_of(const CommonFlags& flags) {
  std::string text = flags.network + size_words(flags);
  if (flags.batch_size != CommonFlags{}.batch_size) text += " --batch-size " + std::to_string(flags.batch_size);
  return text;
}

Derivation derivation_for(const StepOptions& step, const std::string& network_argument, bool count_all) {
  StepOptions whole = step;
  whole.way.convolution = "direct";
  const Graph source = source_graph(step), direct = source_graph(whole);
  CountingOptions counting;
  if (count_all) counting.operations = 0;
  return derive({step.network.name, network_argument, std::string(name_of(step.optimizer.kind)), step.way.convolution,
                 step.batch, dtype_name(step.way), &source, &direct, count_executions(step, source, counting)});
}

int run_derive(const ComplexityFlags& flags, CommonFlags common) {
  // The documents write a convolution as pad, phi and a product; another form is derived where it is asked for.
  if (!common.switches.set.count("convolution")) set_switch(common.switches, "convolution", "gather");
  else if (common.switches.set.at("convolution") == "auto") set_switch(common.switches, "convolution", "direct");
  const StepOptions step = step_from(common);
  Derivation derivation = derivation_for(step, network_argument_of(common), flags.count_all);
  show_layers(derivation, flags.layers);
  if (common.text_wanted())
    std::fputs((flags.latex ? render_latex(derivation) : render_text(derivation, {use_color(common.color, 1)})).c_str(),
               stdout);
  if (common.result_wanted()) {
    Json json = to_json(complexity_for(step));
    json["derivation"] = to_json(derivation);
    write_json(common, json.dump(1));
  }
  return derivation.holds() ? 0 : 1;
}

int run(const ComplexityFlags& flags) {
  if (flags.derive) return run_derive(flags, flags.common);
  if (flags.latex) fail("--latex writes a derivation; say --derive --latex");
  if (!flags.layers.empty()) fail("--layers chooses what a derivation prints; say --derive --layers ", flags.layers);
  if (flags.count_all) fail("--count-all counts for a derivation; say --derive --count-all");
  const Complexity complexity = complexity_for(step_from(flags.common));
  if (flags.common.text_wanted())
    std::fputs(render_text(complexity, {use_color(flags.common.color, 1)}).c_str(), stdout);
  if (flags.common.result_wanted()) write_json(flags.common, to_json(complexity).dump(1));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<ComplexityFlags>();
  set.heading("Derive");
  set.flag("--derive", "each operation in the documents' symbols, counted execution beside it, the claims",
           flags->derive);
  set.flag("--latex", "the derivation as a LaTeX article", flags->latex);
  set.text("--layers", "NAME,...", "print these, or all (six largest of a deep network)", flags->layers);
  set.flag("--count-all", "count every operation at full size, however long it takes", flags->count_all);
  add_common_flags(set, flags->common, kAllFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_complexity{
    .name = "complexity",
    .alias = "",
    .summary = "what every operation of a step requires, without running",
    .examples =
        "tacho complexity                        the reference experiment\n"
        "tacho complexity --convolution gather   pad, phi, W phi: the documents' formulas\n"
        "tacho complexity vgg16 --width 0.5      half the channels of every layer\n"
        "tacho complexity --derive               each formula with its numbers, counted\n"
        "tacho complexity --derive --latex > derivation.tex\n",
    .declare = declare,
};

}  // namespace tacho
