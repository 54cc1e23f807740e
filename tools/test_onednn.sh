#!/usr/bin/env bash
# Tests the onednn backend end to end against the system's oneDNN and against a 3.x, and prints for each what it took of
# every operation's samples, how well that agreed with the double reference, and why the rest was refused.
# Usage: tools/test_onednn.sh [ROOT], where ROOT holds include/ and lib/ of another oneDNN. Without ROOT the 3.2 of the
# Python wheels onednn-devel-cpu-gomp and onednn-cpu-gomp 2023.2.0 is installed into a virtual environment in
# TACHO_HOME or the user's cache folder. Builds in build/onednn and build/onednn-system.
set -euo pipefail

if [ $# -eq 0 ]; then
  root=${TACHO_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/tacho}/onednn-2023.2.0
  if [ ! -e "$root/lib/libdnnl.so" ]; then
    python3 -m venv "$root"
    "$root/bin/pip" install --quiet --no-deps onednn-devel-cpu-gomp==2023.2.0 onednn-cpu-gomp==2023.2.0
  fi
else
  root=$1
fi
[ $# -le 1 ] && [ -e "$root/include/oneapi/dnnl/dnnl.hpp" ] && [ -e "$root/lib/libdnnl.so" ] ||
  { echo "test_onednn: expected a folder with include/oneapi/dnnl/dnnl.hpp and lib/libdnnl.so; usage: tools/test_onednn.sh [ROOT]" >&2; exit 2; }
root=$(realpath "$root")
cd "$(dirname "$0")/.."

# test_against BUILD [CMAKE OPTION...]
test_against() {
  local build=$1
  shift
  mkdir -p build
  cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DTACHO_TESTS=ON "$@" > "$build.log" 2>&1 ||
    { cat "$build.log" >&2; exit 1; }
  cmake --build "$build" --target tacho_onednn_tests
  ldd "$build/tests/tacho_onednn_tests" | grep libdnnl
  TACHO_TALLY=1 "$build/tests/tacho_onednn_tests" --gtest_brief=1 \
    --gtest_filter='*BackendAgreement*onednn:OneDnn*:*ExecutionThreads*:*EveryLayout*'
}

test_against build/onednn-system
test_against build/onednn -DCMAKE_PREFIX_PATH="$root"
ldd build/onednn/tests/tacho_onednn_tests | grep -q "$root" ||
  { echo "test_onednn: the tests were not linked with $root" >&2; exit 1; }
