# Warnings are errors (rows of tables name only the fields they fill; GCC 12 sees overlaps in std::string that are none, its bug 105651); sanitizers and the compiler cache are switches of the configure step.
add_library(tacho_options INTERFACE)
target_compile_options(tacho_options INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers -Wno-restrict -fno-math-errno)
target_include_directories(tacho_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
# Reductions keep their written order and no product is contracted behind our back: results must not depend on the compiler's mood.
target_compile_options(tacho_options INTERFACE -ffp-contract=off)
# Messages name files from the project's root, wherever it was built; so does what the compiler cache sees.
target_compile_options(tacho_options INTERFACE -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(TACHO_SANITIZE)
  target_compile_options(tacho_options INTERFACE -fsanitize=${TACHO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(TACHO_SANITIZE MATCHES undefined)
    # A null pointer that is used is the address sanitizer's to find; checks of it at every member are a fifth of the build's time.
    target_compile_options(tacho_options INTERFACE -fno-sanitize=null,vptr)
  endif()
  target_link_options(tacho_options INTERFACE -fsanitize=${TACHO_SANITIZE})
  # Kernels for instructions that this machine has not cannot be run here.
  set(instructions "")
  if(EXISTS /proc/cpuinfo)
    file(STRINGS /proc/cpuinfo instructions REGEX "avx512f" LIMIT_COUNT 1)
  endif()
  if(NOT instructions)
    target_compile_definitions(tacho_options INTERFACE TACHO_SIMD_LEFT_OUT=HWY_AVX3)
  endif()
endif()
find_program(TACHO_CCACHE ccache)
if(TACHO_CCACHE)
  # Paths count from the project's root, so that a second clone on the same machine finds what the first one compiled.
  set(ccache_environment CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1)
  if(TACHO_SANITIZE)
    # What ccache wants before it serves files that use a precompiled header.
    list(APPEND ccache_environment CCACHE_SLOPPINESS=pch_defines,time_macros)
    target_compile_options(tacho_options INTERFACE -fpch-preprocess)
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env ${ccache_environment} ${TACHO_CCACHE})
endif()
