#!/usr/bin/env bash
# pings_versus_ws — round trips over 64 live sockets beside the fewest that could be expected.
#
#   A  ping and pong of latchkey: {"type":"ping"}, read as JSON, of a session that is watched
#   B  node's `ws` saying what it hears
# In turn, five times; the median of the paired ratios. Each server on one core, the load on the
# other.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal=1.2 sockets=64

load_of_pings=${BENCH_LIVE_PINGS:-$root/build/bench/bench/bench_live_pings}
cp -- "$root"/tests/e2e/package.json "$root"/tests/e2e/package-lock.json "$bench/echo_ws.mjs" "$work"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund >"$work/npm.log" 2>&1 ||
  { cat "$work/npm.log" >&2 && die "npm cannot install ws"; }
taskset -c "$server_core" node "$work/echo_ws.mjs" >"$work/echo.out" &
started+=($!)
tries=100
until [[ -s $work/echo.out ]]; do
  ((tries-- > 0)) || die "node's ws did not start"
  read -rt 0.1 <> <(:) || true
done
echo_port=$(<"$work/echo.out")
start_latchkey "$server_core" WORKERS=1
pings() { taskset -c "$generator_core" "$load_of_pings" "$@"; }

printf '| pair | latchkey /s | ws /s | ratio |\n|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  a=$(pings "${url##*:}" "$sockets" "$seconds" admin 'a bench needs one user')
  b=$(pings "$echo_port" "$sockets" "$seconds")
  ratio=$(awk "BEGIN {printf \"%.3f\", $a / $b}")
  echo "$ratio" >>"$work/ratios"
  printf '| %d | %s | %s | %s |\n' "$pair" "$a" "$b" "$ratio"
done
median_ratio=$(median <"$work/ratios")
printf '\nround trips over %d live sockets : ws, median of %d pairs: %s (goal %s)\n' \
  "$sockets" "$pairs" "$median_ratio" "$goal"
awk "BEGIN {exit !($median_ratio >= $goal)}"
