#include "cli/common_flags.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "analysis/html/page.h"
#include "base/atomic_file.h"
#include "nn/builtin.h"
#include "nn/network_file.h"
#include "nn/scale.h"

namespace tacho {
namespace {

constexpr double kAnyNumber = 1e30;
constexpr double kMostWider = 1024;
constexpr int64_t kMostDeeper = 1024;

/// "1x28x28" or "784".
Shape parse_image(const std::string& text) {
  Shape shape;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('x', begin), text.size());
    if (shape.size() == 3) fail("--image expects CxHxW, for example 3x32x32, got '", text, "'");
    shape.push_back(parse_integer("--image (CxHxW, for example 3x32x32)", text.substr(begin, end - begin), 1, 1 << 20));
    begin = end + 1;
  }
  if (shape.size() == 2) fail("--image expects CxHxW, for example 3x32x32, got '", text, "'");
  return shape;
}

void add_network_flags(FlagSet& set, CommonFlags& flags) {
  set.heading("Network");
  std::string known;
  for (const std::string& name : builtin_names()) known += (known.empty() ? "" : ", ") + name;
  set.bare("NETWORK", "the same as --network", [&](const std::string& name) { flags.network = name; });
  set.text("--network", "NAME|FILE", "a .toml or simpleNN .config file, or built in: " + known + " (simplenn-4)",
           flags.network);
  set.value("--image", "CxHxW", "the network's input (built in: the data's, else its own; file: the file's)",
            [&](const std::string& text) { flags.image = parse_image(text); });
  set.value("--classes", "N", "outputs of a built-in network (the data's, else 10)",
            [&](const std::string& text) { flags.classes = parse_integer("--classes", text, 1, 1'000'000); });
  set.value("--width", "F", "every layer's channels or features times F; the outputs stay (1)",
            [&](const std::string& text) { flags.width = parse_number("--width", text, 1 / kMostWider, kMostWider); });
  set.value("--depth", "N", "every block N times in a row (1; what a block is: docs/sweep.md)",
            [&](const std::string& text) { flags.depth = parse_integer("--depth", text, 1, kMostDeeper); });
}

void add_data_flags(FlagSet& set, CommonFlags& flags) {
  set.heading("Data");
  set.text("--data", "SPEC",
           "digits, textures, a folder, or a file: .npz, .mat, IDX, LIBSVM (the built-in set that fits the network)",
           flags.data);
  set.value("--split", "A:B", "first A examples train, last B test",
            [&](const std::string& text) { flags.split = parse_split(text); });
  set.value("--normalize", "KIND",
            "none, scale (to 0..1) or mean (that, less the training mean); mean for images, else none",
            [&](const std::string& text) { flags.normalize = normalize_kind_of(text); });
}

void add_loss_flags(FlagSet& set, CommonFlags& flags) {
  set.value("--loss", "NAME", "cross-entropy, squared, label-smoothing, bce, huber (cross-entropy)",
            [&](const std::string& text) { flags.loss.kind = loss_of(text); });
  set.number("--label-smoothing", "of that loss: what all classes share of the label's probability (0.1)",
             flags.loss.label_smoothing, 0, 1);
  set.number("--huber-delta", "of that loss: from which difference on it grows linearly (1)", flags.loss.huber_delta,
             1e-30, kAnyNumber);
}

void add_training_flags(FlagSet& set, CommonFlags& flags) {
  set.heading("Training");
  set.integer("--seed", "of the weights, the order of examples and dropout (0)", flags.seed, 0);
  set.value("--optimizer", "NAME", "sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad, lamb (momentum)",
            [&](const std::string& text) { flags.optimizer.kind = optimizer_kind_of(text); });
  set.number("--learning-rate,--lr", "(0.001)", flags.learning_rate, 0, kAnyNumber);
  set.value("--momentum", "X", "of momentum and nesterov (0.9)", [&](const std::string& text) {
    flags.optimizer.momentum = parse_number("--momentum", text, 0, 1);
    check_optimizer(flags.optimizer);
  });
  set.number("--weight-decay", "(0)", flags.optimizer.weight_decay, 0, kAnyNumber);
  set.number("--clip-value", "largest element of a gradient (0: not clipped)", flags.optimizer.clip_value, 0,
             kAnyNumber);
  set.number("--clip-norm", "largest norm of all gradients (0: not clipped)", flags.optimizer.clip_norm, 0, kAnyNumber);
  add_loss_flags(set, flags);
}

