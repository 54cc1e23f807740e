#include "lab/sweep.h"

#include <cstdio>
#include <memory>

#include "analysis/sweep/render.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/lists.h"
#include "cli/progress.h"
#include "device/cpu.h"
#include "lab/time_to_accuracy.h"
#include "nn/builtin.h"
#include "nn/network_file.h"

namespace tacho {
namespace {

struct SweepFlags {
  CommonFlags common;
  std::string over = "batch";
  std::optional<std::string> values, until;
  int64_t rounds = 3, seeds = 3, most_epochs = 20;
};

/// What is swept where --values says nothing.
std::string default_values(const SweepFlags& flags, const NetworkSpec& network) {
  if (flags.over == "batch") return flags.until ? "16,32,64,128" : "1,2,4,8,16,32,64,128";
  if (flags.over == "optimizer") return "sgd,momentum,nesterov,adam";
  if (flags.over == "width") return "0.5,1,2";
  if (flags.over == "depth") return "1,2,3";
  if (flags.over == "image") {
    const int64_t side = network.input.size() == 3 ? network.input[1] : 28;
    return text_of(side, ",", 2 * side, ",", 3 * side);
  }
  std::string counts = "1";
  for (int threads = 2; threads <= std::max(this_cpu().cores, 2); ++threads) counts += text_of(",", threads);
  return counts;
}

/// One line on standard error with the time left, from the share that is over.
std::function<void(const std::string&, double)> progress_line(const CommonFlags& flags) {
  if (flags.quiet || !is_terminal(2)) return nullptr;
  return [begin = now_ns()](const std::string& what, double share) {
    std::string line = "sweep  " + what;
    if (share > 0) line += "  " + duration_text(double(now_ns() - begin) / 1e9 * (1 - share) / share) + " left";
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str()), std::fflush(stderr);
  };
}

std::string command_for(const SweepFlags& flags) {
  const CommonFlags& common = flags.common;
  std::string text = "tacho sweep --over " + flags.over;
  if (flags.values) text += " --values " + *flags.values;
  if (flags.until) text += " --until " + *flags.until;
  text += network_words(common);
  if (common.data) text += " --data " + *common.data;
  if (common.batch_size != CommonFlags{}.batch_size) text += text_of(" --batch-size ", common.batch_size);
  for (const auto& [name, value] : common.switches.set) text += " --" + name + " " + value;
  return text;
}

void print(const SweepFlags& flags, const std::string& text, const Json& json) {
  if (!flags.common.quiet && is_terminal(2)) std::fputs("\r\x1b[K", stderr), std::fflush(stderr);
  if (flags.common.text_wanted()) std::fputs(text.c_str(), stdout);
  write_json(flags.common, json.dump(1));
}

int run_until(const SweepFlags& flags, const RunSetup& setup, const std::string& values) {
  if (flags.over != "batch" && flags.over != "optimizer")
    fail("--until goes with --over batch or --over optimizer, got --over ", flags.over);
  const std::string& until = *flags.until;
  if (!until.starts_with("accuracy=")) fail("--until expects accuracy=X, for example accuracy=0.97, got '", until, "'");
  AccuracyOptions options;
  options.over = flags.over;
  options.target = parse_number("--until accuracy", until.substr(9), 0, 1);
  options.seeds = flags.seeds, options.seed = uint64_t(flags.common.seed), options.most_epochs = flags.most_epochs;
  for (const std::string& part : split_commas(values)) {
    const size_t colon = part.find(':');
    options.values.emplace_back(part.substr(0, colon),
                                colon == std::string::npos
                                    ? flags.common.learning_rate
                                    : parse_number("--values VALUE:RATE", part.substr(colon + 1), 0, 1e30));
  }
  if (const auto show = progress_line(flags.common))
    options.progress = [show](const std::string& what) { show(what, 0); };
  AccuracyRecord record = measure_time_to_accuracy(setup.step, setup.data, options);
  record.command = command_for(flags);
  print(flags, render_text(record, Paint{use_color(flags.common.color, 1)}), to_json(record));
  return 0;
}

int run(const SweepFlags& flags) {
  if (!flags.until) check_swept(flags.over);
  const RunSetup setup = setup_from(flags.common);
  const std::string values = flags.values.value_or(default_values(flags, setup.step.network));
  if (flags.until) return run_until(flags, setup, values);
  SweepOptions options;
  options.over = flags.over;
  for (const std::string& value : split_commas(values))
    options.values.push_back(parse_number("--values", value, 1e-6, 1e9));
  options.switches = flags.common.switches;
  options.rounds = int(flags.rounds);
  options.learning_rate = flags.common.learning_rate, options.seed = uint64_t(flags.common.seed);
  options.network_for = [&](const Shape& image) {
    if (!is_network_file(flags.common.network))
      return scaled(flags.common, builtin_network(flags.common.network, image, setup.step.network.classes));
    NetworkSpec network = setup.step.network;
    network.input = image;
    return network;
  };
  options.progress = progress_line(flags.common);
  SweepRecord record = measure_sweep(setup.step, setup.data, options);
  record.command = command_for(flags);
  const Sweep sweep = fit_sweep(record);
  print(flags, render_text(sweep, Paint{use_color(flags.common.color, 1)}), to_json(sweep));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<SweepFlags>();
  add_common_flags(set, flags->common, kAllFlags);
  set.heading("Sweep");
  set.text("--over", "WHAT", "batch (unless you say), width, depth, image or threads; with --until batch or optimizer",
           flags->over);
  set.text("--values", "A,B,...", "sizes (width, depth: times the network's own); with --until VALUE or VALUE:RATE",
           flags->values);
  set.integer("--rounds", "times each value is measured, all in turn (3)", flags->rounds, 1, 1000);
  set.text("--until", "accuracy=X", "train each value until then: time per step x steps", flags->until);
  set.integer("--seeds", "with --until: trainings of each value (3)", flags->seeds, 1, 1000);
  set.integer("--max-epochs", "with --until: give up after so many (20)", flags->most_epochs, 1, 1'000'000);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_sweep{
    .name = "sweep",
    .alias = "",
    .summary = "time against one size, beside the formulas' exponents",
    .examples =
        "tacho sweep                               time against the batch size\n"
        "tacho sweep --over width --values 1,2,4 --network vgg11\n"
        "tacho sweep --over threads                who gains from the second thread\n"
        "tacho sweep --over batch --until accuracy=0.9 --values 16:0.01,128:0.05\n"
        "tacho sweep --over optimizer --until accuracy=0.9 --values sgd:0.05,adam\n",
    .declare = declare,
};

}  // namespace tacho
