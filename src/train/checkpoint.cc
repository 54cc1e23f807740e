#include "train/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "io/safetensors.h"
#include "train/network_json.h"

namespace tacho {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kFileName = "checkpoint.safetensors";
constexpr const char* kMetadataKey = "tacho.checkpoint";
constexpr const char* kMeanName = "normalization.mean";
constexpr int64_t kVersion = 1;

Json description(const Checkpoint& c) {
  Json switches = Json::object();
  for (const auto& [name, value] : c.switches) switches[name] = value;
  return {
      {"version", kVersion},
      {"network", network_to_json(c.network)},
      {"dtype", std::string(name_of(c.dtype))},
      {"loss", std::string(name_of(c.loss.kind))},
      {"loss_numbers", {{"label_smoothing", c.loss.label_smoothing}, {"huber_delta", c.loss.huber_delta}}},
      {"optimizer",
       {{"kind", std::string(name_of(c.optimizer.kind))},
        {"momentum", c.optimizer.momentum},
        {"beta1", c.optimizer.beta1},
        {"beta2", c.optimizer.beta2},
        {"epsilon", c.optimizer.epsilon},
        {"weight_decay", c.optimizer.weight_decay},
        {"clip_value", c.optimizer.clip_value},
        {"clip_norm", c.optimizer.clip_norm},
        {"learning_rate", c.learning_rate}}},
      {"position",
       {{"step", c.step}, {"batch_size", c.batch}, {"examples", c.examples}, {"seed", c.seed}, {"shuffle", c.shuffle}}},
      {"normalization",
       {{"kind", std::string(name_of(c.normalization.kind))},
        {"offset", c.normalization.offset},
        {"scale", c.normalization.scale}}},
      {"class_labels", c.class_labels},
      {"switches", switches},
      {"plan", c.plan},
      {"choices", c.choices}};
}

/// Reads one value; nlohmann's errors become one of ours.
template <class T>
T value(const Json& json, const char* group, const char* key, const std::string& where) {
  try {
    const Json& from = *group ? json.at(group) : json;
    return from.at(key).get<T>();
  } catch (const Json::exception&) {
    fail(where, ": the checkpoint's description lacks '", group, *group ? "." : "", key,
         "' or has it in another form; the file is damaged or of another version");
  }
}

void read_description(const Json& json, const std::string& where, Checkpoint& c) {
  const auto version = value<int64_t>(json, "", "version", where);
  if (version != kVersion) fail(where, ": checkpoint version ", version, "; this program reads version ", kVersion);
  c.network = network_from_json(value<Json>(json, "", "network", where), where);
  c.dtype = dtype_of(value<std::string>(json, "", "dtype", where));
  if (!is_floating(c.dtype)) fail(where, ": the checkpoint's dtype is ", name_of(c.dtype));
  c.loss.kind = loss_of(value<std::string>(json, "", "loss", where));
  // Checkpoints from before losses had numbers lack these.
  if (json.contains("loss_numbers")) {
    c.loss.label_smoothing = value<double>(json, "loss_numbers", "label_smoothing", where);
    c.loss.huber_delta = value<double>(json, "loss_numbers", "huber_delta", where);
  }
  check_loss(c.loss);
  c.optimizer.kind = optimizer_kind_of(value<std::string>(json, "optimizer", "kind", where));
  c.optimizer.momentum = value<double>(json, "optimizer", "momentum", where);
  c.optimizer.beta1 = value<double>(json, "optimizer", "beta1", where);
  c.optimizer.beta2 = value<double>(json, "optimizer", "beta2", where);
  c.optimizer.epsilon = value<double>(json, "optimizer", "epsilon", where);
  c.optimizer.weight_decay = value<double>(json, "optimizer", "weight_decay", where);
  // Checkpoints from before there was clipping lack these.
  if (json.at("optimizer").contains("clip_value"))
    c.optimizer.clip_value = value<double>(json, "optimizer", "clip_value", where);
  if (json.at("optimizer").contains("clip_norm"))
    c.optimizer.clip_norm = value<double>(json, "optimizer", "clip_norm", where);
  check_optimizer(c.optimizer);
  c.learning_rate = value<double>(json, "optimizer", "learning_rate", where);
  c.step = value<int64_t>(json, "position", "step", where);
  c.batch = value<int64_t>(json, "position", "batch_size", where);
  c.examples = value<int64_t>(json, "position", "examples", where);
  c.seed = value<uint64_t>(json, "position", "seed", where);
  c.shuffle = value<bool>(json, "position", "shuffle", where);
  constexpr int64_t kMost = int64_t{1} << 40;
  if (c.step < 0 || c.step > kMost || c.batch < 1 || c.batch > kMost || c.examples < 1 || c.examples > kMost)
    fail(where, ": the checkpoint's position (step ", c.step, ", batch size ", c.batch, ", ", c.examples,
         " examples) is impossible; the file is damaged");
  c.normalization.kind = normalize_kind_of(value<std::string>(json, "normalization", "kind", where));
  c.normalization.offset = value<double>(json, "normalization", "offset", where);
  c.normalization.scale = value<double>(json, "normalization", "scale", where);
  if (!(c.normalization.scale > 0)) fail(where, ": the checkpoint's normalisation divides by ", c.normalization.scale);
  c.class_labels = value<std::vector<int64_t>>(json, "", "class_labels", where);
  if (c.class_labels.empty() ||
      std::adjacent_find(c.class_labels.begin(), c.class_labels.end(), std::greater_equal<>()) != c.class_labels.end())
    fail(where, ": the checkpoint's class labels are not ascending; the file is damaged");
  for (const auto& [name, text] : value<std::map<std::string, std::string>>(json, "", "switches", where))
    c.switches.emplace_back(name, text);
  c.plan = value<std::string>(json, "", "plan", where);
  if (json.contains("choices")) c.choices = value<KernelChoices>(json, "", "choices", where);
}

std::vector<std::pair<std::string, TensorType>> expected_variables(const Checkpoint& c) {
  std::vector<std::pair<std::string, TensorType>> expected;
  const std::vector<ParameterInfo> parameters = parameters_of(c.network, c.dtype);
  for (const ParameterInfo& info : parameters) expected.emplace_back(info.name, info.type);
  for (const StateInfo& info : state_of(c.network, c.dtype)) expected.emplace_back(info.name, info.type);
  for (const StateInfo& info : optimizer_state(c.optimizer, parameters)) expected.emplace_back(info.name, info.type);
  return expected;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr size_t kShown = 6;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += text_of(" and ", names.size() - kShown, " more");
  return text;
}

bool is_leftover(const fs::path& path) { return path.filename().string().starts_with(text_of(kFileName, ".tmp.")); }

}  // namespace

