#include "machine/nominal.h"

namespace tacho {

MachineProfile nominal_profile(const CpuInfo& cpu) {
  constexpr double kHertz = 3e9, kUnits = 2, kFlop = 2;
  struct Vectors {
    const char *isa, *flag;
    int bits;
    double units;
  };
  constexpr Vectors kVectors[] = {{"avx512", "avx512f", 512, kUnits},
                                  {"avx2", "avx2", 256, kUnits},
                                  {"neon", "asimd", 128, kUnits},
                                  {"neon", "neon", 128, kUnits},
                                  {"baseline", "", 128, kUnits / 2}};
  MachineProfile profile;
  profile.processor = cpu.model;
  profile.l1_bytes = cpu.l1_bytes;
  profile.l2_bytes = cpu.l2_bytes;
  profile.l3_bytes = cpu.l3_bytes;
  profile.instruction_sets = cpu.instruction_sets;
  for (const Vectors& vectors : kVectors) {
    if (*vectors.flag && !cpu.has(vectors.flag)) continue;
    const auto ceiling = [&](const char* dtype, int bits_each) {
      profile.compute.push_back({dtype, vectors.isa, 1, kHertz * vectors.units * kFlop * vectors.bits / bits_each, 0});
    };
    ceiling("float32", 32);
    ceiling("float64", 64);
    if (cpu.has("avx512_bf16")) ceiling("bfloat16", 16);
    const double vector_bytes = vectors.bits / 8.0;
    const auto level = [&](const char* name, double bytes_per_ns) {
      profile.bandwidth.push_back({name, "read", 1, 0, bytes_per_ns * 1e9, 0});
    };
    level("L1", 3 * vector_bytes);
    level("L2", 1.5 * vector_bytes);
    if (cpu.l3_bytes > 0) level("L3", 24);
    level("memory", 12);
    break;  // the widest
  }
  return profile;
}

}  // namespace tacho
