#include "plan/tuning.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "device/identity.h"

namespace tacho {
namespace {

/// 2: a pooling's gradient is measured with places in its own windows. 3: it says of which kernels.
constexpr int kSchemaVersion = 3;

constexpr size_t kLargestFile = size_t{64} << 20;

}  // namespace

TuningRecord::TuningRecord(std::string path, std::string kernels)
    : path_(std::move(path)), kernels_(std::move(kernels)), times_(read()) {}

std::map<std::string, int64_t> TuningRecord::read() const {
  std::map<std::string, int64_t> times;
  std::error_code error;
  if (path_.empty() || !std::filesystem::exists(path_, error)) return times;
  try {
    const nlohmann::json file = nlohmann::json::parse(read_file(path_, kLargestFile));
    if (file.at("schema") != "tacho.tuning" || file.at("schema_version") != kSchemaVersion ||
        file.at("machine") != machine_identity() || file.at("kernels") != kernels_)
      return times;
    for (const auto& [key, ns] : file.at("times").items())
      if (ns.is_number_integer() && ns.get<int64_t>() > 0) times[key] = ns.get<int64_t>();
  } catch (const std::exception&) {
    times.clear();  // a cache: what cannot be read is measured again
  }
  return times;
}

std::optional<int64_t> TuningRecord::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = times_.find(key);
  if (found == times_.end()) return std::nullopt;
  return found->second;
}

void TuningRecord::add(const std::string& key, int64_t ns) {
  const std::lock_guard lock(mutex_);
  times_[key] = std::max<int64_t>(ns, 1);
  ++added_;
  dirty_ = true;
}

int64_t TuningRecord::added() const {
  const std::lock_guard lock(mutex_);
  return added_;
}

void TuningRecord::save() {
  const std::lock_guard lock(mutex_);
  if (!dirty_ || path_.empty()) return;
  dirty_ = false;
  std::map<std::string, int64_t> all = read();
  for (const auto& [key, ns] : times_) all.emplace(key, ns);  // the first to measure is who others chose by
  try {
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
    write_file_atomic(path_, nlohmann::json{{"schema", "tacho.tuning"},
                                            {"schema_version", kSchemaVersion},
                                            {"machine", machine_identity()},
                                            {"kernels", kernels_},
                                            {"times", all}}
                                 .dump(1));
  } catch (const std::exception&) {
    // The next run measures again; the choices of this one stand.
  }
}

TuningRecord& this_machine_tuning() {
  static TuningRecord record(machine_file("tuning"));
  return record;
}

std::string tuning_key(const Group& group, int64_t slices) {
  std::string key;
  for (const GroupMember& member : group.members) {
    key += std::string(key.empty() ? "" : " + ") + std::string(member.op->name);
    if (!member.attributes.empty()) key += "[" + to_string(member.attributes) + "]";
  }
  key += " of";
  for (int input : group.inputs) {
    const GroupOperand& operand = group.operands[size_t(input)];
    key += " " + to_string(operand.type) + (operand.state.kind == SliceState::sliced ? "/" : "");
    if (!operand.layout.is_row_major()) key += " " + to_string(operand.layout);
  }
  return key + text_of(" x ", slices);
}

}  // namespace tacho