void add_switch_flags(FlagSet& set, CommonFlags& flags) {
  set.heading("Ways to execute");
  for (const SwitchInfo& info : all_switches()) {
    const bool number = info.values == "a number";
    const std::string value = number ? "N" : info.name == "backend" ? "LIST" : "VALUE";
    const std::string what = number || value == "LIST" ? info.isolates : info.values;
    set.value("--" + info.name, value, what + " (" + info.default_value + ")",
              [&flags, name = info.name](const std::string& text) { set_switch(flags.switches, name, text); });
  }
}

void add_output_flags(FlagSet& set, CommonFlags& flags) {
  set.heading("Output");
  set.text("--json", "FILE", "the whole result as JSON; '-': on standard output, and nothing else", flags.json);
  set.value("--html", "FILE", "the same result as a page for a browser: one file, no network",
            [&](const std::string& file) {
              // Before anything runs for minutes.
              const std::filesystem::path folder = std::filesystem::path(file).parent_path();
              if (file == "-")
                fail("--html expects a file's name, got '-'; a page is for a browser, --json - for a program");
              if (!folder.empty() && !std::filesystem::is_directory(folder))
                fail("--html ", file, ": there is no folder ", folder.string(), "; create it first");
              flags.html = file;
            });
  set.flag("--quiet", "no progress, only results and errors", flags.quiet);
  set.value("--color", "WHEN", "auto, always or never (auto; NO_COLOR is respected)",
            [&](const std::string& text) { flags.color = color_choice_of(text); });
}

StepOptions options_from(const CommonFlags& flags, NetworkSpec network) {
  StepOptions step;
  step.network = std::move(network);
  step.batch = flags.batch_size;
  step.loss = flags.loss;
  check_loss(step.loss);
  step.optimizer = flags.optimizer;
  check_optimizer(step.optimizer);
  step.seed = uint64_t(flags.seed);
  step.way = resolve(flags.switches);
  return step;
}

/// The network for the flags alone. A file says its own input and classes; --image stands above the former.
NetworkSpec network_named(const CommonFlags& flags) {
  if (!is_network_file(flags.network)) return scaled(flags, builtin_network(flags.network, flags.image, flags.classes));
  NetworkSpec network = read_network_file(flags.network);
  if (flags.image) network.input = *flags.image;
  if (flags.classes && *flags.classes != network.classes)
    fail("--classes ", *flags.classes, ": ", flags.network, " has ", network.classes, "; change the file");
  return scaled(flags, std::move(network));
}

/// The network for these data: image and classes are theirs where the flags do not say.
NetworkSpec network_for(const CommonFlags& flags, const Dataset& data) {
  if (flags.classes && *flags.classes < data.classes)
    fail("--classes ", *flags.classes, ": ", data.name, " has ", data.classes, " classes; give at least as many");
  if (!is_network_file(flags.network))
    return scaled(flags, builtin_network(flags.network, flags.image.value_or(data.example_shape()),
                                         flags.classes.value_or(data.classes)));
  const NetworkSpec network = network_named(flags);
  if (network.classes < data.classes)
    fail(flags.network, " has ", network.classes, " classes, ", data.name, " ", data.classes, "; change the file");
  return network;
}

}  // namespace

