#!/usr/bin/env bash
# logins_versus_libsodium — does signing in cost more than the hash it must compute?
#
#   A  raw libsodium, one thread, its mapping kept (bench_password_hashing's A)
#   B  POST /auth/token with one hashing thread, durable sessions on SQLite
# Hashing on one core; wrk, which has little to do, on the other with 16 connections.
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
readonly goal=0.9
raw_binary=$root/build/bench/bench/bench_password_hashing

start_latchkey "0,1" WORKERS=1 HASH_WORKERS=1
# The hashing thread alone on the first core; sockets and the store beside wrk.
sign_in
hasher=
for task in "/proc/$server_pid/task"/*; do
  # It is the one that runs at a lower priority.
  if [[ $(awk '{print $19}' "$task/stat") == 10 ]]; then hasher=${task##*/}; fi
done
[[ -n $hasher ]] || die "cannot find the hashing thread"
taskset -a -pc "$generator_core" "$server_pid" >/dev/null
taskset -pc "$server_core" "$hasher" >/dev/null

printf '| pair | libsodium/s | logins/s | ratio |\n|---|---|---|---|\n'
for ((pair = 1; pair <= pairs; pair++)); do
  a=$(taskset -c "$server_core" "$raw_binary" raw "$seconds")
  load "$server_pid" -c16 -s "$bench/wrk_sign_in.lua" "$url"
  ratio=$(awk "BEGIN {printf \"%.3f\", $rate / $a}")
  echo "$ratio" >>"$work/ratios"
  printf '| %d | %.1f | %.1f | %s |\n' "$pair" "$a" "$rate" "$ratio"
done
found=$(median <"$work/ratios")
printf '\nlogins : raw libsodium, median of %d pairs: %s (goal %s)\n' "$pairs" "$found" "$goal"
awk "BEGIN {exit !($found >= $goal)}"