std::string Checkpoint::precision() const {
  for (const auto& [name, value] : switches)
    if (name == "dtype") return value;
  return std::string(name_of(dtype));
}

std::string checkpoint_file(const std::string& folder) { return (fs::path(folder) / kFileName).string(); }

bool has_checkpoint(const std::string& folder) {
  std::error_code none;
  return fs::is_regular_file(checkpoint_file(folder), none);
}

void write_checkpoint(const std::string& folder, const Checkpoint& checkpoint) {
  SafetensorsFile file;
  for (const auto& [name, type] : expected_variables(checkpoint)) {
    const auto found = checkpoint.variables.find(name);
    TACHO_CHECK(found != checkpoint.variables.end() && found->second.type() == type, name);
    file.tensors.push_back({name, found->second});
  }
  if (checkpoint.normalization.mean.defined()) file.tensors.push_back({kMeanName, checkpoint.normalization.mean});
  file.metadata.emplace_back(kMetadataKey, description(checkpoint).dump());
  write_safetensors(checkpoint_file(folder), file);
}

Checkpoint read_checkpoint(const std::string& folder) {
  const std::string where = checkpoint_file(folder);
  if (!has_checkpoint(folder))
    fail("no checkpoint in ", folder, " (", kFileName, "); 'tacho train --checkpoint ", folder, "' makes one");
  const SafetensorsFile file = read_safetensors(where);
  const auto metadata = std::find_if(file.metadata.begin(), file.metadata.end(),
                                     [](const auto& entry) { return entry.first == kMetadataKey; });
  if (metadata == file.metadata.end())
    fail(where, ": a safetensors file, but no checkpoint of tacho; 'train --init' reads such weights");
  const Json json = Json::parse(metadata->second, nullptr, false);
  if (!json.is_object()) fail(where, ": the checkpoint's description is no JSON object; the file is damaged");
  Checkpoint checkpoint;
  read_description(json, where, checkpoint);
  for (const auto& [name, type] : expected_variables(checkpoint)) {
    const Tensor* tensor = file.find(name);
    if (!tensor) fail(where, ": '", name, "' is missing; the file is damaged");
    if (tensor->type() != type)
      fail(where, ": '", name, "' should be ", to_string(type), ", is ", to_string(tensor->type()));
    checkpoint.variables[name] = *tensor;
  }
  if (checkpoint.normalization.kind == NormalizeKind::mean) {
    const Tensor* mean = file.find(kMeanName);
    if (!mean || mean->dtype() != DType::float32 || mean->elements() != element_count(checkpoint.network.input))
      fail(where, ": '", kMeanName, "' is missing or does not fit the network's input; the file is damaged");
    checkpoint.normalization.mean = *mean;
  }
  return checkpoint;
}

