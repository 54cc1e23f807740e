#!/usr/bin/env bash
# Checks that the C++ files are formatted as .clang-format says. Usage: tools/check_format.sh [--fix] [ROOT]
# Versions format differently, so only version 14 (Debian 12's) decides; without it: exit 77, which ctest shows as skipped.
set -uo pipefail
mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then mode=(-i); shift; fi
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}" || exit 2

formatter=""
for candidate in clang-format-14 clang-format; do
  if "$candidate" --version 2> /dev/null | grep -q 'version 14\.'; then formatter=$candidate; break; fi
done
if [ -z "$formatter" ]; then
  echo "format: not checked: clang-format 14 is missing (Debian: apt-get install clang-format-14)"
  exit 77
fi
folders=()
for folder in src include tests bench examples; do [ -d "$folder" ] && folders+=("$folder"); done
mapfile -d '' files < <(find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cc' \) -print0 | LC_ALL=C sort -z)
if [ ${#files[@]} -eq 0 ]; then echo "format: no file found"; exit 1; fi
if ! messages=$("$formatter" "${mode[@]}" --style=file "${files[@]}" 2>&1); then
  # One line for each file; clang-format's own report is three for each difference.
  sed -n 's/^\([^ :]*\):\([0-9]*\):.*\(error\|warning\): .*/\1 \2/p' <<< "$messages" |
    awk '!seen[$1]++ { print $1 ":" $2 ": not formatted as .clang-format says" }'
  grep -v 'clang-format-violations' <<< "$messages" | grep -E '^[^ ].*(error|Error)' # what is no difference: a bad .clang-format
  echo "format: tools/check_format.sh --fix repairs this"
  exit 1
fi
echo "format: ${#files[@]} files as .clang-format says"
