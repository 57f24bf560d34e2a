#!/usr/bin/env bash
# fixed_versus_nginx — what does the HTTP edge alone cost, without an actor behind it?
#
#   A  nginx `return 200` with the same bytes
#   B  bench_http_fixed: one reactor, one route, one body
# Each server on one core, wrk on the other, 64 connections. Requests/s, and the server's
# CPU time a request, which a busy generator does not change.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal=0.75
fixed_binary=${FIXED_BINARY:-$root/build/bench/bench/bench_http_fixed}
[[ -x $fixed_binary ]] || die "$fixed_binary is missing: run scripts/bench, which builds it"

: >"$work/fixed.out"
taskset -c "$server_core" "$fixed_binary" >>"$work/fixed.out" &
fixed_pid=$!
started+=("$fixed_pid")
tries=100
until port=$(sed -n 's/^port //p' "$work/fixed.out") && [[ -n $port ]]; do
  ((tries-- > 0)) || die "the server did not start"
  read -rt 0.05 <> <(:) || true
done
fixed_url=http://127.0.0.1:$port/fixed
curl -sS -D "$work/head" -o "$work/body" "$fixed_url"
start_nginx "$work/head" "$work/body"

printf '| pair | nginx/s | fixed/s | fixed : nginx | CPU µs: nginx | fixed |\n|---|---|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  load "$nginx_pid" -c64 "$nginx_url/fixed"
  a=$rate a_cpu=$cpu_us
  load "$fixed_pid" -c64 "$fixed_url"
  ratio=$(awk "BEGIN {printf \"%.3f\", $rate / $a}")
  echo "$ratio" >>"$work/ratios"
  printf '| %d | %.0f | %.0f | %s | %s | %s |\n' "$pair" "$a" "$rate" "$ratio" "$a_cpu" "$cpu_us"
done
middle=$(median <"$work/ratios")
printf '\nGET /fixed : nginx, median of %d pairs: %s (goal %s)\n' "$pairs" "$middle" "$goal"
awk "BEGIN {exit !($middle >= $goal)}"
