#!/usr/bin/env bash
# validate_token_versus_nginx — how near is POST /api/auth/validate-token, the hottest request
# of all, to the machine's limit?
#
#   A  nginx `return 200` with the same bytes
#   B  latchkey, one token again and again (its signature is remembered)
#   C  latchkey, more tokens than it remembers: every signature is checked anew
# Each server on one core, wrk on the other, 64 connections; no rate limits. Requests/s, and the
# server's CPU time a request, which a busy generator does not change.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal_one=0.75 goal_many=0.60
readonly tokens=20000 # over twice what a reactor remembers (token_verifier::tokens_max)
readonly path=/api/auth/validate-token
readonly service_key=sk-bench-0123456789abcdef

# The store is not what is measured, and each of the many tokens costs it a COMMIT: in
# memory, where there is such a folder.
memory=$(mktemp -d /dev/shm/latchkey-bench.XXXXXX 2>/dev/null || mktemp -d)
remove_too+=("$memory")
start_latchkey "$server_core" WORKERS=1 ACCESS_TOKEN_TTL=86400 DATA_DIR="$memory" \
  SERVICE_KEYS="bench:$service_key"
sign_in
printf '%s\n' "$token" >"$work/token"
curl -sS -D "$work/head" -o "$work/body" "$url$path" -H "X-Service-Key: $service_key" \
  --json "{\"token\":\"$token\"}"
start_nginx "$work/head" "$work/body"
say "gathering $tokens tokens"
wrk -t1 -c1 -d120s -s "$bench/wrk_gather.lua" "$url" -- "$refresh_token" "$work/tokens" "$tokens" \
  >"$work/gather.out" || die "gathering tokens: $(cat "$work/gather.out")"
[[ $(wc -l <"$work/tokens") == "$tokens" ]] || die "gathering tokens: $(cat "$work/gather.out")"

# ask PID URL TOKENS: the same requests, byte for byte, to either server.
ask() { load "$1" -c64 -s "$bench/wrk_validate.lua" "$2" -- "$path" "$3" "$service_key"; }

printf '| pair | nginx/s | one token/s | many tokens/s | one : nginx | many : nginx | CPU µs: nginx | one | many |\n'
printf '|---|---|---|---|---|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  ask "$nginx_pid" "$nginx_url" "$work/tokens"
  a=$rate a_cpu=$cpu_us
  ask "$server_pid" "$url" "$work/token"
  b=$rate b_cpu=$cpu_us
  ask "$server_pid" "$url" "$work/tokens"
  c=$rate c_cpu=$cpu_us
  ratio_b=$(awk "BEGIN {printf \"%.3f\", $b / $a}")
  ratio_c=$(awk "BEGIN {printf \"%.3f\", $c / $a}")
  echo "$ratio_b" >>"$work/one"
  echo "$ratio_c" >>"$work/many"
  printf '| %d | %.0f | %.0f | %.0f | %s | %s | %s | %s | %s |\n' \
    "$pair" "$a" "$b" "$c" "$ratio_b" "$ratio_c" "$a_cpu" "$b_cpu" "$c_cpu"
done
one=$(median <"$work/one")
many=$(median <"$work/many")
printf '\nPOST %s : nginx, median of %d pairs: %s with one token (goal %s), %s with %d tokens (goal %s)\n' \
  "$path" "$pairs" "$one" "$goal_one" "$many" "$tokens" "$goal_many"
awk "BEGIN {exit !($one >= $goal_one && $many >= $goal_many)}"
