#!/usr/bin/env bash
# me_versus_nginx — how near is GET /auth/me with a Bearer token to the machine's limit?
#
#   A  nginx `return 200` with the same bytes
#   B  latchkey, one token again and again (its signature is remembered)
#   C  latchkey, more tokens than it remembers: every signature is checked anew
# Each server on one core, wrk on the other, 64 connections. Requests/s, and the server's
# CPU time a request, which a busy generator does not change.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal=0.45
readonly tokens=20000 # over twice what a reactor remembers (token_verifier::tokens_max)

# The store is not what is measured, and each of the many tokens costs it a COMMIT: in
# memory, where there is such a folder.
memory=$(mktemp -d /dev/shm/latchkey-bench.XXXXXX 2>/dev/null || mktemp -d)
remove_too+=("$memory")
start_latchkey "$server_core" WORKERS=1 ACCESS_TOKEN_TTL=86400 DATA_DIR="$memory"
sign_in
curl -sS -D "$work/head" -o "$work/body" "$url/auth/me" -H "Authorization: Bearer $token"
start_nginx "$work/head" "$work/body"
say "gathering $tokens tokens"
wrk -t1 -c1 -d120s -s "$bench/wrk_gather.lua" "$url" -- "$refresh_token" "$work/tokens" "$tokens" \
  >"$work/gather.out" || die "gathering tokens: $(cat "$work/gather.out")"
[[ $(wc -l <"$work/tokens") == "$tokens" ]] || die "gathering tokens: $(cat "$work/gather.out")"

authorization="Authorization: Bearer $token"
printf '| pair | nginx/s | one token/s | many tokens/s | one : nginx | many : nginx | CPU µs: nginx | one | many |\n'
printf '|---|---|---|---|---|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  load "$nginx_pid" -c64 -H "$authorization" "$nginx_url/auth/me"
  a=$rate a_cpu=$cpu_us
  load "$server_pid" -c64 -H "$authorization" "$url/auth/me"
  b=$rate b_cpu=$cpu_us
  load "$server_pid" -c64 -s "$bench/wrk_tokens.lua" "$url" -- /auth/me "$work/tokens"
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
printf '\nGET /auth/me : nginx, median of %d pairs: %s with one token, %s with %d tokens (goal %s)\n' \
  "$pairs" "$one" "$many" "$tokens" "$goal"
awk "BEGIN {exit !($one >= $goal && $many >= $goal)}"
