# shellcheck shell=bash
# lib.sh — what the scripts share; sourced, not run. Expects bash with `set -euo pipefail`.

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)

# The folders that hold our sources, of those that exist; relative to the root.
source_folders() {
  local folder
  for folder in protocol config storage actors gateway tests bench; do
    if [[ -d $root/$folder ]]; then echo "$folder"; fi
  done
}

say() { printf '%s\n' "$*" >&2; }
die() {
  say "${0##*/}: $*"
  exit 1
}

# Compilers at once: one a core, as long as each has 1.2 GB of memory.
jobs_max() {
  local cores memory_kib by_memory
  cores=$(nproc)
  memory_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null || true)
  by_memory=$((${memory_kib:-0} / 1200000))
  if ((by_memory >= 1 && by_memory < cores)); then echo "$by_memory"; else echo "$cores"; fi
}

# build PRESET [ninja's arguments]: configures when that was never done, then builds. All
# output goes to stderr.
build() {
  local preset=$1 folder="$root/build/$1" home
  shift
  # A checkout that was moved or copied brings a cache that names its old place.
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
  if [[ -n $home && $home != "$root" ]]; then rm -rf -- "$folder"; fi
  if [[ ! -f $folder/build.ninja ]]; then
    say "Configuring build/$preset"
    (cd -- "$root" && cmake --preset "$preset") >&2
  fi
  ninja -C "$folder" -j "$(jobs_max)" "$@" >&2
}