void remove_leftovers(const std::string& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (is_leftover(entry.path())) fs::remove(entry.path(), error);
}

void prepare_checkpoint_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error)) fail("--checkpoint ", folder, ": the folder cannot be made; choose another");
  remove_leftovers(folder);
  // Found out now rather than after hours of training.
  const std::string probe = checkpoint_file(folder) + ".tmp.probe";
  write_file_atomic(probe, "");
  fs::remove(probe, error);
}

void remove_checkpoint(const std::string& folder) {
  std::error_code error;
  if (fs::remove(checkpoint_file(folder), error)) sync_folder(folder);
  if (error) fail("cannot remove ", checkpoint_file(folder), ": ", error.message());
}

void initialize_from(const std::string& path, const NetworkSpec& network, VariableStore& variables) {
  const SafetensorsFile file = read_safetensors(path);
  std::vector<std::string> missing, wrong, unknown;
  std::vector<std::string> wanted;
  const auto take = [&](const std::string& name, bool required) {
    wanted.push_back(name);
    const Tensor* from = file.find(name);
    Tensor& to = variables.at(name);
    if (!from) {
      if (required) missing.push_back(name);
    } else if (from->shape() != to.shape() || !is_floating(from->dtype())) {
      wrong.push_back(text_of(name, " (", to_string(from->type()), " for ", to_string(to.type()), ")"));
    } else {
      const Tensor converted = from->cast(to.dtype());
      std::memcpy(to.view().data, converted.view().data, size_t(to.bytes()));
    }
  };
  const std::vector<ParameterInfo> parameters = parameters_of(network, DType::float32);
  for (const ParameterInfo& info : parameters) take(info.name, true);
  for (const StateInfo& info : state_of(network, DType::float32)) take(info.name, false);
  // A checkpoint of ours also holds its optimiser's state and the mean; those are no mistake.
  const bool ours = std::any_of(file.metadata.begin(), file.metadata.end(),
                                [](const auto& entry) { return entry.first == kMetadataKey; });
  std::sort(wanted.begin(), wanted.end());
  if (!ours)
    for (const NamedTensor& tensor : file.tensors)
      if (!std::binary_search(wanted.begin(), wanted.end(), tensor.name) &&
          !tensor.name.ends_with(".num_batches_tracked"))
        unknown.push_back(tensor.name);
  if (missing.empty() && wrong.empty() && unknown.empty()) return;
  std::string text;
  if (!missing.empty()) text += "; missing: " + joined(missing);
  if (!wrong.empty()) text += "; of another shape or type: " + joined(wrong);
  if (!unknown.empty()) text += "; unknown: " + joined(unknown);
  fail("--init ", path, " does not fit ", network.name, text, "; 'tacho inspect --json -' lists names and shapes");
}

}  // namespace tacho
