#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "device/cpu.h"
#include "device/identity.h"
#include "machine/profile.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;
constexpr size_t kLargestFile = size_t{8} << 20;

}  // namespace

std::string profile_to_json(const MachineProfile& p) {
  Json compute = Json::array(), bandwidth = Json::array();
  for (const ComputeCeiling& c : p.compute)
    compute.push_back({{"dtype", c.dtype},
                       {"isa", c.isa},
                       {"threads", c.threads},
                       {"flop_per_s", c.flop_per_s},
                       {"spread", c.spread}});
  for (const BandwidthCeiling& b : p.bandwidth)
    bandwidth.push_back({{"level", b.level},
                         {"kind", b.kind},
                         {"threads", b.threads},
                         {"bytes_per_thread", b.bytes_per_thread},
                         {"bytes_per_s", b.bytes_per_s},
                         {"spread", b.spread}});
  return Json{{"schema", "tacho.machine"},
              {"schema_version", 1},
              {"hardware",
               {{"identity", p.identity},
                {"processor", p.processor},
                {"cores", p.cores},
                {"l1_bytes", p.l1_bytes},
                {"l2_bytes", p.l2_bytes},
                {"l3_bytes", p.l3_bytes},
                {"instruction_sets", p.instruction_sets}}},
              {"threads", p.threads},
              {"measured_at", p.measured_at},
              {"compute_ceilings", compute},
              {"bandwidth", bandwidth},
              {"latency",
               {{"dispatch_ns", p.latency.dispatch_ns},
                {"barrier_ns", p.latency.barrier_ns},
                {"timestamp_ns", p.latency.timestamp_ns},
                {"first_touch_ns_per_page", p.latency.first_touch_ns_per_page}}},
              {"warnings", p.warnings}}
      .dump(2);
}

MachineProfile profile_from_json(const std::string& text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != "tacho.machine" || json.at("schema_version") != 1)
      fail(where, ": not a machine profile of version 1; 'tacho machine' makes one");
    MachineProfile p;
    const Json& hardware = json.at("hardware");
    p.identity = hardware.at("identity");
    p.processor = hardware.at("processor");
    p.cores = hardware.at("cores");
    p.l1_bytes = hardware.at("l1_bytes");
    p.l2_bytes = hardware.at("l2_bytes");
    p.l3_bytes = hardware.at("l3_bytes");
    p.instruction_sets = hardware.at("instruction_sets").get<std::vector<std::string>>();
    p.threads = json.at("threads");
    p.measured_at = json.at("measured_at");
    for (const Json& c : json.at("compute_ceilings"))
      p.compute.push_back({c.at("dtype"), c.at("isa"), c.at("threads"), c.at("flop_per_s"), c.at("spread")});
    for (const Json& b : json.at("bandwidth"))
      p.bandwidth.push_back({b.at("level"), b.at("kind"), b.at("threads"), b.at("bytes_per_thread"),
                             b.at("bytes_per_s"), b.at("spread")});
    const Json& latency = json.at("latency");
    p.latency = {latency.at("dispatch_ns"), latency.at("barrier_ns"), latency.at("timestamp_ns"),
                 latency.at("first_touch_ns_per_page")};
    p.warnings = json.at("warnings").get<std::vector<std::string>>();
    return p;
  } catch (const Json::exception&) {
    fail(where, ": not a machine profile, or damaged; 'tacho machine' makes a new one");
  }
}

// The second way of measuring: the first one's loop read L1 at three quarters of its rate.
std::string profile_path() { return machine_file("machine-2"); }

std::optional<MachineProfile> kept_profile(int threads) {
  const std::string path = profile_path();
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return std::nullopt;
  try {
    MachineProfile profile = profile_from_json(read_file(path, kLargestFile), path);
    // The file's name has the identity's hash; the identity itself decides.
    if (profile.identity != machine_identity() || profile.threads < threads) return std::nullopt;
    return profile;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void keep_profile(const MachineProfile& profile) {
  const std::string path = profile_path();
  if (path.empty()) fail("there is no folder to keep the machine's profile in; set TACHO_HOME to one");
  std::error_code error;
  std::filesystem::create_directories(cache_folder(), error);
  if (error) fail(cache_folder(), ": ", error.message(), "; set TACHO_HOME to a folder that can be written");
  write_file_atomic(path, profile_to_json(profile) + "\n");
}

MachineProfile this_machine_profile(int threads, const std::function<void(double, const std::string&)>& progress) {
  if (std::optional<MachineProfile> kept = kept_profile(threads)) return *kept;
  MachineProfile profile = measure_machine(std::max(threads, this_cpu().cores), progress);
  try {
    keep_profile(profile);
  } catch (const Error&) {
    // Without a folder every run measures; the floors of this one stand.
  }
  return profile;
}

}  // namespace tacho
