#include "lab/why.h"

#include <cstdio>
#include <memory>

#include "analysis/why/render.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/lists.h"
#include "cli/progress.h"

namespace tacho {
namespace {

struct WhyFlags {
  CommonFlags common;
  std::optional<std::string> from, to, order;
  int64_t orders = 3, rounds = 5;
};

/// "gemm=blas,backend=blas,reference": a part without '=' goes on with the value before it.
void turn(Switches& switches, const char* flag, const std::string& text) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const std::string& part : split_commas(text)) {
    const size_t equals = part.find('=');
    if (equals != std::string::npos) values.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    else if (!values.empty()) values.back().second += "," + part;
    else fail(flag, " expects SWITCH=VALUE, for example gemm=reference,threads=1; got '", text, "'");
  }
  for (const auto& [name, value] : values) set_switch(switches, name, value);
}

/// One line on standard error, redrawn at each visit.
std::function<void(const std::string&, double, double)> progress_line(const CommonFlags& flags) {
  if (flags.quiet || !is_terminal(2)) return nullptr;
  return [](const std::string& what, double share, double seconds_left) {
    std::string line = seconds_left < 0 ? "first round" : text_of(int(share * 100), " %");
    line += "  " + what;
    if (seconds_left >= 0) line += "  " + duration_text(seconds_left) + " left";
    line.resize(std::min(line.size(), size_t(std::max(terminal_columns(2) - 1, 0))));
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str()), std::fflush(stderr);
  };
}

std::string command_for(const WhyFlags& flags) {
  const CommonFlags& common = flags.common;
  std::string text = "tacho why" + network_words(common);
  if (common.data) text += " --data " + *common.data;
  if (common.batch_size != CommonFlags{}.batch_size) text += text_of(" --batch-size ", common.batch_size);
  for (const auto& [name, value] : common.switches.set) text += " --" + name + " " + value;
  if (flags.from) text += " --from " + *flags.from;
  if (flags.to) text += " --to " + *flags.to;
  if (flags.order) text += " --order " + *flags.order;
  return text;
}

int run(const WhyFlags& flags) {
  const RunSetup setup = setup_from(flags.common);
  WhyOptions options;
  options.to = flags.common.switches;
  if (flags.to) turn(options.to, "--to", *flags.to);
  if (flags.from) {
    options.from = options.to;
    turn(options.from, "--from", *flags.from);
  } else {
    options.from = slowest_way(options.to);
  }
  if (flags.order) options.order = split_commas(*flags.order);
  options.other_orders = int(flags.orders);
  options.rounds = int(flags.rounds);
  options.learning_rate = flags.common.learning_rate;
  options.seed = uint64_t(flags.common.seed);
  options.progress = progress_line(flags.common);
  WhyRecord record = measure_why(setup.step, setup.data, options);
  if (options.progress) std::fputs("\r\x1b[K", stderr), std::fflush(stderr);
  record.command = command_for(flags);
  const Why why = attribute(record);
  if (flags.common.text_wanted()) std::fputs(render_text(why, Paint{use_color(flags.common.color, 1)}).c_str(), stdout);
  write_json(flags.common, to_json(why).dump(1));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<WhyFlags>();
  add_common_flags(set, flags->common, kAllFlags);
  set.heading("Between two ways");
  set.text("--from", "SWITCH=VALUE,...", "where to begin: the end with these switches (the slowest way)", flags->from);
  set.text("--to", "SWITCH=VALUE,...", "where to end, beside the switches above (tacho's own choice)", flags->to);
  set.text("--order", "SWITCH,...", "which switch is turned first, second, ...", flags->order);
  set.integer("--orders", "other orders to measure for the ranges (3)", flags->orders, 0, 20);
  set.integer("--rounds", "times each way is measured, all ways in turn (5)", flags->rounds, 1, 1000);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_why{
    .name = "why",
    .alias = "",
    .summary = "from the slowest way to the best, switch by switch",
    .examples =
        "tacho why                                 every switch, from the slowest way\n"
        "tacho why --order threads,backend,gemm    in another order\n"
        "tacho why --from convolution=im2col,gemm=blas     from there to tacho's own way\n"
        "tacho why mlp --batch-size 32 --json why.json\n",
    .declare = declare,
};

}  // namespace tacho
