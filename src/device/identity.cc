#include "device/identity.h"

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "device/cpu.h"

namespace tacho {

const std::string& machine_identity() {
  static const std::string identity = [] {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr const char* kBuild = "sanitized; ";
#elif defined(__OPTIMIZE__)
    constexpr const char* kBuild = "";
#else
    constexpr const char* kBuild = "unoptimised; ";
#endif
    const CpuInfo& cpu = this_cpu();
    std::string text = text_of(kBuild, cpu.model, "; ", cpu.cores, " cores; L1 ", cpu.l1_bytes, "; L2 ", cpu.l2_bytes,
                               "; L3 ", cpu.l3_bytes, ";");
    for (const std::string& isa : cpu.instruction_sets) text += " " + isa;
    return text;
  }();
  return identity;
}

std::string cache_folder() {
  if (const char* home = std::getenv("TACHO_HOME"); home && *home) return home;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return std::string(cache) + "/tacho";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.cache/tacho";
  return "";
}

std::string machine_file(const std::string& kind) {
  const std::string folder = cache_folder();
  if (folder.empty()) return "";
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016zx", std::hash<std::string>{}(machine_identity()));
  return folder + "/" + kind + "-" + digits + ".json";
}

}  // namespace tacho
