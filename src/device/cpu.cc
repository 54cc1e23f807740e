#include "device/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace tacho {
namespace {

int64_t cache_bytes(int name, int64_t fallback) {
  const long bytes = ::sysconf(name);
  return bytes > 0 ? int64_t(bytes) : fallback;
}

/// What one core sees of the last cache. The C library's answer comes second: for AMD's processors it may be the sum
/// over all groups of cores (256 MB where a core has 32).
int64_t l3_bytes() {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    int level = 0;
    int64_t size = 0;
    char unit = 0;
    std::ifstream(folder + "/level") >> level;
    std::ifstream(folder + "/size") >> size >> unit;
    if (level == 3 && size > 0) return unit == 'M' ? size << 20 : unit == 'K' ? size << 10 : size;
  }
  return cache_bytes(_SC_LEVEL3_CACHE_SIZE, 0);
}

/// The value behind "key : value" in /proc/cpuinfo; empty where there is none.
std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key, 0) == 0)
      if (const size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return {};
}

CpuInfo read_cpu() {
  CpuInfo cpu;
  cpu.model = cpuinfo("model name");
  if (cpu.model.empty()) cpu.model = "unknown processor";
  cpu_set_t set;
  cpu.cores = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : int(::sysconf(_SC_NPROCESSORS_ONLN));
  cpu.cores = std::max(cpu.cores, 1);
  cpu.l1_bytes = cache_bytes(_SC_LEVEL1_DCACHE_SIZE, cpu.l1_bytes);
  cpu.l2_bytes = cache_bytes(_SC_LEVEL2_CACHE_SIZE, cpu.l2_bytes);
  cpu.l3_bytes = l3_bytes();
  std::istringstream flags(cpuinfo("flags") + " " + cpuinfo("Features"));
  for (std::string flag; flags >> flag;)
    if (flag == "fma" || flag == "neon" || flag == "asimd" || flag == "sve" || flag.rfind("avx", 0) == 0 ||
        flag.rfind("amx", 0) == 0)
      cpu.instruction_sets.push_back(flag);
  return cpu;
}

}  // namespace

bool CpuInfo::has(const std::string& isa) const {
  return std::find(instruction_sets.begin(), instruction_sets.end(), isa) != instruction_sets.end();
}

const CpuInfo& this_cpu() {
  static const CpuInfo cpu = read_cpu();
  return cpu;
}

}  // namespace tacho
