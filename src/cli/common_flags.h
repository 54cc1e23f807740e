#pragma once
// The flags that several commands take, declared once so that they mean the same everywhere.
#include <optional>
#include <string>

#include "cli/flags.h"
#include "cli/terminal.h"
#include "data/dataset.h"
#include "train/session.h"

namespace tacho {

/// Values of the common flags. Where a command declares only some groups, the others keep their defaults.
struct CommonFlags {
  std::string network = "simplenn-4";
  std::optional<Shape> image;
  std::optional<int64_t> classes;
  std::optional<double> width;   ///< times the channels of every layer (nn/scale.h)
  std::optional<int64_t> depth;  ///< times the blocks of every kind

  std::optional<std::string> data;
  std::optional<Split> split;
  std::optional<NormalizeKind> normalize;

  int64_t batch_size = 128;
  int64_t seed = 0;
  OptimizerOptions optimizer;
  double learning_rate = 0.001;
  LossOptions loss;

  Switches switches;  ///< with --threads and --dtype

  std::optional<std::string> json, html;
  bool quiet = false;
  ColorChoice color = ColorChoice::automatic;

  /// With `--json -` standard output holds the result alone.
  bool text_wanted() const { return json != "-"; }
  /// Whether write_json has somewhere to write to.
  bool result_wanted() const { return json || html; }
};

/// Groups of common flags; combine with |.
enum CommonGroup : unsigned {
  kNetworkFlags = 1,   ///< --network (and the first bare argument), --image, --classes, --width, --depth
  kDataFlags = 2,      ///< --data, --split, --normalize
  kBatchFlags = 4,     ///< --batch-size
  kTrainingFlags = 8,  ///< --seed, --optimizer, --learning-rate, --momentum, --weight-decay, ..., and kLossFlags
  kSwitchFlags = 16,   ///< every switch of train/switches.h
  kOutputFlags = 32,   ///< --json, --html, --quiet, --color
  kAllFlags = 63,
  kLossFlags = 64,  ///< --loss, --label-smoothing, --huber-delta
};

/// Declares the flags of `groups` (CommonGroup values), bound to `flags`, which must outlive the parse.
void add_common_flags(FlagSet& set, CommonFlags& flags, unsigned groups);

/// Declares --trace FILE, whose folder must exist: said before anything runs for minutes.
void add_trace_flag(FlagSet& set, std::optional<std::string>& file, const std::string& help);

/// What a command that runs a network works on.
struct RunSetup {
  Dataset data;
  StepOptions step;  ///< kind train; batch, loss, optimiser and way as the flags say
};

/// The network as --width and --depth make it of `network`; its name then has the flags behind it ("vgg11 --width 2"),
/// so that reports say what they are about and the commands that they name are right.
NetworkSpec scaled(const CommonFlags& flags, NetworkSpec network);

/// What makes this network, as it is typed (" --network vgg11 --image 3x64x64"); only what is not at its default.
/// Without
/// --network and its value: size_words.
std::string network_words(const CommonFlags& flags);
std::string size_words(const CommonFlags& flags);

/// Loads the data (default: the built-in set that fits the network's input) and makes the network for them: image and
/// classes are the data's where the flags do not say. Throws tacho::Error where the two do not fit.
RunSetup setup_from(const CommonFlags& flags);

/// The same without the data where none were named: image and classes are then the network's own. For commands that
/// run nothing.
StepOptions step_from(const CommonFlags& flags);

/// What to load for `--data` and its companions; `otherwise` where --data is absent.
DataSpec data_spec_from(const CommonFlags& flags, const std::string& otherwise);

/// Gives the examples the shape that the network reads (for example 784 features as 1x28x28). Throws tacho::Error where
/// the sizes differ.
void fit_examples(Dataset& data, const Shape& input);

/// Writes a whole result, given as JSON: to where --json says ("-": standard output), and as a page to where --html
/// says. Nothing where both flags are absent.
void write_json(const CommonFlags& flags, const std::string& text);

}  // namespace tacho
