# Sourced by tacho, test and tools/run_sanitized.sh, after `root` is set: installs what is missing, configures a preset
# and builds targets, under a lock, so that several first calls at once do not collide. Speaks on standard error only.

# What decides whether the program must be built again: every source file's name, size and time. Additions, deletions and
# files restored with an older time all change it; tests and READMEs do not.
source_signature() {
  echo "root $root"
  (cd "$root" && LC_ALL=C find src include cmake CMakeLists.txt CMakePresets.json -type f ! -name '*_test.cc' \
    ! -name '*.md' -printf '%p %s %T@\n' | LC_ALL=C sort)
}

# is_current PRESET: true when PRESET's program was built from the sources as they stand.
is_current() {
  local folder="$root/build/$1"
  [ -x "$folder/src/tacho" ] && [ -f "$folder/.signature" ] && [ "$(source_signature)" = "$(< "$folder/.signature")" ]
}

# run_logged LOG COMMAND...: on a terminal the command shows itself (ninja: one line that moves on); elsewhere it is
# quiet, and its output appears when it fails.
run_logged() {
  local log=$1
  shift
  if [ "${show_progress:-auto}" = auto ] && [ -t 2 ]; then
    "$@" >&2
  else
    "$@" > "$log" 2>&1 || { tail -n 200 "$log" >&2; return 1; }
  fi
}

# build_preset PRESET TESTS TARGET...: TESTS is on, or keep (as the folder has it; off in a new one, so that the program
# alone needs no test library). Exit status 2 on failure, with the errors on standard error.
build_preset() {
  local preset=$1 tests=$2
  shift 2
  local folder="$root/build/$preset"
  mkdir -p "$root/build"
  (
    # The lock goes with this subshell; what is built later (servers, daemons) must not inherit it.
    exec 9> "$root/build/.lock-$preset"
    flock -n 9 || { echo "$name: waiting for another build of build/$preset" >&2; flock 9; }
    if [ "$tests" = keep ] && is_current "$preset"; then exit 0; fi
    build_locked "$preset" "$tests" "$@" 9>&-
  ) || return 2
}

build_locked() {
  local preset=$1 tests=$2
  shift 2
  local folder="$root/build/$preset" first=no options=() signature started
  if [ "$tests" = on ]; then "$root/tools/install.sh" --tests || return 2; else "$root/tools/install.sh" || return 2; fi
  started=$SECONDS
  signature=$(source_signature)
  if [ -f "$folder/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    echo "$name: build/$preset was made for another folder; starting it afresh" >&2
    rm -rf "$folder"
  fi
  if [ "$tests" = on ]; then
    options=(-DTACHO_TESTS=ON)
  elif [ ! -f "$folder/CMakeCache.txt" ]; then
    options=(-DTACHO_TESTS=OFF)
  fi
  if [ ! -f "$folder/build.ninja" ] || { [ "$tests" = on ] && ! grep -qx 'TACHO_TESTS:BOOL=ON' "$folder/CMakeCache.txt"; }; then
    first=yes
    echo "$name: configuring build/$preset with cmake" >&2
    # Configuring is a matter of seconds and its dozens of lines interest nobody unless it fails.
    (cd "$root" && show_progress=no run_logged "$root/build/configure-$preset.log" cmake --preset "$preset" "${options[@]}") ||
      { echo "$name: cmake failed (above)" >&2; return 2; }
  fi
  if [ "$first" = yes ]; then
    echo "$name: building $* with ninja on $(nproc) cores (the first time takes minutes, later only what changed)" >&2
  fi
  # ccache fails where it may not write its folder, as for a service account without a home.
  if ! [ -w "${HOME:-/nonexistent}" ]; then export CCACHE_DIR="${CCACHE_DIR:-$root/build/ccache}"; fi
  NINJA_STATUS='[%f/%t, %es] ' run_logged "$root/build/build-$preset.log" \
    cmake --build "$folder" --parallel "$(nproc)" --target "$@" || { echo "$name: the build failed (above)" >&2; return 2; }
  if [ "$first" = yes ]; then echo "$name: built in $((SECONDS - started)) s" >&2; fi
  # Written only when the program itself is among the targets, and as it was before the build: an edit meanwhile counts.
  case " $* " in *" tacho "* | *" all "*) printf '%s\n' "$signature" > "$folder/.signature" ;; esac
}
