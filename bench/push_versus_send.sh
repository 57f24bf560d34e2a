#!/usr/bin/env bash
# push_versus_send — statuses of workflows to 10,000 live sockets beside a loop of send().
#
#   A  40 runs, 250 sockets each: a status of every run is reported at once; each is durable before
#      it is told. Up to the last socket that has its frame.
#   B  a loop of send() to as many connections, of a frame of the same length
# In turn, five times; the median of the paired ratios B : A. Each server on one core, those who
# hear on the other. SQLite in memory.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal=0.6 sockets=10000 runs=40 rounds=9 frame_bytes=230
readonly service_key='a-service-key-of-benchmarks'

load_of_push=${BENCH_LIVE_PUSH:-$root/build/bench/bench/bench_live_push}
ulimit -n "$(ulimit -Hn)"
start_core_manager
curl -sS -o "$work/control" -X PUT "$core_manager_url/control" -H 'Content-Type: application/json' \
  -d '{"match":"/api/v1/workflows","status":202}'
memory=$(mktemp -d /dev/shm/latchkey-bench.XXXXXX 2>/dev/null || mktemp -d)
remove_too+=("$memory")

# statuses: median microseconds a socket. A server of its own: a run counts what it was told.
statuses() {
  start_latchkey "$server_core" WORKERS=1 DATA_DIR="$memory/$pair" INTERNAL_PORT=0 \
    CORE_MANAGER_URL="$core_manager_url" SERVICE_KEYS="bench:$service_key" \
    WS_SOCKETS_PER_SESSION="$sockets" ACCESS_TOKEN_TTL=86400
  taskset -c "$generator_core" "$load_of_push" "${url##*:}" "$internal_port" admin \
    'a bench needs one user' "$service_key" "$sockets" "$runs" "$rounds" >"$work/rounds"
  stop_latchkey
  median <"$work/rounds"
}
sends() {
  taskset -c "$generator_core" "$load_of_push" raw "$server_core" "$frame_bytes" "$sockets" \
    "$rounds" >"$work/rounds"
  median <"$work/rounds"
}

printf '| pair | statuses µs | send() µs | ratio |\n|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  statuses >"$work/a"
  sends >"$work/b"
  a=$(<"$work/a") b=$(<"$work/b")
  ratio=$(awk "BEGIN {printf \"%.3f\", $b / $a}")
  echo "$ratio" >>"$work/ratios"
  printf '| %d | %s | %s | %s |\n' "$pair" "$a" "$b" "$ratio"
done
median_ratio=$(median <"$work/ratios")
printf '\na status to %d live sockets : a loop of send(), median of %d pairs: %s (goal %s)\n' \
  "$sockets" "$pairs" "$median_ratio" "$goal"
awk "BEGIN {exit !($median_ratio >= $goal)}"
