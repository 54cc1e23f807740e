#pragma once
// The CPU as a device: its instruction sets and cache sizes, by which kernels block and the plan chooses slices.
#include <cstdint>
#include <string>
#include <vector>

namespace tacho {

struct CpuInfo {
  std::string model;                          ///< as the system names it
  int cores = 1;                              ///< hardware threads this process may use
  int64_t l1_bytes = 32 << 10;                ///< per core
  int64_t l2_bytes = 1 << 20;                 ///< per core
  int64_t l3_bytes = 0;                       ///< shared; 0 where unknown
  std::vector<std::string> instruction_sets;  ///< "avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "neon", ...
  bool has(const std::string& isa) const;
};

/// This machine, read once.
const CpuInfo& this_cpu();

}  // namespace tacho