void add_common_flags(FlagSet& set, CommonFlags& flags, unsigned groups) {
  if (groups & kNetworkFlags) add_network_flags(set, flags);
  if (groups & kDataFlags) add_data_flags(set, flags);
  if (groups & (kTrainingFlags | kBatchFlags)) set.heading("Training");
  if (groups & kBatchFlags) set.integer("--batch-size", "examples per step (128)", flags.batch_size, 1, 1 << 24);
  if (groups & kTrainingFlags) add_training_flags(set, flags);
  else if (groups & kLossFlags) add_loss_flags(set, flags);
  if (groups & kSwitchFlags) add_switch_flags(set, flags);
  if (groups & kOutputFlags) add_output_flags(set, flags);
}

void add_trace_flag(FlagSet& set, std::optional<std::string>& file, const std::string& help) {
  set.value("--trace", "FILE", help, [&file](const std::string& text) {
    const std::filesystem::path folder = std::filesystem::path(text).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder))
      fail("--trace ", text, ": there is no folder ", folder.string(), "; create it first");
    file = text;
  });
}

NetworkSpec scaled(const CommonFlags& flags, NetworkSpec network) {
  std::string name = network.name;
  if (flags.depth) network = scale_depth(network, *flags.depth), name += text_of(" --depth ", *flags.depth);
  if (flags.width) network = scale_width(std::move(network), *flags.width), name += text_of(" --width ", *flags.width);
  network.name = std::move(name);
  return network;
}

std::string size_words(const CommonFlags& flags) {
  std::string text;
  if (flags.image) text += " --image " + to_string(*flags.image);
  if (flags.classes) text += text_of(" --classes ", *flags.classes);
  if (flags.depth) text += text_of(" --depth ", *flags.depth);
  if (flags.width) text += text_of(" --width ", *flags.width);
  return text;
}

std::string network_words(const CommonFlags& flags) {
  const std::string& name = flags.network;
  if (name == CommonFlags{}.network) return size_words(flags);
  return " --network " + (name.find(' ') == std::string::npos ? name : "'" + name + "'") + size_words(flags);
}

DataSpec data_spec_from(const CommonFlags& flags, const std::string& otherwise) {
  DataSpec spec;
  spec.spec = flags.data.value_or(otherwise);
  spec.split = flags.split;
  spec.normalize = flags.normalize;
  return spec;
}

void fit_examples(Dataset& data, const Shape& input) {
  if (data.example_shape() == input) return;
  if (element_count(input) != element_count(data.example_shape()))
    fail("the network reads examples of ", to_string(input), ", ", data.name, " has ", to_string(data.example_shape()),
         "; choose other data, or the network's --image");
  const auto reshape = [&](Tensor& x) {
    Shape shape{x.shape()[0]};
    for (int64_t extent : input) shape.push_back(extent);
    x = x.reshaped(shape);
  };
  reshape(data.train_x);
  if (data.has_test()) reshape(data.test_x);
}

RunSetup setup_from(const CommonFlags& flags) {
  std::string builtin;
  if (!flags.data) {
    const Shape input = network_named(flags).input;
    builtin = builtin_set_for(input);
    if (builtin.empty())
      fail("no built-in data set has examples of ", to_string(input), " (digits: 1x28x28, textures: 3x32x32); ",
           "say --data FILE or leave --image out");
  }
  RunSetup setup;
  // Before the data, which may take seconds: mistakes in the flags.
  resolve(flags.switches);
  setup.data = load_dataset(data_spec_from(flags, builtin));
  setup.step = options_from(flags, network_for(flags, setup.data));
  fit_examples(setup.data, setup.step.network.input);
  return setup;
}

StepOptions step_from(const CommonFlags& flags) {
  if (flags.data) return setup_from(flags).step;
  return options_from(flags, network_named(flags));
}

void write_json(const CommonFlags& flags, const std::string& text) {
  if (flags.html) write_file_atomic(*flags.html, html_page(text));
  if (!flags.json) return;
  if (*flags.json != "-") return write_file_atomic(*flags.json, text + "\n");
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace tacho
