#!/usr/bin/env bash
# Builds the tests under a sanitizer and runs them. Usage: tools/run_sanitized.sh address_undefined|thread
# ctest runs it as sanitizers.<name>. One process per core shares the tests; a failing one's output is printed.
set -uo pipefail
name=run_sanitized
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")

# GCC 12's sanitizers do not know the wider address randomisation of newer kernels and then die at random at start-up:
# turn it off for the build (which lists the tests by running them) and the run, where that is permitted.
if [ -z "${TACHO_FIXED_ADDRESSES:-}" ] && setarch -R true 2> /dev/null; then
  TACHO_FIXED_ADDRESSES=1 exec setarch -R "${BASH_SOURCE[0]}" "$@"
fi

slow='*Slow.*:*Slow/*'
case "${1:-}" in
  address_undefined) preset=asan; wanted='*' ;;
  # What runs on the pool or on a thread of its own; the rest has nothing to race with and costs ten times its time. Files
  # without such a suite are not even built (tests/CMakeLists.txt).
  thread) preset=tsan; wanted='*PoolTest*:*PoolLedger*:*Threads*:*Ledger*:*Prefetch*:*Schedule*' ;;
  *) echo "usage: tools/run_sanitized.sh address_undefined|thread" >&2; exit 2 ;;
esac
. "$root/tools/build.sh"
build_preset "$preset" on tacho_tests || exit 2

tests="$root/build/$preset/tests/tacho_tests"
count() { "$tests" --gtest_list_tests --gtest_filter="$1" | grep -c '^  '; }
chosen=$(count "$wanted-$slow")
echo "running $chosen tests under $1; left out: $(count "$slow") in suites whose names end in Slow," \
     "$(($(count '*') - chosen - $(count "$slow"))) that do not concern it"
if [ "$chosen" -eq 0 ]; then echo "no test matches $wanted: nothing was checked"; exit 1; fi

export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS="halt_on_error=1 suppressions='$root/tools/thread_sanitizer_suppressions.txt'"
shards=$(nproc)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
processes=()
for ((i = 0; i < shards; i++)); do
  (cd "$root/build/$preset/tests" && GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$i GTEST_COLOR=no \
    exec "$tests" --gtest_filter="$wanted-$slow" > "$logs/$i" 2>&1) &
  processes+=($!)
done
failed=0
for ((i = 0; i < shards; i++)); do
  wait "${processes[i]}"
  status=$?
  if [ $status -ne 0 ]; then
    failed=1
    echo "process $((i + 1)) of $shards ended with status $status; the last test it began: $(sed -n 's/^\[ RUN      \] //p' "$logs/$i" | tail -n 1)"
    grep -vE '^\[ (RUN     |      OK) \]|^\[-----' "$logs/$i" | tail -n 200
  fi
  grep -E '^\[  PASSED  \]|^\[  SKIPPED \]' "$logs/$i"
done
exit $failed
