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

# Compilers at once: one a core, as long as each has 1.8 GB of memory.
jobs_max() {
  local cores memory_kib by_memory
  cores=$(nproc)
  memory_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null || true)
  by_memory=$((${memory_kib:-0} / 1800000))
  if ((by_memory >= 1 && by_memory < cores)); then echo "$by_memory"; else echo "$cores"; fi
}

# -- progress ----------------------------------------------------------------------------------
#
# Work of many parts, each with a cost in seconds of one core as it was measured once. The speed of
# this machine shows while the work goes on.

progress_begun=0 progress_total=0 progress_finished=0 progress_end=0 progress_shown=0
progress_words='' progress_cores=1

# progress_begin WORDS SECONDS CORES: how much there is to do, and with how much at once.
progress_begin() {
  progress_words=$1 progress_total=$2 progress_finished=0
  progress_begun=$SECONDS
  progress_shown=$((SECONDS - 5))
  progress_cores=$3
  progress_add 0
}

# progress_add SECONDS: a part of that cost is done.
progress_add() {
  progress_finished=$((progress_finished + $1))
  # The first half minute counts as it was measured, so that one quick part is not taken for all.
  local known=$((progress_finished + 30 * progress_cores)) elapsed=$((SECONDS - progress_begun + 30))
  local left=$((progress_total > progress_finished ? progress_total - progress_finished : 0))
  progress_end=$((SECONDS + left * elapsed / known))
}

# progress_show: a line now and then, so that nobody takes slow for stuck.
progress_show() {
  local pause=15
  if [[ -t 2 ]]; then pause=1; fi
  if ((SECONDS - progress_shown < pause)); then return; fi
  progress_shown=$SECONDS
  local elapsed=$((SECONDS - progress_begun)) left=$((progress_end - SECONDS)) line
  if ((left < 1)); then left=1; fi
  printf -v line '[%3d %%] %s, about ' $((100 * elapsed / (elapsed + left))) "$progress_words"
  if ((left >= 60)); then line+="$((left / 60)) min "; fi
  line+="$((left % 60)) s left"
  if [[ -t 2 ]]; then printf '\r\033[K%s' "$line" >&2; else say "$line"; fi
}

# progress_over: what is printed next begins a line.
progress_over() { if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi; }

# progress_lines COST: reads the lines of a command that says what it has finished. COST LINE sets
# `cost` to the seconds of what the line says is done; when it fails, the line is passed on.
progress_lines() {
  local line begun='' status
  while true; do
    status=0
    IFS= read -r -t 5 line || status=$?
    line=$begun$line
    begun=
    if ((status == 0)); then
      if "$1" "$line"; then
        progress_add "$cost"
      else
        progress_over
        say "$line"
      fi
    elif ((status <= 128)); then # the end, and not the time
      break
    else
      begun=$line
    fi
    progress_show
  done
  progress_over
}

# -- building ------------------------------------------------------------------------------------

# What an object of a target costs, by scripts/build_seconds: see there.
declare -A object_seconds=()

read_object_seconds() {
  local target seconds
  while read -r target seconds; do
    if [[ $target != '#' ]]; then object_seconds[$target]=$seconds; fi
  done <"$root/scripts/build_seconds"
}

# Sets `cost` to that of a line of ninja's.
cost_of_edge() {
  [[ $1 == @* ]] || return 1
  cost=0
  if [[ $1 =~ Building\ CXX\ object\ .*/([a-z0-9_]+)\.dir/ ]]; then
    cost=${object_seconds[${BASH_REMATCH[1]}]:-2}
  fi
}

# build PRESET [ninja's arguments]: configures when that was never done, then builds. All
# output goes to stderr.
build() {
  local preset=$1 folder="$root/build/$1" home cores total=0 line cost printed
  shift
  # A checkout that was moved or copied brings a cache that names its old path.
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
  if [[ -n $home && $home != "$root" ]]; then rm -rf -- "$folder"; fi
  if [[ ! -f $folder/build.ninja ]]; then
    say "Configuring build/$preset"
    (cd -- "$root" && cmake --preset "$preset") >&2
  fi
  cores=$(jobs_max)
  read_object_seconds
  export NINJA_STATUS='@'
  # A plan of another name: that of its own name ninja would only make anew, and say nothing more.
  printed=$(ninja -C "$folder" build.ninja 2>&1) || die "$printed"
  cp -- "$folder/build.ninja" "$folder/plan.ninja"
  while IFS= read -r line; do
    if cost_of_edge "$line"; then total=$((total + cost)); fi
  done < <(ninja -C "$folder" -f plan.ninja -n "$@" 2>/dev/null)
  progress_begin compiling "$total" "$cores"
  ninja -C "$folder" -j "$cores" "$@" 2>&1 | progress_lines cost_of_edge
}
