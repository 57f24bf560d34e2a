#!/usr/bin/env bash
# hanging_upstream — do 10,000 calls that an upstream never answers delay anybody else?
#
#   A  p99 of GET /auth/me while nothing else happens
#   B  the same while 10,000 requests to the core manager hang, and while each ends with GW002
# In turn, five times; the median of the paired ratios. The server's resident memory beside it.
# Before each pair the core manager answers again, until the gateway has seen that it does.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal=3 calls=10000 calls_a_second=2000 timeout_s=12

ulimit -n "$(ulimit -Hn)"
start_core_manager
# upstream_is_silent true|false
upstream_is_silent() {
  curl -sS -o "$work/control" -X PUT "$core_manager_url/control" -H 'Content-Type: application/json' \
    -d "{\"silent\":$1}"
}
memory=$(mktemp -d /dev/shm/latchkey-bench.XXXXXX 2>/dev/null || mktemp -d)
remove_too+=("$memory")
start_latchkey "$server_core" WORKERS=1 DATA_DIR="$memory" UPSTREAM_CALLS_PER_USER_MAX=100000 CORE_MANAGER_URL="$core_manager_url" \
  REQUEST_TIMEOUT="$timeout_s" IN_FLIGHT_MAX=50000 ACCESS_TOKEN_TTL=86400
sign_in

# p99 of /auth/me over $1 seconds, in microseconds
p99_of_me() {
  taskset -c "$generator_core" wrk -t1 -c16 -d"$1s" --latency -H "Authorization: Bearer $token" \
    "$url/auth/me" >"$work/wrk.out"
  awk '$1 == "99%" {v = $2; f = v ~ /us$/ ? 1 : v ~ /ms$/ ? 1000 : 1000000; printf "%.0f", v * f}' \
    "$work/wrk.out"
}
resident_mib() { awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$server_pid/status"; }

# Until a call goes through: the gateway leaves an upstream alone that did not answer.
upstream_answers() {
  upstream_is_silent false
  local tries=100
  until curl -sSf -o "$work/instances" -H "Authorization: Bearer $token" \
    "$url/api/v1/personas/instances" 2>/dev/null; do
    ((tries-- > 0)) || die "the gateway does not find the core manager again"
    read -rt 0.5 <> <(:) || true
  done
}

p99_of_me 2 >"$work/warm"
printf '| pair | quiet p99 µs | hanging p99 µs | ratio | quiet MiB | hanging MiB | answers | longest |\n'
printf '|---|---|---|---|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  upstream_answers
  upstream_is_silent true
  a=$(p99_of_me 5) a_mib=$(resident_mib)
  rm -f "$work/calls"
  # Behind wrk, which measures on the same core.
  taskset -c "$generator_core" nice -n 19 \
    python3 "$bench/hanging_calls.py" "${url##*:}" "$token" "$calls" "$calls_a_second" >"$work/calls" &
  caller=$!
  started+=("$caller")
  until grep -qs open "$work/calls"; do
    kill -0 "$caller" 2>/dev/null || die "the calls ended early"
    read -rt 0.05 <> <(:) || true
  done
  b=$(p99_of_me $((timeout_s + 1))) b_mib=$(resident_mib)
  wait "$caller"
  ratio=$(awk "BEGIN {printf \"%.2f\", $b / $a}")
  echo "$ratio" >>"$work/ratios"
  codes=$(sed -n 2p "$work/calls")
  printf '| %d | %s | %s | %s | %s | %s | %s | %s |\n' "$pair" "$a" "$b" "$ratio" "$a_mib" "$b_mib" \
    "$codes" "$(sed -n 's/longest=\([^ ]*\).*/\1 s/p' "$work/calls")"
  [[ $codes == GW002=$calls ]] || echo other >>"$work/other"
done
median_ratio=$(median <"$work/ratios")
printf '\np99 of GET /auth/me with %d calls hanging : quiet, median of %d pairs: %s (goal at most %s)\n' \
  "$calls" "$pairs" "$median_ratio" "$goal"
[[ ! -e $work/other ]] || die "not every call ended with GW002"
awk "BEGIN {exit !($median_ratio <= $goal)}"
