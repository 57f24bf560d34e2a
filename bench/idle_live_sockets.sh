#!/usr/bin/env bash
# idle_live_sockets — what do live sockets cost while nobody says anything?
#
# Resident memory of the server at 2,000 and at 10,000 authenticated sockets, each with a
# session of its own (and its actor): the slope between the two is what one more costs. Then a
# minute of nothing but pings: CPU time as a share of one core.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal_bytes=4096 goal_percent=1

memory=$(mktemp -d /dev/shm/latchkey-bench.XXXXXX 2>/dev/null || mktemp -d)
remove_too+=("$memory")
ulimit -n "$(ulimit -Hn)"
start_latchkey "$server_core,$generator_core" DATA_DIR="$memory" ACCESS_TOKEN_TTL=86400 \
  ARGON2_MEMORY_KIB=1024 ARGON2_ITERATIONS=1
say "opening sockets"
"${BENCH_LIVE_SOCKETS:-$root/build/bench/bench/bench_live_sockets}" "${url##*:}" "$server_pid" admin \
  'a bench needs one user' 2000 10000 60 | tee "$work/figures"
slope=$(awk '/slope/ {print $4}' "$work/figures")
percent=$(awk '/idle/ {print $9}' "$work/figures")
printf '\nan idle live socket with its session: %s bytes (goal %s), 10,000 of them: %s %% of a core (goal %s)\n' \
  "$slope" "$goal_bytes" "$percent" "$goal_percent"
awk "BEGIN {exit !($slope <= $goal_bytes && $percent <= $goal_percent)}"
