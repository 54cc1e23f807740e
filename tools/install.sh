#!/usr/bin/env bash
# Installs the packages that the build (and with --tests, the tests) need; silent when nothing is missing.
# Usage: tools/install.sh [--tests]. Exit 0: all there; 2: something is missing and this script may not install it.
# The one list of packages: tacho, test and CI all come here. Speaks on standard error, so `tacho --json -` stays clean.
set -uo pipefail

packages=(g++ cmake ninja-build ccache pkg-config zlib1g-dev libzip-dev libmatio-dev nlohmann-json3-dev libcli11-dev
          libtomlplusplus-dev libopenblas0-pthread libdnnl-dev libhwy-dev node-d3)
commands=(g++ cmake ninja pkg-config)
modules=(zlib libzip matio nlohmann_json tomlplusplus)
optional=()  # the tests that need them are skipped where they cannot be had
case "${1:-}" in
  "") ;;
  --tests)
    packages+=(libgtest-dev libgmock-dev clang-format-14 python3 python3-numpy)
    commands+=(python3)
    modules+=(gtest gmock)
    optional=(chromium-headless-shell)
    ;;
  *) echo "install: unknown argument '$1'; usage: tools/install.sh [--tests]" >&2; exit 2 ;;
esac

say() { echo "install: $*" >&2; }

# Elsewhere than on Debian the packages have other names: look for what they bring, and let the user install it.
if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
  missing=()
  for name in "${commands[@]}"; do command -v "$name" > /dev/null || missing+=("the command $name"); done
  if command -v pkg-config > /dev/null; then
    for name in "${modules[@]}"; do pkg-config --exists "$name" || missing+=("the library $name (pkg-config)"); done
  fi
  [ ${#missing[@]} -eq 0 ] && exit 0
  say "this is not Debian or a relative, so install by hand:"
  printf 'install:   %s\n' "${missing[@]}" >&2
  say "on Debian 12 the packages are: ${packages[*]}"
  exit 2
fi

installed=" $(dpkg-query -W -f '${Package}=${Status}\n' "${packages[@]}" 2> /dev/null |
              sed -n 's/=install ok installed$//p' | tr '\n' ' ')"
missing=() missing_optional=()
for name in "${packages[@]}"; do
  case "$installed" in *" $name "*) ;; *) missing+=("$name") ;; esac
done
for name in "${optional[@]}"; do
  dpkg-query -W -f '${Status}' "$name" 2> /dev/null | grep -q '^install ok installed' || missing_optional+=("$name")
done
# Where the required ones are there, the optional ones are tried once: they may not exist for this system.
tried="$(dirname "${BASH_SOURCE[0]}")/../build/.tried-optional-packages"
if [ ${#missing[@]} -eq 0 ]; then
  if [ ${#missing_optional[@]} -eq 0 ] || [ -e "$tried" ] || [ "$(id -u)" -ne 0 ]; then exit 0; fi
fi
say "missing Debian packages: ${missing[*]} ${missing_optional[*]}"

if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
  as_root=(sudo -n)
else
  say "neither root nor sudo without a password; type: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
  exit 2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Another apt may be at work on a fresh machine: wait for its lock instead of failing.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
say "apt-get update"
if ! "${apt[@]}" update > "$log" 2>&1; then
  tail -n 5 "$log" >&2
  say "apt-get update had errors (above); trying to install all the same"
fi
if [ ${#missing_optional[@]} -gt 0 ]; then
  mkdir -p "$(dirname "$tried")" && : > "$tried"
  "${apt[@]}" install -y --no-install-recommends "${missing_optional[@]}" > "$log" 2>&1 ||
    say "not to be had here: ${missing_optional[*]}; the tests that need it are skipped"
fi
[ ${#missing[@]} -eq 0 ] && exit 0
say "apt-get install (${#missing[@]} packages and what they need; a minute or two)"
if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" > "$log" 2>&1; then
  tail -n 20 "$log" >&2
  say "apt-get install failed (above); missing: ${missing[*]}"
  exit 2
fi
say "installed"
