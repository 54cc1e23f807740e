#!/usr/bin/env bash
# Tests the onednn backend against another oneDNN than the system's, in a build folder of its own.
# Usage: tools/test_onednn.sh ROOT, where ROOT holds include/ and lib/. A 3.x to test against is in the Python wheels
# onednn-devel-cpu-gomp and onednn-cpu-gomp 2023.2.0: fetch them with `pip download --no-deps`, unzip both, and copy their
# *.data/data/include and *.data/data/lib folders into one ROOT.
set -euo pipefail

[ $# -eq 1 ] && [ -e "$1/include/oneapi/dnnl/dnnl.hpp" ] && [ -e "$1/lib/libdnnl.so" ] ||
  { echo "test_onednn: expected a folder with include/oneapi/dnnl/dnnl.hpp and lib/libdnnl.so; usage: tools/test_onednn.sh ROOT" >&2; exit 2; }
root=$(realpath "$1")
cd "$(dirname "$0")/.."
build=build/onednn
mkdir -p build
cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$root" > "$build.log" 2>&1 ||
  { cat "$build.log" >&2; exit 1; }
cmake --build "$build" --target tacho_tests
ldd "$build/tests/tacho_tests" | grep -q "$root" || { echo "test_onednn: the tests were not linked with $root" >&2; exit 1; }
"$build/tests/tacho_tests" --gtest_filter='*BackendAgreement*onednn:OneDnn*:*ExecutionThreads*'
