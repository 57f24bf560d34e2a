#!/usr/bin/env bash
# passkeys_versus_nginx — how many sign-ins by passkey (ES256) does one core answer, and how soon
# while sign-ins by password keep every hashing thread busy?
#
#   rate    A  nginx `return 200` with the same two answers
#           B  latchkey: a challenge, an assertion, a session after its COMMIT; 64 connections
#   delay   A  sign-ins by passkey at a fixed rate while nothing else happens
#           B  the same while 16 sign-ins by password are always under way, half of them wrong
#
# 20,000 users with a passkey each, in turn. A delay is counted from when its sign-in was to begin,
# whatever the ones before it take. The server is on one core; the generator, nginx's and the
# database server's too, on the other. A core's worth is what the server's CPU time leaves room for:
# the other core may be the slower one.
#
# CASES in the environment: store:place, of sqlite, postgres and disk, memory (all four).
# SIGN_INS_A_SECOND: the fixed rate (2500).
[[ $# == 0 ]] || readonly store=${1%:*} place=${1#*:}
if [[ $# == 0 ]]; then
  failed=0
  for one in ${CASES:-sqlite:disk sqlite:memory postgres:disk postgres:memory}; do
    "$0" "$one" || failed=1
  done
  exit "$failed"
fi
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal_a_core=5000 goal_p99_ms=10
readonly passkey_users=20000 password_users=2000 connections=64
readonly a_second=${SIGN_INS_A_SECOND:-2500}
readonly origin=https://auth.example.com
readonly load_binary=$root/build/bench/bench/bench_passkey_sign_ins

place_folder=$work
if [[ $place == memory ]]; then
  place_folder=$(mktemp -d /dev/shm/latchkey-bench.XXXXXX)
  remove_too+=("$place_folder")
fi
settings=(DATA_DIR="$place_folder/data" ISSUER="$origin" WORKERS=1 HASH_WORKERS=1
  LOGIN_FAILURE_LIMIT=1000000/15minutes LOGIN_FAILURE_LIMIT_ADDRESS=1000000/15minutes)
if [[ $store == postgres ]]; then
  begin_postgres "$place_folder"
  settings+=(DATABASE_URL="$postgres_url")
fi
start_latchkey "$server_core" "${settings[@]}"
latchkey() { env -i PATH="$PATH" "${settings[@]}" "$server_binary" "$@"; }

# -- the users, and what nginx answers ---------------------------------------------------------

latchkey users export --with-password-hashes "$work/exported" 2>"$work/export.err"
password_hash=$(sed -n 's/.*"password_hash":"\([^"]*\)".*/\1/p' "$work/exported")
"$root/build/bench/bench/bench_passkey_users" "$work/keys" "$passkey_users" "$password_users" \
  "$password_hash" >"$work/users"
say "$store, $place: importing $((passkey_users + password_users)) users"
latchkey users import "$work/users" >"$work/import.out" 2>&1 || die "$(cat "$work/import.out")"

post() { curl -sS "$url$1" --json "$2" -D "$work/$3.head" -o "$work/$3.body"; }
post /auth/passkeys/challenge '{}' challenge
challenge=$(sed -n 's/.*"challenge":"\([^"]*\)".*/\1/p' "$work/challenge.body")
post /auth/passkeys/sign-in "$("$load_binary" answer "$origin" "$work/keys" "$challenge")" sign_in
grep -q access_token "$work/sign_in.body" || die "cannot sign in: $(cat "$work/sign_in.body")"
start_nginx "$work/sign_in.head" "$work/sign_in.body" \
  /auth/passkeys/challenge "$work/challenge.head" "$work/challenge.body"

# -- measuring ---------------------------------------------------------------------------------

next=1
# sign_ins URL CONNECTIONS SECONDS RATE: sets what bench_passkey_sign_ins says, such as $rate.
sign_ins() {
  taskset -c "$generator_core" "$load_binary" "${1##*:}" "$origin" "$work/keys" "$2" "$3" "$4" \
    "$next" >"$work/found" || die "sign-ins failed"
  local name value
  while IFS='=' read -r name value; do printf -v "$name" '%s' "$value"; done <"$work/found"
}
store_cpu() { if [[ $store == postgres ]]; then cpu_of_postgres; else echo 0; fi; }
# CPU µs a sign-in, of so many hundredths of a second
each() { awk "BEGIN {printf \"%.1f\", $1 * 10000 / $sign_ins}"; }

printf '\n### %s, %s\n\n' "$store" "$place"
printf 'fdatasync of 8 KiB there, ms: %s; load: %s\n\n' "$(python3 "$bench/sync_times.py" "$place_folder")" \
  "$(cut -d' ' -f1-3 /proc/loadavg)"
before=$(cpu_of "$server_pid")
sign_ins "$url" "$connections" $((passkey_users / 2000)) 0
printf 'The first ones of each user: %s/s, %s µs of CPU each\n\n' "$rate" \
  "$(each $(($(cpu_of "$server_pid") - before)))"

printf '| pair | nginx/s | latchkey/s | ratio | CPU µs: nginx | latchkey | store | generator busy |\n'
printf '|---|---|---|---|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  before=$(cpu_of "$nginx_pid")
  sign_ins "$nginx_url" "$connections" "$seconds" 0
  a=$rate a_cpu=$(each $(($(cpu_of "$nginx_pid") - before)))
  before=$(cpu_of "$server_pid") store_before=$(store_cpu)
  sign_ins "$url" "$connections" "$seconds" 0
  b_cpu=$(each $(($(cpu_of "$server_pid") - before)))
  store_each=$(each $(($(store_cpu) - store_before)))
  ratio=$(awk "BEGIN {printf \"%.3f\", $rate / $a}")
  echo "$ratio" >>"$work/ratios"
  echo "$b_cpu" >>"$work/cpu"
  printf '| %d | %s | %s | %s | %s | %s | %s | %s |\n' \
    "$pair" "$a" "$rate" "$ratio" "$a_cpu" "$b_cpu" "$store_each" "$generator_busy"
done

printf '\n| pair | quiet p50 ms | p99 | saturated p50 | p99 | max | in time/s | passwords |\n'
printf '|---|---|---|---|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  sign_ins "$url" 256 "$seconds" "$a_second"
  a_p50=$p50_ms a_p99=$p99_ms
  taskset -c "$generator_core" nice -n 19 wrk -t1 -c16 -d"$((seconds + 2))s" --timeout 30s \
    -s "$bench/wrk_sign_in_many.lua" "$url" -- "$password_users" >"$work/passwords" &
  passwords=$!
  started+=("$passwords")
  read -rt 1 <> <(:) || true # until the hashing threads have enough to do
  sign_ins "$url" 256 "$seconds" "$a_second"
  wait "$passwords"
  echo "$p99_ms" >>"$work/p99"
  printf '| %d | %s | %s | %s | %s | %s | %s | %s |\n' "$pair" "$a_p50" "$a_p99" "$p50_ms" "$p99_ms" \
    "$max_ms" "$rate" "$(sed -n 's/^statuses //p' "$work/passwords")"
done

cpu=$(median <"$work/cpu")
p99=$(median <"$work/p99")
a_core=$(awk "BEGIN {printf \"%.0f\", 1000000 / $cpu}")
printf '\nSign-ins by passkey on %s in %s, medians of %d pairs: %s of nginx; %s µs of CPU each, %s/s a core ' \
  "$store" "$place" "$pairs" "$(median <"$work/ratios")" "$cpu" "$a_core"
printf '(goal %s); p99 %s ms at %s/s while passwords saturate the hashing threads (goal at most %s)\n' \
  "$goal_a_core" "$p99" "$a_second" "$goal_p99_ms"
awk "BEGIN {exit !($a_core >= $goal_a_core && $p99 <= $goal_p99_ms)}"
