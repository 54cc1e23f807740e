#include "backends/blas/library.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <mutex>
#include <sstream>

#include "device/cpu.h"

namespace tacho::blas {
namespace {

/// OpenBLAS 0.3.21 falls back to Haswell kernels on processors newer than itself; SkylakeX ones need only these sets.
void choose_core_type() {
  const CpuInfo& cpu = this_cpu();
  if (cpu.has("avx512f") && cpu.has("avx512bw") && cpu.has("avx512dq") && cpu.has("avx512vl"))
    ::setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
}

template <class Function>
Function symbol(void* handle, const char* name) {
  return reinterpret_cast<Function>(::dlsym(handle, name));
}

/// openblas_get_config gives "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": the first two words say enough.
std::string describe(void* handle) {
  using Text = char* (*)();
  const auto config = symbol<Text>(handle, "openblas_get_config"), core = symbol<Text>(handle, "openblas_get_corename");
  std::string name = "OpenBLAS", version;
  if (config) std::istringstream(config()) >> name >> version;
  std::string text = version.empty() ? name : name + " " + version;
  if (core) text += std::string(", ") + core() + " kernels";
  return text;
}

bool load(Library& library) {
  choose_core_type();
  ::setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void* handle = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return false;
  library.sgemm = symbol<Library::Gemm<float>>(handle, "cblas_sgemm");
  library.dgemm = symbol<Library::Gemm<double>>(handle, "cblas_dgemm");
  const auto set_threads = symbol<void (*)(int)>(handle, "openblas_set_num_threads");
  if (!library.sgemm || !library.dgemm || !set_threads) {
    ::dlclose(handle);
    return false;
  }
  set_threads(1);  // again, for a copy that somebody else had loaded before the environment was set
  library.description = describe(handle);
  return true;
}

}  // namespace

const Library* library() {
  static std::once_flag once;
  static Library instance;
  static bool loaded = false;
  std::call_once(once, [] { loaded = load(instance); });
  return loaded ? &instance : nullptr;
}

const char* unavailable() {
  return library() ? nullptr : "libopenblas.so.0 is not installed (apt install libopenblas0-pthread)";
}

const char* blas_description() {
  const Library* loaded = library();
  return loaded ? loaded->description.c_str() : "no BLAS loaded";
}

}  // namespace tacho::blas
