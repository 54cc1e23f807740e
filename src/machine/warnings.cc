// What spoils measurements: looked up, not guessed; each with its figure.
#include <stdlib.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "device/cpu.h"
#include "machine/profile.h"

namespace tacho {
namespace {

/// Time that the processors spent on others than this process, as a share of all cores over a short while.
struct OtherLoad {
  double busy = 0, stolen = 0;
};

struct ProcessorTimes {
  double busy = 0, stolen = 0, total = 0;  ///< ticks
};

ProcessorTimes processor_times() {
  std::ifstream file("/proc/stat");
  std::string word;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0;
  file >> word >> user >> nice >> system >> idle >> wait >> irq >> soft >> stolen;
  const double busy = user + nice + system + irq + soft;
  return {busy, stolen, busy + idle + wait + stolen};
}

/// While this thread sleeps, whoever is busy is somebody else.
OtherLoad other_load() {
  const ProcessorTimes before = processor_times();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const ProcessorTimes after = processor_times();
  const double total = after.total - before.total;
  if (total <= 0) return {};
  return {(after.busy - before.busy) / total, (after.stolen - before.stolen) / total};
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool virtualised() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("flags", 0) == 0) return line.find(" hypervisor") != std::string::npos;
  return false;
}

/// How much longer a sum takes when its terms are denormal.
double denormal_slowdown() {
  const auto time_of = [](float start) {
    volatile float seed = start;
    float values[16];
    for (float& value : values) value = seed;
    int64_t least = INT64_MAX;
    for (int repetition = 0; repetition < 5; ++repetition) {
      const int64_t begin = now_ns();
      for (int i = 0; i < 2000; ++i)
        for (float& value : values) value = value * 0.5f + seed;
      least = std::min(least, now_ns() - begin);
    }
    seed = values[3];
    return double(least);
  };
  return time_of(1e-40f) / time_of(1.0f);
}

int percent(double share) { return int(share * 100 + 0.5); }

}  // namespace

std::vector<std::string> measurement_warnings(int threads) {
  std::vector<std::string> warnings;
  const CpuInfo& cpu = this_cpu();
  const OtherLoad load = other_load();
  if (load.busy > 0.05)
    warnings.push_back(text_of("other programs keep ", percent(load.busy),
                               " % of the processors busy: stop them, or measure again later"));
  if (load.stolen > 0.01)
    warnings.push_back(text_of("the host of this virtual machine takes ", percent(load.stolen),
                               " % of its processors' time for others"));
  if (threads > cpu.cores)
    warnings.push_back(text_of(threads, " threads share ", cpu.cores, " cores: use --threads ", cpu.cores));
  if (const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
      !governor.empty() && governor != "performance")
    warnings.push_back(
        text_of("the clock follows the load (governor ", governor, "): times vary with temperature and neighbours"));
  if (const std::string quota = first_line("/sys/fs/cgroup/cpu.max"); !quota.empty() && quota.rfind("max", 0) != 0)
    warnings.push_back("a quota limits the processors (cgroup cpu.max " + quota +
                       "): threads are put to sleep in the middle of work");
  if (virtualised())
    warnings.push_back("a virtual machine: neighbours share caches and memory bandwidth, and the clock is the host's");
  if (const double slowdown = denormal_slowdown(); slowdown > 1.5)
    warnings.push_back(text_of("denormal numbers take ", int(slowdown * 10) / 10.0,
                               " times as long; values that fade to 0 slow a step down"));
  for (const char* name :
       {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GOMP_CPU_AFFINITY", "OMP_PROC_BIND",
        "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA", "TACHO_SIMD_TARGET", "TACHO_THREADS"})
    if (const char* value = std::getenv(name); value && *value)
      warnings.push_back(text_of("the environment sets ", name, "=", value));
  return warnings;
}

}  // namespace tacho
